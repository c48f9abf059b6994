"""Functions of texts: what standardization and splitting of one's own are made of, so that they run in C++ too.

String tensors hold UTF-8. They can be given as str, bytes, lists of them and NumPy arrays.

>>> import lamina
>>> lamina.ops.strings.lower(["Earth", "WIND"]).numpy().tolist()
['earth', 'wind']
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import choice
from .convert import convert_to_tensor, measured
from .operation import operation

__all__ = ["lower", "regex_replace", "split", "strip_punctuation"]

_ops = _core.ops
SPLITS = (None, "whitespace", "character")


@operation
def lower(x: Any) -> Any:
    """The texts with small letters in place of the capital ones of ASCII; others stay."""
    return _ops.text_standardize(convert_to_tensor(x), lower=True, strip_punctuation=False)


@operation
def strip_punctuation(x: Any) -> Any:
    """The texts without the 32 punctuation characters of ASCII.

    >>> import lamina
    >>> lamina.ops.strings.strip_punctuation("it's (almost) done!").item()
    'its almost done'
    """
    return _ops.text_standardize(convert_to_tensor(x), lower=False, strip_punctuation=True)


@operation
def regex_replace(x: Any, pattern: str, rewrite: str, replace_global: bool = True) -> Any:
    r"""The texts with `rewrite` in place of what the regular expression matches: everywhere, or only the first time.

    Patterns are those of RE2: literals, `. [..] \d \w \s ^ $ \A \z \b ( ) (?: ) | * + ? {n,m}`, lazy forms, a leading
    `(?i)` (of ASCII letters). In `rewrite`, `\1` to `\9` stand for groups and `\0` for all of the match. Time is linear
    in the text for every pattern. ValueError for what is no pattern, and for patterns that are too large.

    >>> import lamina
    >>> lamina.ops.strings.regex_replace("a<br />b", "<[^>]*>", " ").item()
    'a b'
    """
    return _ops.text_replace(convert_to_tensor(x), pattern=pattern, rewrite=rewrite, everywhere=bool(replace_global))


@operation
def split(x: Any, by: str | None = "whitespace", length: Any = None) -> Any:
    """The tokens of texts (samples,) as texts (samples, length), empty behind the last; those of more axes are joined.

    `by` is 'whitespace', 'character', or None for texts that are tokens already. Without `length` there are as many
    columns as the longest sample has tokens, also in programs, which measure it before each run.

    >>> import lamina
    >>> lamina.ops.strings.split(["a few words", "one"]).numpy().tolist()
    [['a', 'few', 'words'], ['one', '', '']]
    """
    x = convert_to_tensor(x)
    rules = {"split": choice("split", "by", by, SPLITS) or "none"}
    length, *how = (length,) if length is not None else measured(longest(x, rules))
    return _ops.text_split(x, *how, **rules, length=length)


def longest(x: Any, rules: dict[str, Any]) -> Any:
    """The largest number of tokens of a sample: a scalar."""
    from .reductions import max

    return max(_ops.text_count(x, **rules), initial=0)
