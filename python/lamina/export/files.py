"""Writes exported models to files."""

from __future__ import annotations

import os
from typing import Any

from ..checks import explain, need
from ..saving.atomic import replacing
from .writer import DTYPES, OPSET

_OTHERS = ("tf_saved_model", "openvino", "litert", "torch")  # formats of Keras
_MOST_BYTES = (1 << 31) - (1 << 20)  # what one message of protobuf may hold


def export_model(
    model: Any,
    filepath: Any,
    format: str | None = None,
    verbose: bool | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> None:
    """Writes the predictions of a model to an ONNX file: see Model.export."""
    path = os.fspath(filepath)
    _check_format(path, format)
    version = kwargs.pop("opset_version", None)
    if kwargs or version not in (None, OPSET):
        received = [*kwargs, *([] if version in (None, OPSET) else [f"opset_version={version!r}"])]
        raise ValueError(
            explain(
                "export: the arguments cannot be used.",
                f"filepath, format, verbose, input_signature, and opset_version={OPSET}",
                ", ".join(received),
                "leave them out.",
            )
        )
    need("onnx", "Exporting to ONNX needs", "onnx", "onnx")
    model._needs_weights("be exported")
    made = onnx_model(model, input_signature)
    if made.ByteSize() > _MOST_BYTES:
        raise ValueError(
            explain(
                f"Model {model.name!r} is too large for one ONNX file.",
                f"at most {_MOST_BYTES} bytes",
                f"{made.ByteSize()} bytes",
                "save it as '.lamina' instead.",
            )
        )
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(made.SerializeToString())
    if verbose is None or verbose:
        print(f"Saved artifact at '{path}'.")


def _check_format(path: str, format: str | None) -> None:
    """ValueError unless the format is ONNX. It is that of the path's ending, if it is not named."""
    if format is None and path.endswith(".onnx"):
        return
    if format != "onnx":
        given = f"format={format!r}" if format is not None else f"the path {path!r}"
        why = " of other runtimes" if format in _OTHERS else ""
        raise ValueError(
            explain(
                f"A model cannot be exported to a file{why} of this format.",
                "format='onnx', or a path that ends with '.onnx'",
                given,
                "export to ONNX, which these runtimes read or convert; `model.save` writes '.lamina' and '.keras'.",
            )
        )


def onnx_model(model: Any, input_signature: Any = None) -> Any:
    """The predictions of a model as an `onnx.ModelProto`. ValueError for what ONNX does not have."""
    from .convert import Unmapped, to_onnx
    from .traced import layer_with, trace_model

    traced = trace_model(model, input_signature)
    others = [(name, dtype) for name, dtype, _ in traced.inputs if dtype not in DTYPES]
    if others:
        name, dtype = others[0]
        raise ValueError(
            explain(
                f"Model {model.name!r} cannot be exported to ONNX.",
                "inputs of real numbers",
                f"{'texts' if dtype == 'string' else f'numbers of dtype {dtype}'} as input {name!r}",
                "export the part of the model behind the layers that turn them into real numbers.",
            )
        )
    if traced.written:
        raise ValueError(
            explain(
                f"Model {model.name!r} cannot be exported to ONNX.",
                "predictions that change no variable",
                f"predictions that change {traced.written[0]!r}",
                "leave out states and random numbers in predictions.",
            )
        )
    try:
        return to_onnx(traced, model.name)
    except Unmapped as error:
        reason = f" ({error.reason})" if error.reason else ""
        raise ValueError(
            explain(
                f"Model {model.name!r} cannot be exported to ONNX.",
                "ops with a counterpart in ONNX: see the list in lamina.export",
                f"op {error.op!r}{reason} in layer {layer_with(model, error.op)}",
                "leave this layer out, or write what it does in other ops.",
            )
        ) from None
