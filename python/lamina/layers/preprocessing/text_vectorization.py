"""The layer that turns texts into numbers of their words."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ... import _core, config, ops
from ...checks import choice, explain, integer, is_integer
from ...ops import strings
from ...ops.convert import is_symbolic, measured
from ..layer import Layer
from .adapt import batches
from .lookup import output_mode as mode_named
from .lookup import texts, utf8
from .string_lookup import StringLookup

_STANDARDIZE = (None, "lower_and_strip_punctuation", "lower", "strip_punctuation")
_ops = _core.ops


class _Tokens(StringLookup):
    """The vocabulary of a TextVectorization: its errors are those of that layer."""

    @property
    def _owner(self) -> str:
        return "TextVectorization"


class TextVectorization(Layer):
    """Texts of shape (batch,) or (batch, 1) as numbers of their tokens, in three steps.

    1. `standardize`: 'lower_and_strip_punctuation', 'lower', 'strip_punctuation' (of ASCII), None, or a function.
    2. `split`: at 'whitespace', into each 'character', None (the text is a token), or a function. `ngrams` (an int n,
       or a tuple of widths) then joins each 1 to n (or those many) tokens in a row by spaces, without empty ones.
    3. Each token's number in a vocabulary, given as `vocabulary` (a list or a file) or found by `adapt(data)`, of at
       most `max_tokens` together with those for padding ('', 0) and unknown tokens ('[UNK]', 1).

    `output_mode` 'int' gives int64 (batch, output_sequence_length), cut or filled up with 0; without
    `output_sequence_length` as long as the longest of the batch. 'multi_hot', 'count' and 'tf_idf' give a vector for
    each text, without an entry for padding (of `max_tokens` entries with `pad_to_max_tokens`).

    A function for `standardize` or `split` is called on a NumPy array of str, in compiled models on a symbolic string
    tensor: made of `lamina.ops.strings` it works in both, and in C++. `split` gives lists of tokens, or texts (batch,
    length) that are empty behind the last token. Tensors are dense: `sparse` and `ragged` change nothing but give a
    warning.

    >>> import lamina
    >>> layer = lamina.layers.TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["Earth, wind", "and fire!", "wind and earth"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'wind', 'earth', 'and', 'fire']
    >>> layer(["Fire and water"]).numpy().tolist()
    [[5, 4, 1, 0]]
    """

    _takes_texts = True
    supports_jit = False

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        size = kwargs.pop("vocabulary_size", None)
        kwargs.pop("has_input_vocabulary", None)
        super().__init__(name=name, autocast=False, **kwargs)
        owner = "TextVectorization"
        self.standardize = (
            standardize if callable(standardize) else choice(owner, "standardize", standardize, _STANDARDIZE)
        )
        self.split = split if callable(split) else choice(owner, "split", split, strings.SPLITS)
        self.output_mode = mode_named(owner, output_mode)
        self.ngrams = ngrams if ngrams is None else _widths(ngrams)
        self.ragged, self.sparse, self.encoding = bool(ragged), bool(sparse), utf8(owner, encoding)
        self.output_sequence_length = output_sequence_length
        if output_sequence_length is not None:
            self.output_sequence_length = integer(owner, "output_sequence_length", output_sequence_length, minimum=0)
        for wrong, what in (
            (output_sequence_length is not None, "`output_sequence_length`"),
            (self.ragged, "`ragged`"),
        ):
            if wrong and self.output_mode != "int":
                raise ValueError(
                    explain(
                        f"{owner}: {what} has no use here.", "output_mode='int'", repr(output_mode), "leave it out."
                    )
                )
        if self.ragged:
            warnings.warn(
                "TextVectorization: `ragged=True` changes nothing. All tensors are dense here: short rows end with 0.",
                stacklevel=2,
            )
        self._lookup_layer = _Tokens(
            name=self.name,
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=self.output_mode,
            sparse=sparse,
            encoding=encoding,
            vocabulary_size=size,
        )
        self.max_tokens, self.pad_to_max_tokens = self._lookup_layer.max_tokens, bool(pad_to_max_tokens)

    # The vocabulary.

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Makes the vocabulary from the tokens in `data`: an array, a list, a dataset, or at most `steps` batches.

        The most frequent tokens come first, of equally frequent ones the largest. What was found before is forgotten;
        `batch_size` has no effect. ValueError when the vocabulary was given.
        """
        self.reset_state()
        for batch in batches("TextVectorization", data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Counts the tokens of a batch of texts."""
        x = texts("TextVectorization", data)
        x, rules = self._rules(ops.reshape(x, (1,)) if x.ndim == 0 else x)
        self._lookup_layer.count(x, **rules)

    def reset_state(self) -> None:
        """Forgets the tokens counted so far, but not the vocabulary."""
        self._lookup_layer.reset_state()

    def finalize_state(self) -> None:
        """Makes the vocabulary from the tokens counted so far."""
        self._lookup_layer.finalize_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens by their number; without those for padding and unknown ones on demand."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """The number of tokens, those for padding and unknown ones included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replaces the vocabulary: see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # The three steps.

    def call(self, inputs: Any) -> Any:
        self._lookup_layer.need_vocabulary()
        x = texts("TextVectorization", inputs)
        if x.ndim == 0:
            return self.call(ops.reshape(x, (1,)))[0]
        x, rules = self._rules(x)
        if self.split is None and self.ngrams is None:  # each text is a token
            x = _ops.text_standardize(x, lower=rules["lower"], strip_punctuation=rules["strip_punctuation"])
            numbers = self._lookup_layer(x)
            return numbers if self.output_sequence_length is None or x.ndim == 1 else self._fitted(numbers)
        if self.output_mode == "one_hot":
            return self._lookup_layer(self._split(x, rules))
        lookup = self._lookup_layer
        numbering = {"first": lookup._token_start, "unknown": lookup._oov_start}
        if self.output_mode == "int":
            length = self.output_sequence_length
            size, *how = (length,) if length is not None else measured(strings.longest(x, rules))
            return _ops.text_numbers(x, *lookup._vocabulary.table, *how, **rules, **numbering, length=size)
        once, weights = self.output_mode == "multi_hot", lookup.weights_of_counts()
        vectors = _ops.text_counts(
            x, *lookup._vocabulary.table, *weights, **rules, **numbering, size=lookup.depth, once=once
        )
        return ops.cast(vectors, config.floatx())

    def _split(self, x: Any, rules: dict[str, Any]) -> Any:
        """The tokens of each text (batch, length), empty behind the last."""
        length, *how = measured(strings.longest(x, rules))
        return _ops.text_split(x, *how, **rules, length=length)

    def _rules(self, x: Any) -> tuple[Any, dict[str, Any]]:
        """What the ops of tokens are given: texts after the user's own functions, and rules for the rest."""
        standardize, split = self.standardize, self.split
        if callable(standardize):
            x, standardize = _texts(standardize(_for_function(x)), "standardize", x), None
        if split is not None and x.ndim > 1:
            if x.ndim > 2 or x.shape[-1] != 1:
                raise ValueError(
                    explain(
                        "TextVectorization: the texts have too many axes.",
                        "shape (batch,) or (batch, 1), when texts are split",
                        f"shape {x.shape}",
                        "reshape them, or pass split=None if they are tokens.",
                    )
                )
            x = ops.squeeze(x, -1)
        rules = _standardizing(standardize)
        # What is left of texts may join to a character.
        first = callable(split) or (split == "character" and rules["strip_punctuation"])
        if first and standardize is not None:
            x, rules = _ops.text_standardize(x, **rules), _standardizing(None)
        if callable(split):
            x, split, rules = _texts(_padded(split(_for_function(x))), "split", None), None, _standardizing(None)
        return x, {**rules, "split": split or "none", **self._ngram_rules()}

    def _ngram_rules(self) -> dict[str, Any]:
        if self.ngrams is None or is_integer(self.ngrams):
            return {"max_ngram": self.ngrams or 1}
        return {"max_ngram": 0, "ngrams": list(self.ngrams)}

    def _fitted(self, numbers: Any) -> Any:
        """Cut or filled up along the last axis."""
        length, present = self.output_sequence_length, numbers.shape[-1]
        cut = numbers[..., :length]
        return ops.pad(cut, [(0, 0)] * (numbers.ndim - 1) + [(0, max(length - present, 0))])

    def _constructor_arguments(self) -> dict[str, Any]:
        return {**super()._constructor_arguments(), "vocabulary": self._lookup_layer.input_vocabulary}

    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer
        return {
            **super().get_config(),
            "idf_weights": lookup.input_idf_weights,
            "vocabulary_size": self.vocabulary_size(),
        }

    # Files of Keras keep the vocabulary twice: for the layer, and for the StringLookup in it.

    def save_own_variables(self, store: Any) -> None:
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: str) -> None:
        """Writes the tokens that were found to a file of the folder."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str | None) -> None:
        """Reads what `save_assets` wrote."""
        self._lookup_layer.load_assets(dir_path)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TextVectorization:
        ngrams = config.get("ngrams")
        return super().from_config({**config, "ngrams": tuple(ngrams) if isinstance(ngrams, list) else ngrams})


def _widths(ngrams: Any) -> Any:
    widths = ngrams if isinstance(ngrams, (tuple, list)) else (ngrams,)
    if not widths or not all(is_integer(n) and n >= 1 for n in widths):
        raise ValueError(
            explain(
                "TextVectorization: `ngrams` are no widths.",
                "None, an int of at least 1, or a tuple of them",
                f"ngrams={ngrams!r}",
                "pass e.g. ngrams=2, or ngrams=(2, 3).",
            )
        )
    return tuple(ngrams) if isinstance(ngrams, list) else ngrams


def _standardizing(name: str | None) -> dict[str, bool]:
    return {"lower": name is not None and "lower" in name, "strip_punctuation": name is not None and "strip" in name}


def _for_function(x: Any) -> Any:
    """Texts as the user's own function takes them."""
    return x if is_symbolic(x) else x.numpy().astype(str)


