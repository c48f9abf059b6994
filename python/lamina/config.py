"""Settings of the whole process: default dtype, epsilon, data format; and what this build runs on.

>>> import lamina
>>> lamina.config.floatx()
'float32'
"""

from __future__ import annotations

from typing import Any

from . import _core
from .checks import explain, number

FLOAT_DTYPES = ("float16", "bfloat16", "float32", "float64")
DTYPES = ("bool", "uint8", "int32", "int64", *FLOAT_DTYPES)

_settings: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
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
    if dtype in DTYPES:
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


def show_config() -> None:
    """Prints the version, the instruction set level and the number of threads that kernels use."""
    from . import __version__

    print(f"lamina {__version__}")
    print(f"  instruction set: {_core.isa_level()}  (set LAMINA_ISA before the import to force a lower one)")
    print(f"  threads:         {_core.num_threads()}  (lamina.config.set_num_threads(n), or LAMINA_NUM_THREADS)")
    print(f"  floatx:          {floatx()}")
    print(f"  data format:     {image_data_format()}")


def set_num_threads(n: int) -> None:
    """Sets how many threads kernels may use; results do not depend on it."""
    from .checks import integer

    _core.set_num_threads(integer("set_num_threads", "n", n))


def num_threads() -> int:
    """How many threads kernels may use."""
    return _core.num_threads()


def dtype_policy() -> Any:
    """The dtype policy of layers that are given none."""
    from . import dtype_policies

    return dtype_policies.dtype_policy()


def set_dtype_policy(policy: Any) -> None:
    """Sets the dtype policy of layers that are given none: 'float32', 'mixed_bfloat16', ...; None for the default."""
    from . import dtype_policies

    dtype_policies.set_dtype_policy(policy)
