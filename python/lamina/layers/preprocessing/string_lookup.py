"""The layer that turns texts into numbers."""

from __future__ import annotations

from typing import Any

from .lookup import Lookup, salt_of, utf8


class StringLookup(Lookup):
    """The number of each text in a vocabulary, given as `vocabulary` (a list or a file) or found by `adapt(data)`.

    Number 0 stands for the `mask_token` if there is one, the next `num_oov_indices` for texts that are not in the
    vocabulary (of several the text's hash chooses, with `salt` another one), then come the tokens. `invert` goes from
    numbers to texts. `max_tokens` limits all of them together. `output_mode` 'int' gives int64 numbers; 'one_hot',
    'multi_hot', 'count' and 'tf_idf' vectors as CategoryEncoding, without an entry for the mask, of `max_tokens`
    entries with `pad_to_max_tokens`. Tensors are dense: `sparse=True` gives the same numbers, and a warning. ValueError
    for vocabularies that repeat tokens or are too large, and for texts not in one with `num_oov_indices=0`.

    >>> import lamina
    >>> layer = lamina.layers.StringLookup(vocabulary=["a", "b", "c"])
    >>> layer(["c", "z", "a"]).numpy().tolist()
    [3, 0, 1]
    >>> lamina.layers.StringLookup(vocabulary=layer.get_vocabulary(), invert=True)([3, 0, 1]).numpy().tolist()
    ['c', '[UNK]', 'a']
    """

    vocabulary_dtype = "string"
    _takes_texts = True

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        size = kwargs.pop("vocabulary_size", None)
        for written in ("has_input_vocabulary", "oov_method", "vocabulary_dtype"):  # in configurations of Keras
            kwargs.pop(written, None)
        super().__init__(name=name, autocast=False, **kwargs)
        self.mask_token, self.oov_token, self.encoding = mask_token, oov_token, utf8("StringLookup", encoding)
        self.salt = salt_of("StringLookup", salt)
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

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "oov_method": self.oov_method}  # as Keras has it, without effect
