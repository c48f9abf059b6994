"""Settings of the whole process: default dtype, epsilon, data format; and what this build runs on.

>>> import lamina
>>> lamina.config.floatx()
'float32'
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

from . import _core
from .checks import explain, integer, number

FLOAT_DTYPES = ("float16", "bfloat16", "float32", "float64")
DTYPES = ("bool", "uint8", "int32", "int64", *FLOAT_DTYPES)


def _limit(name: str, value: Any) -> int | None:
    return None if value in (None, "") else integer(f"set_{name}", name, int(value) if type(value) is str else value)


_settings: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
    "traceback_filtering": True,
    "flash_attention": None,
    **{name: _limit(name, os.environ.get(f"LAMINA_{name.upper()}")) for name in ("max_epochs", "max_steps_per_epoch")},
}


def floatx() -> str:
    """The dtype of new weights and of Python floats: 'float32' unless set otherwise."""
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Makes a floating dtype the default. ValueError for others."""
    if value not in FLOAT_DTYPES:
        raise ValueError(
            explain(
                "The default dtype cannot be set.", f"one of {FLOAT_DTYPES}", repr(value), "use set_floatx('float32')."
            )
        )
    _settings["floatx"] = value


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite: 1e-7 unless set otherwise."""
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Sets `epsilon()`; ValueError unless it is a number of at least 0."""
    _settings["epsilon"] = number("set_epsilon", "value", value, low=0.0)


def image_data_format() -> str:
    """'channels_last' (the default) or 'channels_first': what layers assume when not told."""
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Sets `image_data_format()`; ValueError for other names."""
    _settings["image_data_format"] = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The data format in lower case, the global one for None; ValueError for unknown names."""
    if data_format is None:
        return image_data_format()
    lowered = str(data_format).lower()
    if lowered not in ("channels_first", "channels_last"):
        raise ValueError(
            explain(
                "The data format is not known.",
                "'channels_last' or 'channels_first'",
                f"data_format={data_format!r}",
                "pass one of the two, or None for the global setting.",
            )
        )
    return lowered


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a NumPy dtype or a Python type; the default dtype for None.

    >>> import lamina
    >>> lamina.config.standardize_dtype(float)
    'float32'
    """
    if dtype is None:
        return floatx()
    if dtype in DTYPES or dtype == "string":
        return dtype if type(dtype) is str else str(dtype)
    if dtype is float:
        return floatx()
    if isinstance(dtype, str) and dtype.startswith("mixed_"):
        dtype = dtype.removeprefix("mixed_")
    if dtype is int:
        return "int32"
    if dtype is bool:
        return "bool"
    name = getattr(dtype, "compute_dtype", None) or getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    name = str(name if name is not None else dtype)
    if name == "bool_":
        name = "bool"
    if name not in DTYPES:
        raise ValueError(
            explain("The dtype is not supported.", f"one of {DTYPES}", repr(dtype), "cast to one of these dtypes.")
        )
    return name


def enable_interactive_logging() -> None:
    """Progress bars redraw one line (the default)."""
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """`verbose='auto'` prints one line per epoch instead of a live bar, as suits log files."""
    _settings["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether `verbose='auto'` shows live bars."""
    return _settings["interactive_logging"]


def backend() -> str:
    """The name of the engine."""
    return "lamina"


def set_backend(backend: str) -> None:
    """Takes 'lamina' alone, as there is one engine; ValueError for other names."""
    if backend != "lamina":
        raise ValueError(
            explain(
                "The backend cannot be changed.",
                "'lamina', the native engine that this package is made of",
                f"backend={backend!r}",
                "leave the call out; to run on another engine use Keras, which reads the same files.",
            )
        )


