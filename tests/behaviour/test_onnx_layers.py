"""Every layer and every op is exported to ONNX and computes the same there, or is refused by name."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cases.arrays import make_all
from cases.call import trace
from cases.calls import CALLS
from cases.layers import LAYERS, TEXTS
from cases.ops import OPS
from onnx_runs import assert_alike, run, session

import lamina
from lamina import _core, layers
from lamina.export.convert import TABLE, Unmapped, to_onnx
from lamina.export.traced import Traced
from lamina.export.writer import NoMapping

ALL_OPS = {name for name in dir(_core.ops) if not name.startswith("_")}


def model_of(case, arrays):
    """The layer of the row as a model; of the first input the sizes that may be open are."""
    inputs = [
        lamina.Input([None if i == 0 and axis in case.unknown else n for axis, n in enumerate(a.shape)][1:], dtype=kind)
        for i, (a, kind) in enumerate((a, "string" if a.dtype.kind in "OU" else str(a.dtype)) for a in arrays)
    ]
    return lamina.Model(inputs, case.make(layers)(*case.arguments(inputs)))


def is_refused(case):
    """Whether texts go in or come out, or numbers are hashed as texts are."""
    return case.layer != "IntegerLookup" or "oov_method" in case.kwargs


@pytest.mark.parametrize("case", [*LAYERS, *(c for c in TEXTS if not is_refused(c))], ids=lambda case: case.id)
def test_layers_compute_the_same(case):
    arrays = make_all(case.inputs, seed=case.seed)
    model = model_of(case, arrays)
    found = run(session(lamina.export.onnx_model(model)), arrays)
    expected = model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0, batch_size=len(arrays[0]))
    assert_alike(found, expected)


@pytest.mark.parametrize("case", [c for c in TEXTS if is_refused(c)], ids=lambda case: case.id)
def test_layers_of_texts_are_refused(case):
    with pytest.raises(ValueError, match=r"cannot be exported to ONNX.*(texts as input|in layer)"):
        lamina.export.onnx_model(model_of(case, make_all(case.inputs, seed=case.seed)))


def exported(op, arrays):
    """(ONNX model, our values) of one op."""
    with _core.Trace() as trace:
        inputs = [
            _core.symbolic(list(a.shape), "string" if a.dtype == object else str(a.dtype), f"x{i}")
            for i, a in enumerate(arrays)
        ]
        outputs = getattr(_core.ops, op.name)(*inputs, **op.attributes)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    program = _core.Program()
    named = [(f"y{i}", t) for i, t in enumerate(outputs)][: COUNTS.get(op.name)]
    program.add_entry("f", [(f"x{i}", t) for i, t in enumerate(inputs)], named, trace)
    made = to_onnx(Traced(program, "f"), "f")
    return made, [t.numpy() for t in program.run("f", [_core.Tensor(a) for a in arrays])]


COUNTS = {"attention": 1, "layer_norm": 1, "gru": 1, "lstm": 2}  # of outputs; what else there is is for gradients


def is_mapped(op):
    return op.name in TABLE and not (op.name == "slice_grad" and set(op.attributes.get("strides", ())) > {1})


@pytest.mark.parametrize("op", [op for op in OPS if is_mapped(op) and op.inputs], ids=lambda op: op.id)
def test_ops_compute_the_same(op):
    arrays = make_all(op.inputs)
    made, expected = exported(op, arrays)
    assert_alike(run(session(made), arrays), expected)


OTHERS = {op.name: op for op in OPS if not is_mapped(op)}


@pytest.mark.parametrize("op", [op for op in OTHERS.values() if op.inputs], ids=lambda op: op.name)
def test_other_ops_are_refused(op):
    arrays = make_all(op.inputs)
    wrong = any(a.dtype.kind in "OUc" for a in arrays)
    with pytest.raises(NoMapping if wrong else Unmapped) as refused:
        exported(op, arrays)
    assert wrong or refused.value.op == op.name


FAMILIES = {call.name.split(".")[0]: [] for call in CALLS}
for _call in CALLS:
    if _call.traced and _call.inputs:
        FAMILIES[_call.name.split(".")[0]].append(_call)


@pytest.mark.parametrize("function", [name for name, calls in FAMILIES.items() if calls])
def test_functions_compute_the_same_or_are_refused(function):
    """Sizes are open where rows say so."""
    for call in FAMILIES[function]:
        program = _core.Program()
        trace(call, program, "f")
        traced, arrays = Traced(program, "f"), call.arrays()
        try:
            made, refused = to_onnx(traced, "f"), None
        except Unmapped as error:
            made, refused = None, error.op
        except NoMapping:  # complex numbers
            made, refused = None, "view_as_complex"
        if refused is not None:
            assert refused in PARTIAL or refused not in TABLE, call.id
            continue
        assert not traced.ops() - set(TABLE), call.id
        assert_alike(
            run(session(made), arrays), [t.numpy() for t in program.run("f", [_core.Tensor(a) for a in arrays])]
        )


PARTIAL = {"rfft", "irfft", "fft", "slice_grad"}  # refused in some of their uses


def test_the_list_of_what_is_refused_is_right():
    listed = set(re.findall(r"`(\w+)`", lamina.export.__doc__.split("\n\n")[3]))
    ends = {name for name in ALL_OPS if name.endswith("_grad") or name.startswith(("random_", "text_"))}
    assert (listed | ends) - {"_grad", "random_", "text_", "slice_grad"} == ALL_OPS - set(TABLE)
    assert set(TABLE) < ALL_OPS
