"""What StringLookup and IntegerLookup share: numbers for tokens, found in data or given."""

from __future__ import annotations

import codecs
import collections
import json
import os
from typing import Any

import numpy as np

from ... import _core, config, ops
from ...checks import choice, explain, integer
from ...ops.convert import array_to_tensor, is_symbolic
from ...ops.operation import is_drawing
from .. import state
from ..layer import Layer
from .adapt import batches
from .encoding import encode, say_it_is_dense
from .vocabulary import IntegerCounter, IntegerVocabulary, TextCounter, TextVocabulary, parse_tokens, read_tokens

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
_FILE = "vocabulary.txt"


def output_mode(owner: str, mode: str) -> str:
    """One of `MODES`; the names of older versions are known too."""
    return choice(owner, "output_mode", _OLD_MODES.get(mode, mode) if isinstance(mode, str) else mode, MODES)


def salt_of(owner: str, salt: Any) -> list[int] | None:
    """The two halves of a key: given as both, or as one int for both."""
    if salt is None:
        return None
    halves = [salt, salt] if isinstance(salt, int) else list(salt) if isinstance(salt, (list, tuple)) else []
    if len(halves) != 2 or not all(isinstance(half, int) and not isinstance(half, bool) for half in halves):
        raise ValueError(
            explain(f"{owner}: `salt` is no key.", "an int, or two of them", f"salt={salt!r}", "pass e.g. salt=1337.")
        )
    return halves


def hashed(x: Any, num_bins: Any, salt: list[int] | None) -> Any:
    """The bins of texts or int64 numbers."""
    if salt is None:
        return _core.ops.text_hash(x, num_bins=num_bins)
    key0, key1 = ((half & (2**64 - 1)) - (2**64 if half >> 63 & 1 else 0) for half in salt)
    return _core.ops.text_hash(x, num_bins=num_bins, salted=True, key0=key0, key1=key1)


def texts(owner: str, inputs: Any) -> Any:
    """The inputs as a string tensor. TypeError for others."""
    x = ops.convert_to_tensor(inputs)
    if x.dtype != "string":
        raise TypeError(
            explain(
                f"{owner}: the inputs are no texts.",
                "str or bytes, or arrays of them",
                f"{x.dtype} of shape {x.shape}",
                "use an IntegerLookup for integers, or convert them: x.astype(str).",
            )
        )
    return x


