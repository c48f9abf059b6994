"""Functions in graphs as Keras writes them: an object of a class, made with the options, called on the tensors.

Here the call of a function is the function with all its arguments. These tables say what is not the rule: the class is
named as the function is, belongs to `numpy`, and its call takes the first argument alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..config import image_data_format

_MODULES = {
    "core": "associative_scan cast convert_to_tensor fori_loop map saturate_cast scan scatter scatter_update slice "
    "slice_update stop_gradient unstack vectorized_map while_loop cond",
    "einops": "rearrange",
    "image": "affine_transform crop_images elastic_transform extract_patches extract_patches_3d gaussian_blur "
    "hsv_to_rgb map_coordinates pad_images perspective_transform resize rgb_to_grayscale rgb_to_hsv "
    "scale_and_translate sobel_edges ssim",
    "linalg": "cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve "
    "solve_triangular svd",
    "math": "cdist erf erfc erfinv extract_sequences fft fft2 ifft2 in_top_k irfft istft logdet logsumexp rfft rsqrt "
    "segment_max segment_min segment_prod segment_sum stft top_k view_as_complex view_as_real",
    "nn": "adaptive_average_pool adaptive_max_pool average_pool batch_normalization binary_crossentropy "
    "categorical_crossentropy celu conv conv_transpose ctc_decode ctc_loss depth_to_space depthwise_conv "
    "dot_product_attention elu fold gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh "
    "layer_normalization leaky_relu log_sigmoid log_softmax max_pool moments multi_hot normalize one_hot polar psnr "
    "relu relu6 rms_normalization selu separable_conv sigmoid silu soft_shrink softmax softplus softsign "
    "space_to_depth sparse_categorical_crossentropy sparse_plus sparse_sigmoid sparsemax squareplus swish "
    "tanh_shrink threshold unfold",
}
_CLASSES = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "conj": "Conjugate",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "extract_patches_3d": "ExtractPatches",
    "fft": "FFT",
    "fft2": "FFT2",
    "hard_swish": "HardSilu",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
    "swish": "Silu",
}
_FIRST = {  # how many of the first arguments belong to the call
    2: "add affine_transform allclose append arctan2 associative_scan binary_crossentropy bitwise_and "
    "bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor categorical_crossentropy cdist conv conv_transpose "
    "correlate cross ctc_decode depthwise_conv digitize divide divide_no_nan dot equal floor_divide fmax fmin fmod "
    "full_like gcd get_item greater greater_equal heaviside hypot in_top_k inner isin kron lcm ldexp left_shift less "
    "less_equal logaddexp logaddexp2 logical_and logical_or logical_xor lstsq map map_coordinates matmul maximum "
    "minimum mod multiply nanpercentile nanquantile nextafter not_equal outer percentile polar power psnr quantile "
    "right_shift rms_normalization scatter searchsorted segment_max segment_min segment_prod segment_sum slice solve "
    "solve_triangular sparse_categorical_crossentropy ssim subtract take take_along_axis tensordot true_divide vdot",
    3: "arange layer_normalization perspective_transform scan scatter_update select separable_conv slice_update where",
    4: "ctc_loss isclose scale_and_translate",
    6: "dot_product_attention",
}
_CALLS = {
    "average": ("x", "weights"),
    "batch_normalization": ("x", "mean", "variance", "offset", "scale"),
    "einsum": (),
    "fori_loop": ("init_val",),
    "full": ("fill_value",),
    "meshgrid": (),
    "pad": ("x", "constant_values"),
    "rearrange": ("tensor", "pattern"),
    "while_loop": ("loop_vars",),
}

_module_of = {name: module for module, names in _MODULES.items() for name in names.split()}
_count_of = {name: count for count, names in _FIRST.items() for name in names.split()}
_FUNCTIONS = {name: function for function, name in reversed(_CLASSES.items())} | {
    "Silu": "silu",
    "HardSilu": "hard_silu",
    "ExtractPatches": "extract_patches",
    "Conjugate": "conjugate",
}


def function_of_class(class_name: str, config: Any) -> str | None:
    """The function for a class of Keras, or None if the rule tells it."""
    size = config.get("size") if isinstance(config, dict) else None
    if class_name == "ExtractPatches" and isinstance(size, (list, tuple)) and len(size) == 3:
        return "extract_patches_3d"
    return _FUNCTIONS.get(class_name)


def keras_class(function_name: str, class_name: str) -> tuple[str, str]:
    """The module and the class that Keras has for a function; `class_name` by the rule."""
    return f"keras.src.ops.{_module_of.get(function_name, 'numpy')}", _CLASSES.get(function_name, class_name)


def _call_names(name: str, parameters: dict[str, inspect.Parameter]) -> tuple[str, ...]:
    named = [n for n, p in parameters.items() if p.kind is not p.VAR_POSITIONAL]
    return _CALLS.get(name) or (() if name in _CALLS else tuple(named[: _count_of.get(name, 1)]))


def join_call(
    function: Callable[..., Any], options: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a function for a call as Keras makes it: `options`, and what the call takes."""
    parameters = dict(inspect.signature(function).parameters)
    rest = next((n for n, p in parameters.items() if p.kind is p.VAR_POSITIONAL), None)
    if rest is None:
        return (), {**dict(zip(_call_names(function.__name__, parameters), args)), **kwargs, **options}
    first = list(parameters)[: list(parameters).index(rest)]
    options = dict(options)
    return (*(options.pop(name) for name in first if name in options), *args), {**kwargs, **options}


def split_call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], may_be_option: Callable[[Any], bool]
) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """A call of a function as Keras makes it: what the call takes, by position and by name, and the options."""
    signature = inspect.signature(function)
    bound = signature.bind_partial(*args, **kwargs)
    names = _call_names(function.__name__, dict(signature.parameters))
    positional: list[Any] = []
    named: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name in names:  # where the call has no default
        if name not in bound.arguments and signature.parameters[name].default is not inspect.Parameter.empty:
            bound.arguments[name] = signature.parameters[name].default
    if "data_format" in signature.parameters and bound.arguments.get("data_format") is None:
        bound.arguments["data_format"] = image_data_format()
    order = list(signature.parameters)
    for name in sorted(bound.arguments, key=order.index):
        value, kind = bound.arguments[name], signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            positional += value
        elif kind is inspect.Parameter.VAR_KEYWORD:
            (named if function.__name__ == "rearrange" else options).update(value)
        elif name in names and len(positional) == order.index(name):
            positional.append(value)
        elif name in names or not may_be_option(value):
            named[name] = value
        else:
            options[name] = value
    return positional, named, options
