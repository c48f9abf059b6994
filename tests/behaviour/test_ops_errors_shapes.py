"""What the functions on shapes, the ones that make arrays and the products say to wrong arguments."""

import numpy as np
import pytest

import lamina
from lamina import ops

A = np.zeros((2, 3), "float32")
B = np.zeros((4, 5), "float32")
V = np.zeros(3, "float32")
CUBE = np.zeros((2, 3, 4), "float32")

WRONG_VALUES = [
    ("reshape", (A, (4, -1)), "reshape: the number of elements changes"),
    ("reshape", (A, (7,)), "reshape: the number of elements changes"),
    ("reshape", (A, (-1, -1)), "reshape: several sizes are open"),
    ("transpose", (A, (0, 0)), "not an order of all axes"),
    ("transpose", (A, (0,)), "not an order of all axes"),
    ("transpose", (A, (0, 2)), "transpose: the tensor has no axis 2"),
    ("swapaxes", (A, 0, 2), "swapaxes: the tensor has no axis 2"),
    ("moveaxis", (A, 0, 5), "moveaxis: the tensor has no axis 5"),
    ("moveaxis", (A, (0, 1), 0), "moveaxis: the numbers of axes differ"),
    ("expand_dims", (A, 4), "expand_dims: the tensor has no axis 4"),
    ("squeeze", (A, 1), "squeeze: an axis cannot go"),
    ("squeeze", (A, 3), "squeeze: the tensor has no axis 3"),
    ("broadcast_to", (A, (2, 4)), "broadcast_to: the shape does not fit"),
    ("broadcast_to", (A, (3,)), "broadcast_to: the shape does not fit"),
    ("concatenate", ([A, B],), "concatenate: the tensors do not fit beside each other"),
    ("concatenate", ([A, V],), "concatenate: the ranks differ"),
    ("concatenate", ([],), "concatenate: nothing to join"),
    ("concatenate", ([A, A], 2), "concatenate: the tensor has no axis 2"),
    ("append", (A, V, 0), "append: the ranks differ"),
    ("stack", ([A, B],), "stack: the shapes differ"),
    ("stack", ([],), "stack: nothing to join"),
    ("hstack", ([],), "hstack: nothing to join"),
    ("vstack", ([A, B],), "vstack: the tensors do not fit beside each other"),
    ("split", (A, 2, 1), "split: the parts are not equal"),
    ("split", (A, 0), "split: `indices_or_sections` is too small"),
    ("array_split", (A, -1), "array_split: `indices_or_sections` is too small"),
    ("vsplit", (V, 3), "vsplit: the tensor has too few axes"),
    ("dsplit", (A, 3), "dsplit: the tensor has too few axes"),
    ("unstack", (A, 3), "unstack: axis 0 does not have `num` entries"),
    ("flip", (A, 2), "flip: the tensor has no axis 2"),
    ("fliplr", (V,), "fliplr: the tensor has too few axes"),
    ("flipud", (1.0,), "flipud: the tensor has too few axes"),
    ("roll", (A, (1, 2, 3), (0, 1)), "roll: the numbers of shifts and axes differ"),
    ("roll", (A, 1, 2), "roll: the tensor has no axis 2"),
    ("rot90", (V,), "rot90: the tensor has too few axes"),
    ("rot90", (A, 1, (0, 0)), "rot90: the axes span no plane"),
    ("repeat", (A, [1, 2], 1), "repeat: `repeats` does not fit the axis"),
    ("repeat", (A, -1), "repeat: `repeats` is too small"),
    ("tile", (A, (2, -1)), "tile: `repeats` is too small"),
    ("pad", (A, 1, "reflected"), "pad: `mode` is not known"),
    ("pad", (A, ((1, 2, 3),)), "pad: `pad_width` does not fit the tensor"),
    ("pad", (A, (1, 2, 3)), "pad: `pad_width` does not fit the tensor"),
    ("pad", (A, -1), "pad: `pad_width` is too small"),
    ("pad", (A, 1, "edge", 0), "pad: a constant border has no other mode"),
    ("pad", (np.zeros((0, 2)), 1, "edge"), "pad: axis 0 has no entry"),
    ("extract_sequences", (V, 4, 1), "signal is shorter than one sequence"),
    ("extract_sequences", (V, 0, 1), "`sequence_length` is too small"),
    ("rearrange", (A, "a b"), "rearrange: the two sides of the pattern"),
    ("rearrange", (A, "a b -> a c"), "rearrange: the two sides of the pattern"),
    ("rearrange", (A, "a (b -> a b"), "rearrange: the pattern cannot be read"),
    ("rearrange", (A, "a b c -> c b a"), "rearrange: the pattern does not fit the tensor"),
    ("rearrange", (A, "(a b) c -> a b c"), "rearrange: an axis of size 2 cannot be split"),
    ("vectorize", (lambda x, y: x, (A, B)), "vectorize: the arguments do not broadcast"),
    ("arange", (1, 5, 0), "arange: the step is 0"),
    ("linspace", (0, 1, -1), "linspace: `num` is too small"),
    ("linspace", (A, 1, 3, True, False, None, 3), "linspace: the tensor has no axis 3"),
    ("meshgrid", (V, A), "meshgrid: the tensors are not vectors"),
    ("eye", (-1,), "eye: `N` is too small"),
    ("zeros", ((2, -3),), "fill: a size is negative"),
    ("diag", (CUBE,), "diag: the tensor is neither a vector nor a matrix"),
    ("diagonal", (V,), "diagonal: the tensor is no matrix"),
    ("diagonal", (A, 0, 1, 1), "diagonal: one axis has no diagonal"),
    ("trace", (V,), "trace: the tensor is no matrix"),
    ("tril", (V,), "tril: the tensor is no matrix"),
    ("vander", (A,), "vander: the tensor is no vector"),
    ("matmul", (A, B), "matmul: the inputs do not fit together"),
    ("matmul", (A, 2.0), "matmul: a scalar has no matrix product"),
    ("matmul", (np.zeros((2, 2, 3)), np.zeros((3, 3, 2))), "matmul: the shapes cannot be broadcast together"),
    ("dot", (A, B), "dot: the axes to be summed do not fit"),
    ("inner", (A, B), "inner: the axes to be summed do not fit"),
    ("vdot", (A, B), "vdot: the axes to be summed do not fit"),
    ("tensordot", (A, B, 1), "tensordot: the axes to be summed do not fit"),
    ("tensordot", (A, B, 3), "tensordot: there are not so many axes"),
    ("tensordot", (A, B, (0, 1, 2)), "tensordot: the axes are not a pair"),
    ("tensordot", (A, A, ([0, 1], [0])), "tensordot: the axes to be summed do not fit"),
    ("cross", (A, B), "cross: the axis does not hold vectors"),
    ("correlate", (A, V), "correlate: the tensors are not vectors"),
    ("correlate", (V, V, "all"), "correlate: `mode` is not known"),
    ("cdist", (A, B), "cdist: the tensors do not hold points"),
    ("cdist", (V, V), "cdist: the tensors do not hold points"),
    ("einsum", ("ij,jk->ik", A), "einsum: the subscripts are for another number of tensors"),
    ("einsum", ("ijk,jk->ik", A, B), "einsum: the subscripts of tensor 0 do not fit its rank"),
    ("einsum", ("i...j->i", V), "rank 2 or more for 'i...j'"),
    ("einsum", ("ij,jk->ik", A, B), "einsum: the sizes of axis 'j' differ"),
    ("einsum", ("ii->i", A), "einsum: the sizes of axis 'i' differ"),
    ("einsum", ("ij->ik", A), "einsum: the result cannot have the axis 'k'"),
    ("einsum", ("ij->ii", A), "einsum: the result cannot have the axis 'i'"),
    ("einsum", ("i1->i", A), "einsum: the subscripts cannot be read"),
    ("einsum", ("ij->i->j", A), "einsum: the subscripts cannot be read"),
]
WRONG_TYPES = [
    ("repeat", (A, 1.5), "repeat: `repeats` is not a whole number"),
    ("tile", (A, (1.0, 2)), "tile: `repeats` is not a whole number"),
    ("pad", (A, 0.5), "pad: `pad_width` is not a whole number"),
    ("split", (A, 1.5), "split: `indices_or_sections` is not a whole number"),
    ("roll", (A, 0.5), "roll: `shift` is not a whole number"),
    ("eye", (2.0,), "eye: `N` is not a whole number"),
    ("arange", ("a",), "arange: `stop` is not one number"),
    ("arange", (V,), "arange: `stop` is not one number"),
    ("hanning", (2.5,), "hanning: `x` is not a whole number"),
    ("linspace", (0, 1, 2.5), "linspace: `num` is not a whole number"),
    ("einsum", (A, B), "einsum: subscripts or operands are missing"),
    ("vectorize", (3,), "vectorize: there is nothing to call"),
]