def utf8(owner: str, encoding: str) -> str:
    """The name of an encoding. ValueError for others than UTF-8, which all texts are in."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, TypeError):
        name = ""
    if name not in ("utf-8", "ascii"):
        raise ValueError(
            explain(f"{owner}: texts are UTF-8.", "'utf-8'", f"encoding={encoding!r}", "decode other texts before.")
        )
    return encoding


class Lookup(Layer):
    """Numbers for tokens: first the mask (only where numbers are given out), then the unknown ones, then the rest."""

    vocabulary_dtype: str
    mask_token: Any
    oov_token: Any
    salt: Any = None
    oov_method = "floormod"  # of integers; texts are always hashed
    supports_jit = False

    @property
    def _owner(self) -> str:
        """The layer that errors name, whose arguments these are."""
        return type(self).__name__

    def _set_up(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        vocabulary_size: int | None,
    ) -> None:
        owner = self._owner
        self.max_tokens = None if max_tokens is None else integer(owner, "max_tokens", max_tokens, minimum=2)
        self.num_oov_indices = integer(owner, "num_oov_indices", num_oov_indices, minimum=0)
        self.output_mode = output_mode(owner, mode)
        self.invert, self.sparse, self.pad_to_max_tokens = bool(invert), bool(sparse), bool(pad_to_max_tokens)
        say_it_is_dense(owner, self.sparse, self.output_mode)
        for wrong, what, expected, received, fix in (
            (
                self.pad_to_max_tokens and max_tokens is None,
                "nothing says how far to pad",
                "`max_tokens`",
                "pad_to_max_tokens=True, max_tokens=None",
                "pass `max_tokens`, or leave out `pad_to_max_tokens`.",
            ),
            (
                self.invert and mode != "int",
                "numbers cannot be looked up as vectors",
                "output_mode='int'",
                f"invert=True, output_mode={mode!r}",
                "leave out `output_mode`, or `invert`.",
            ),
            (
                idf_weights is not None and self.output_mode != "tf_idf",
                "`idf_weights` have no use",
                "output_mode='tf_idf'",
                f"output_mode={mode!r} with `idf_weights`",
                "leave out `idf_weights`, or pass output_mode='tf_idf'.",
            ),
        ):
            if wrong:
                raise ValueError(explain(f"{owner}: {what}.", expected, received, fix))
        self.input_vocabulary = None if isinstance(vocabulary, (str, os.PathLike)) else _listed(vocabulary)
        self.input_idf_weights = _listed(idf_weights)
        self._idf: np.ndarray | None = None
        self._is_given = vocabulary is not None
        self._vocabulary = self._make([])
        self._by_number: Any = None  # all tokens, those for mask and unknown ones too, once they are asked for
        self._mask: Any = None  # a vocabulary of the mask alone, as well
        self._expected_size: int | None = None
        known = (
            self.vocabulary_size() if vocabulary_size is None else integer(owner, "vocabulary_size", vocabulary_size)
        )
        # Of a saved layer, whose tokens come later.
        self._expected_size = known if vocabulary is None and known > self._token_start else None
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # Where tokens stand.

    def _make(self, tokens: list[Any]) -> Any:
        return (TextVocabulary if self.vocabulary_dtype == "string" else IntegerVocabulary)(tokens)

    @property
    def _oov_start(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _token_start(self) -> int:
        return self._oov_start + self.num_oov_indices

    def vocabulary_size(self) -> int:
        """The number of tokens, those for the mask and unknown ones included."""
        if self._expected_size is not None:
            return self._expected_size
        return self._token_start + len(self._vocabulary.tokens)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens by their number; without those for the mask and unknown ones on demand."""
        special = [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices
        return [*(special if include_special_tokens else ()), *self._vocabulary.tokens]

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replaces the vocabulary: a list of tokens, or a file; those for mask and unknown ones may stand at its start.

        `idf_weights` are the inverse document frequencies that 'tf_idf' needs, one for each token. ValueError for
        repeated tokens, more than `max_tokens`, files that cannot be read, and weights that do not fit.
        """
        owner = self._owner
        if (idf_weights is None) == (self.output_mode == "tf_idf"):
            raise ValueError(
                explain(
                    f"{owner}: the vocabulary and its weights do not go together.",
                    "`idf_weights` with output_mode='tf_idf', and only then",
                    f"output_mode={self.output_mode!r}, idf_weights={idf_weights!r}",
                    "pass both, or call `adapt`.",
                )
            )
        if isinstance(vocabulary, (str, os.PathLike)):
            from ...saving.serialization import is_deserializing

            if is_deserializing():
                raise ValueError(
                    explain(
                        f"{owner}: a configuration names a vocabulary file, which is not read.",
                        "tokens, or a vocabulary inside the model's own file",
                        repr(os.fspath(vocabulary)),
                        "leave it out, and call `set_vocabulary` with the path.",
                    )
                )
            vocabulary = read_tokens(owner, os.fspath(vocabulary), self.vocabulary_dtype)
        tokens = self._checked(_listed(vocabulary))
        special = self.get_vocabulary()[: self._token_start]
        found_special = self._token_start > 0 and tokens[: self._token_start] == special
        own = tokens[self._token_start :] if found_special else tokens
        self._refuse_odd(own, special)
        self._vocabulary = self._make(own)
        if self.input_vocabulary is not None:  # what configurations hold
            self.input_vocabulary, self.input_idf_weights = tokens, _listed(idf_weights)
        if idf_weights is not None:
            try:
                weights = np.asarray(_listed(idf_weights), "float64")
            except (TypeError, ValueError):
                weights = np.full((), np.nan)
            self._set_weights(weights, len(tokens), found_special)
        self._changed()

    def _checked(self, tokens: Any) -> list[Any]:
        owner = self._owner
        if not isinstance(tokens, list) or not tokens:
            raise ValueError(
                explain(f"{owner}: the vocabulary is empty.", "one token or more", repr(tokens)[:80], "pass a list.")
            )
        if self.vocabulary_dtype == "string":
            tokens = [t.decode("utf-8", "surrogateescape") if isinstance(t, bytes) else t for t in tokens]
        kind = str if self.vocabulary_dtype == "string" else int
        for token in tokens:
            if kind is int and isinstance(token, int) and not -(2**63) <= token < 2**63:
                raise ValueError(
                    explain(
                        f"{owner}: a token is too large.", "integers of 64 bits", repr(token), "use a StringLookup."
                    )
                )
            if not isinstance(token, kind) and token not in (self.mask_token, self.oov_token):
                raise ValueError(
                    explain(
                        f"{owner}: a token is of another kind.", kind.__name__, repr(token), "convert the vocabulary."
                    )
                )
        return tokens

    def _refuse_odd(self, tokens: list[Any], special: list[Any]) -> None:
        owner = self._owner
        repeated = [token for token, count in collections.Counter(tokens).items() if count > 1]
        if repeated:
            raise ValueError(
                explain(
                    f"{owner}: the vocabulary repeats tokens.",
                    "each token once",
                    f"{len(repeated)} repeated ones, such as {repeated[:5]}",
                    "remove them: list(dict.fromkeys(vocabulary)).",
                )
            )
        for name, token in (("mask", self.mask_token), ("unknown", self.oov_token if self.invert else None)):
            if token is not None and token in tokens:
                raise ValueError(
                    explain(
                        f"{owner}: the token for {name} ones stands among the others.",
                        f"a vocabulary without it, or one that begins with {special}",
                        f"{token!r} at place {tokens.index(token)}",
                        "remove it.",
                    )
                )
        size = self._token_start + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                explain(
                    f"{owner}: the vocabulary is too large.",
                    f"at most max_tokens={self.max_tokens}",
                    f"{size} tokens, those for mask and unknown ones included",
                    "cut it, or raise max_tokens.",
                )
            )

    def _set_weights(self, weights: np.ndarray, count: int, with_special: bool) -> None:
        if weights.shape != (count,) or not np.isfinite(weights).all():
            raise ValueError(
                explain(
                    f"{self._owner}: `idf_weights` do not fit the vocabulary.",
                    f"{count} numbers, one for each token",
                    f"shape {weights.shape}, {int((~np.isfinite(weights)).sum())} of them no numbers",
                    "pass one weight for each token.",
                )
            )
        if not with_special:  # unknown tokens weigh as others do on average
            weights = np.concatenate([np.full(self._token_start, weights.mean()), weights])
        if self.pad_to_max_tokens and self.max_tokens is not None:
            weights = np.pad(weights, (0, self.max_tokens - len(weights)))
        self._idf = weights.astype(config.floatx())

    @property
    def idf_weights(self) -> Any:
        """The inverse document frequencies of all entries of vectors; None before they are known."""
        return None if self._idf is None else array_to_tensor(self._idf)

    def _changed(self) -> None:
        """Programs that were traced before are out of date."""
        self._expected_size = None
        self._by_number = None
        state.changes += 1

    # Finding the vocabulary in data.

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Makes the vocabulary from the tokens in `data`: an array, a list, a dataset, or at most `steps` batches.

        The most frequent tokens come first, of equally frequent ones the largest. What was found before is forgotten.
        ValueError when the vocabulary was given.
        """
        self.reset_state()
        for batch in batches(self._owner, data, steps):
            self.update_state(batch[:, None] if batch.ndim == 1 else batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forgets the tokens counted so far, but not the vocabulary."""
        counter = TextCounter if self.vocabulary_dtype == "string" else IntegerCounter
        self._counter: Any = counter(by_document=self.output_mode == "tf_idf")
        self._documents = 0

    def update_state(self, data: Any) -> None:
        """Counts the tokens of a batch; rows are documents, and an array of one axis is one."""
        tokens = self._tokens_of(data)
        self.count(ops.reshape(tokens, (1, -1) if tokens.ndim < 2 else (tokens.shape[0], -1)))

    def count(self, documents: Any, **rules: Any) -> None:
        """Counts the tokens of documents, which are rows, or what `rules` make of them."""
        if self._is_given:
            raise ValueError(
                explain(
                    f"{self._owner} {self.name!r}: the vocabulary is known already.",
                    "a layer made without `vocabulary`",
                    "a call of `adapt`",
                    "leave out `vocabulary`, or do not adapt.",
                )
            )
        self._documents += documents.shape[0]
        self._counter.add(documents, **rules)

    def _tokens_of(self, data: Any) -> Any:
        if self.vocabulary_dtype == "string":
            return texts(self._owner, data)
        array = np.asarray(data.numpy() if hasattr(data, "numpy") else data)
        if array.dtype.kind not in "iub":
            raise TypeError(
                explain(
                    f"{self._owner}: the data are no integers.",
                    "arrays of ints",
                    f"dtype {array.dtype}",
                    "use a StringLookup for texts, Discretization for floats.",
                )
            )
        return array_to_tensor(array.astype("int64"))

    def finalize_state(self) -> None:
        """Makes the vocabulary from the tokens counted so far."""
        if self._is_given:
            return
        most = 1 << 62 if self.max_tokens is None else max(self.max_tokens - self._token_start, 0)
        special = {self.mask_token, self.oov_token}
        found, documents = self._counter.found(most + len(special))
        if not found:
            return
        own = [i for i, token in enumerate(found) if token not in special][:most]
        tokens = [found[i] for i in own]
        self._vocabulary = self._make(tokens)
        if self.output_mode == "tf_idf":
            self._set_weights(np.log(1 + self._documents / (1 + documents[own])), len(tokens), False)
        self.reset_state()
        self._changed()

    # Looking up.

    def need_vocabulary(self) -> None:
        """RuntimeError when the tokens of a saved layer did not come. A graph can be drawn without them."""
        if self._expected_size is not None and not is_drawing():
            raise RuntimeError(
                explain(
                    f"{self._owner} {self.name!r} has no vocabulary yet.",
                    f"the {self._expected_size} tokens it had when it was saved",
                    "a configuration alone",
                    "load the whole model, or call `set_vocabulary` or `adapt`.",
                )
            )

    def call(self, inputs: Any) -> Any:
        self.need_vocabulary()
        numbers_come = self.invert or self.vocabulary_dtype == "int64"
        x = ops.convert_to_tensor(inputs) if numbers_come else texts(self._owner, inputs)
        if numbers_come and x.dtype == "string":
            raise TypeError(
                explain(
                    f"{self._owner}: the inputs are texts.",
                    "integers",
                    f"string of shape {x.shape}",
                    "use a StringLookup for texts." if not self.invert else "leave out `invert`.",
                )
            )
        if self.invert:
            places = ops.cast(x, "int64")
            if self._by_number is None:
                self._by_number = self._make(self.get_vocabulary())
            return self._by_number.gather(places, self.oov_token)
        if self.vocabulary_dtype == "int64":
            x = ops.cast(x, "int64")
        numbers = self._numbers(x)
        return numbers if self.output_mode == "int" else self.encode(numbers)

    def _numbers(self, x: Any) -> Any:
        place = self._vocabulary.find(x)
        numbers = ops.where(place >= 0, place + self._token_start, self._unknown(x))
        if self.mask_token is not None:
            # Vectors leave it out, as they do all numbers that are none of their entries.
            masked = np.int64(0 if self.output_mode == "int" else np.iinfo("int64").max)
            self._mask = self._make([self.mask_token]) if self._mask is None else self._mask
            numbers = ops.where(self._mask.find(x) == 0, masked, numbers)
        if self.num_oov_indices == 0 and not is_symbolic(numbers):
            self._refuse_unknown(x, numbers.numpy())
        return numbers

    def _unknown(self, x: Any) -> Any:
        """The numbers of tokens that are not in the vocabulary."""
        if self.num_oov_indices < 2:
            return np.int64(self._oov_start if self.num_oov_indices else -1)
        if self.vocabulary_dtype == "int64" and self.oov_method == "floormod":
            return ops.mod(x, self.num_oov_indices) + self._oov_start
        return hashed(x, self.num_oov_indices, self.salt) + self._oov_start

    def _refuse_unknown(self, x: Any, numbers: np.ndarray) -> None:
        unknown = np.asarray(x.numpy())[numbers == -1]
        if unknown.size:
            raise ValueError(
                explain(
                    f"{self._owner}: tokens are not in the vocabulary.",
                    "tokens of the vocabulary, since num_oov_indices=0",
                    f"{unknown.size} others, such as {unknown[:5].tolist()}",
                    "set num_oov_indices=1, so that unknown tokens get a number.",
                )
            )

    @property
    def depth(self) -> int:
        """The number of entries of vectors."""
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens is not None else self.vocabulary_size()

    def encode(self, numbers: Any) -> Any:
        """Numbers as vectors."""
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        vectors = encode(numbers, mode, self.depth, config.floatx())
        for weights in self.weights_of_counts():
            vectors = vectors * weights
        return vectors

    def weights_of_counts(self) -> list[Any]:
        """The inverse document frequencies of 'tf_idf', if there are any. ValueError before they are known."""
        if self.output_mode != "tf_idf" or (self._idf is None and self._expected_size is not None):
            return []
        if self._idf is None:
            raise ValueError(
                explain(
                    f"{self._owner}: the document frequencies are not known yet.",
                    "`idf_weights`, or a call of `adapt`",
                    "output_mode='tf_idf' and no data",
                    "call layer.adapt(data) first.",
                )
            )
        return [self.idf_weights]

    # Files: the tokens that were found are an asset, given ones are in the configuration.

    def _constructor_arguments(self) -> dict[str, Any]:
        return {**super()._constructor_arguments(), "vocabulary": self.input_vocabulary}  # never a file

    def get_config(self) -> dict[str, Any]:
        size = self.vocabulary_size()
        found = {
            "vocabulary": self.input_vocabulary,
            "idf_weights": self.input_idf_weights,
            "vocabulary_size": size if size > self._token_start else None,
        }
        given = super().get_config()
        return {**given, **{name: found[name] for name in found if name in given or name == "vocabulary_size"}}

    def save_own_variables(self, store: Any) -> None:
        if self._idf is not None:
            store["idf_weights"] = self._idf

    def load_own_variables(self, store: Any) -> None:
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self._idf = np.array(store["idf_weights"], config.floatx())

    def save_assets(self, dir_path: str) -> None:
        """Writes the tokens that were found to a file of the folder, each to a line. ValueError for broken lines."""
        if self.input_vocabulary is not None:
            return
        tokens = [str(token) for token in self.get_vocabulary()]
        broken = [token for token in tokens if "\n" in token or token.endswith("\r")]
        if broken:
            raise ValueError(
                explain(
                    f"{self._owner} {self.name!r}: the vocabulary cannot be written.",
                    "tokens without line breaks, one in each line of the file",
                    f"{broken[0]!r:.80}",
                    "save a .lamina file, which keeps all tokens, or split the texts.",
                )
            )
        path = os.path.join(dir_path, _FILE)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write("\n".join(tokens))

    def load_assets(self, dir_path: str | None) -> None:
        """Reads what `save_assets` wrote."""
        path = None if dir_path is None else os.path.join(dir_path, _FILE)
        if self.input_vocabulary is not None or path is None or not os.path.isfile(path):
            return
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            tokens = parse_tokens(self._owner, file.read(), self.vocabulary_dtype, _FILE)
        special = [str(token) for token in self.get_vocabulary()[: self._token_start]]
        if [str(token) for token in tokens[: self._token_start]] == special:
            tokens = tokens[self._token_start :]
        if self.vocabulary_dtype == "string" and self._token_start + len(tokens) + 1 == self._expected_size:
            tokens.append("")  # which no line tells at the end of a file
        self._take(tokens)

    def assets(self) -> dict[str, str]:
        """Texts, by name, that `.lamina` files keep for the layer."""
        if self.input_vocabulary is not None or not self._vocabulary.tokens:
            return {}
        weights = None if self._idf is None else self._idf.tolist()
        return {"vocabulary": json.dumps(self._vocabulary.tokens), "idf_weights": json.dumps(weights)}

    def take_assets(self, files: dict[str, str]) -> None:
        """The layer as it was when these texts were kept. ValueError for what no file has."""
        if self.input_vocabulary is not None or not files:
            return
        tokens, weights = json.loads(files["vocabulary"]), json.loads(files["idf_weights"])
        self._take(self._checked(tokens))
        if weights is not None:
            self._idf = np.array(weights, config.floatx())

    def _take(self, tokens: list[Any]) -> None:
        self._refuse_odd(tokens, [])
        self._vocabulary = self._make(tokens)
        self._changed()


def _listed(values: Any) -> Any:
    """Arrays and tensors as the lists that configurations keep."""
    if values is None:
        return None
    if hasattr(values, "numpy"):
        values = values.numpy()
    if isinstance(values, np.ndarray) or not np.iterable(values):
        return np.asarray(values).tolist()  # which is no list without an axis: that is refused later
    return list(values)
