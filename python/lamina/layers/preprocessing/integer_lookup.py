"""The layer that turns integers of any size into small ones."""

from __future__ import annotations

from typing import Any

from ...checks import choice, explain
from .lookup import Lookup, salt_of


class IntegerLookup(Lookup):
    """The number of each integer in a vocabulary, given as `vocabulary` (a list or a file) or found by `adapt(data)`.

    All arguments as in StringLookup. Of several numbers for unknown integers, `oov_method` 'floormod' chooses by the
    remainder, 'farmhash' by the hash of the digits, with `salt` another hash.

    >>> import lamina
    >>> layer = lamina.layers.IntegerLookup(vocabulary=[12, 36, 1138, 42])
    >>> layer([[12, 1138, 42], [42, 1000, 36]]).numpy().tolist()
    [[1, 3, 4], [4, 0, 2]]
    """

    vocabulary_dtype = "int64"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        size = kwargs.pop("vocabulary_size", None)
        kwargs.pop("has_input_vocabulary", None)
        super().__init__(name=name, autocast=False, **kwargs)
        choice("IntegerLookup", "vocabulary_dtype", vocabulary_dtype, ("int64",))
        self.mask_token, self.oov_token = mask_token, oov_token
        self.oov_method = choice("IntegerLookup", "oov_method", oov_method, ("floormod", "farmhash"))
        if salt is not None and oov_method != "farmhash":
            raise ValueError(
                explain(
                    "IntegerLookup: `salt` has no use here.",
                    "oov_method='farmhash' with a salt",
                    f"oov_method={oov_method!r}",
                    "leave it out, or choose 'farmhash'.",
                )
            )
        self.salt = salt_of("IntegerLookup", salt)
        self._set_up(
            max_tokens,
            num_oov_indices,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            size,
        )