def _call(name, arguments):
    if name == "vectorize" and callable(arguments[0]):
        return ops.vectorize(arguments[0])(*arguments[1])
    return getattr(ops, name)(*arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"), WRONG_VALUES, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG_VALUES)]
)
def test_wrong_values(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        _call(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"), WRONG_TYPES, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG_TYPES)]
)
def test_wrong_types(name, arguments, message):
    with pytest.raises(TypeError, match=message):
        _call(name, arguments)


def test_numbers_that_are_only_traced_are_no_sizes():
    counts = lamina.Input((), dtype="int32")
    for function in (
        lambda: ops.repeat(A, counts),
        lambda: ops.tile(A, (counts, 1)),
        lambda: ops.eye(counts[0]),
        lambda: ops.arange(counts[0]),
        lambda: ops.hanning(counts[0]),
    ):
        with pytest.raises(TypeError, match=r"not known before the data comes|would depend on the numbers"):
            function()


def test_unknown_sizes_that_must_be_known():
    x = lamina.Input((None,))
    for function, message in (
        (lambda: ops.unstack(x, axis=1), "unstack: the size of axis 1 is unknown"),
        (lambda: ops.vander(x[0]), "vander: the number of columns is not known"),
        (lambda: ops.correlate(np.ones(3), x[0]), "correlate: the size of the shorter vector is not known"),
        (lambda: ops.vectorize(lambda a: a)(x), "vectorize: the number of calls is not known"),
    ):
        with pytest.raises(ValueError, match=message):
            function()