def _texts(found: Any, what: str, like: Any) -> Any:
    """What such a function gave, as a tensor. ValueError for other shapes, and for what are no texts."""
    try:
        tensor = ops.convert_to_tensor(found)
        received = f"{tensor.dtype} of shape {tensor.shape}"
    except (TypeError, ValueError):
        tensor, received = None, f"{found!r:.80}"
    right = tensor is not None and tensor.dtype == "string"
    if right and like is not None:
        right = tensor.ndim == like.ndim and all(
            None in pair or len({*pair}) == 1 for pair in zip(tensor.shape, like.shape)
        )
    if not right:
        raise ValueError(
            explain(
                f"TextVectorization: the function for `{what}` gives something else.",
                "one text for each text" if like is not None else "tokens for each text",
                received,
                "return texts.",
            )
        )
    return tensor


def _padded(rows: Any) -> Any:
    """Lists of tokens as an array, filled up with empty texts."""
    if hasattr(rows, "shape") and len(rows.shape) == 2:
        return rows
    if not np.iterable(rows) or not all(isinstance(row, (list, tuple, np.ndarray)) for row in rows):
        return rows  # is refused
    lists = [list(row) for row in rows]
    array = np.full((len(lists), max(map(len, lists), default=0)), "", dtype=object)
    for i, row in enumerate(lists):
        array[i, : len(row)] = row
    return array