def max_epochs() -> int | None:
    """The most epochs that `fit` trains, None for no limit; LAMINA_MAX_EPOCHS sets it for a whole process."""
    return _settings["max_epochs"]


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of each `fit`, to try a program quickly; None lifts the limit. ValueError below 1."""
    _settings["max_epochs"] = _limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most batches of an epoch, None for no limit; LAMINA_MAX_STEPS_PER_EPOCH sets it for a whole process."""
    return _settings["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the batches of each epoch of `fit`, of `evaluate` and of `predict`; None lifts it. ValueError below 1."""
    _settings["max_steps_per_epoch"] = _limit("max_steps_per_epoch", max_steps_per_epoch)


def capped(name: str, wanted: int | None) -> int | None:
    """`wanted` (None: as many as there are) within the limit 'max_epochs' or 'max_steps_per_epoch', with a warning."""
    most = _settings[name]
    if most is None or (wanted is not None and wanted <= most):
        return wanted
    warnings.warn(f"At most {most} of {wanted or 'all'}: lamina.config.set_{name}({most}) is in force.", stacklevel=2)
    return most


def enable_flash_attention() -> None:
    """Lets attention choose its kernel (the default)."""
    _settings["flash_attention"] = None


def disable_flash_attention() -> None:
    """Makes attention compute all scores at once, by plain products."""
    _settings["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """False after `disable_flash_attention`, else None: attention chooses."""
    return _settings["flash_attention"]


def is_nnx_enabled() -> bool:
    """False: NNX belongs to JAX."""
    return False


def enable_traceback_filtering() -> None:
    """Errors show the lines of the user's program, not those inside Lamina (the default)."""
    _settings["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Errors show every line that led to them."""
    _settings["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether errors leave out the lines inside Lamina."""
    return _settings["traceback_filtering"]


def dtype_policy() -> Any:
    """The policy of layers that get no dtype: the default dtype, unless `set_dtype_policy` gave another."""
    from . import dtype_policies

    return dtype_policies.dtype_policy()


def set_dtype_policy(policy: Any) -> None:
    """Sets `dtype_policy()` to a policy or the name of one; ValueError for dtypes that layers cannot have."""
    from . import dtype_policies

    dtype_policies.set_dtype_policy(policy)


def enable_unsafe_deserialization() -> None:
    """Has no effect but a warning: Lamina never runs code that a file holds."""
    warnings.warn(
        "Files never run code here. To load a model with a function of your own, pass it in `custom_objects`.",
        stacklevel=2,
    )


def show_config() -> None:
    """Prints the version, the instruction set level, the number of threads that kernels use, and the log's topics."""
    from . import __version__

    print(f"lamina {__version__}")
    print(f"  instruction set: {_core.isa_level()}  (set LAMINA_ISA before the import to force a lower one)")
    print(f"  threads:         {_core.num_threads()}  (lamina.config.set_num_threads(n), or LAMINA_NUM_THREADS)")
    print(f"  log:             {log() or 'none'}  (lamina.config.set_log('kernels,programs'), or LAMINA_LOG)")
    print(f"  floatx:          {floatx()}")
    print(f"  data format:     {image_data_format()}")


def set_num_threads(n: int) -> None:
    """Sets how many threads kernels may use; results do not depend on it."""
    _core.set_num_threads(integer("set_num_threads", "n", n))


def num_threads() -> int:
    """How many threads kernels may use."""
    return _core.num_threads()


def set_log(topics: str | None, function: Callable[[str, str], Any] | None = None) -> None:
    """Says what the engine does: 'kernels', 'programs', or both separated by a comma; None or '' for nothing.

    'kernels' is which kernel each shape takes and why others were refused, once per shape; 'programs' what is planned:
    the entry, its input shapes, steps and memory. Lines go to stderr, or to `function(topic, line)`, which is called in
    whichever thread has something to say, and should not compute with lamina; errors in it are printed, not raised.
    ValueError for unknown topics.

    >>> import numpy as np, lamina
    >>> lines = []
    >>> lamina.config.set_log("kernels", lambda topic, line: lines.append(line))
    >>> lamina.ops.matmul(np.ones((3, 4)), np.ones((4, 1))).shape
    (3, 1)
    >>> lines
    ['gemm m=3 n=1 k=4 bytes=8: one_column taken']
    >>> lamina.config.set_log(None)
    """
    for name, value, right, expected in (
        ("topics", topics, topics is None or isinstance(topics, str), "a str such as 'kernels,programs', or None"),
        ("function", function, function is None or callable(function), "a function of topic and line, or None"),
    ):
        if not right:
            fix = "call e.g. set_log('kernels', lambda topic, line: print(line))."
            raise TypeError(explain(f"set_log: `{name}` is of another kind.", expected, f"{name}={value!r}", fix))
    _core.set_log_topics(topics or "")
    _core.set_log(function)


def log() -> str:
    """The topics that the engine speaks of, such as 'kernels,programs'; '' for none. LAMINA_LOG sets them at first."""
    return _core.log_topics()
