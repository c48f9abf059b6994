"""Runs exported models with ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime

import lamina

_OPTIONS = onnxruntime.SessionOptions()
_OPTIONS.intra_op_num_threads = 1
_OPTIONS.log_severity_level = 4


def session(exported):
    """A session for a checked model: a ModelProto, or the path of a file."""
    if not isinstance(exported, onnx.ModelProto):
        exported = onnx.load(exported)
    onnx.checker.check_model(exported)
    return onnxruntime.InferenceSession(exported.SerializeToString(), _OPTIONS, providers=["CPUExecutionProvider"])


def run(session, arrays):
    """The outputs for the inputs in their order."""
    return session.run(None, {i.name: array for i, array in zip(session.get_inputs(), arrays)})


def assert_alike(found, expected):
    """Shapes, dtypes, and values as far as float32 goes."""
    expected = [np.asarray(array) for array in lamina.tree.flatten(expected)]
    assert [(a.shape, a.dtype) for a in found] == [(a.shape, a.dtype) for a in expected]
    for mine, wanted in zip(found, expected):
        finite = np.abs(wanted[np.isfinite(wanted)]) if wanted.dtype.kind == "f" else np.zeros(0)
        scale = max(1.0, float(finite.max(initial=0)))
        np.testing.assert_allclose(mine, wanted, rtol=2e-4, atol=2e-5 * scale)
