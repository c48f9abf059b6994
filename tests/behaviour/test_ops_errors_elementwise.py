"""What the functions of one or two tensors say to wrong arguments."""

import numpy as np
import pytest

import lamina
from lamina import ops

FLOATS, INTS, BOOLS = np.ones((2, 3), "float32"), np.ones((2, 3), "int32"), np.ones((2, 3), "bool")


@pytest.mark.parametrize(
    ("name", "arguments", "error", "text"),
    [
        ("add", (FLOATS, np.ones(2, "float32")), ValueError, "add: the shapes cannot be broadcast"),
        ("add", (FLOATS, None), TypeError, "cannot become a tensor"),
        ("subtract", (BOOLS, BOOLS), TypeError, "subtract: wrong dtype"),
        ("negative", (BOOLS,), TypeError, "negative: needs floating-point numbers"),
        ("ldexp", (FLOATS, FLOATS), TypeError, "ldexp: the exponents are not whole"),
        ("ldexp", (FLOATS, BOOLS), TypeError, "ldexp: the exponents are not whole"),
        ("round", (FLOATS, 1.5), TypeError, "round: `decimals`"),
        ("where", (BOOLS, FLOATS), ValueError, "where: a choice is missing"),
        ("bitwise_and", (FLOATS, INTS), TypeError, "bitwise_and: the numbers have no bits"),
        ("bitwise_or", (INTS, 1.5), TypeError, "bitwise_or: the numbers have no bits"),
        ("bitwise_not", (FLOATS,), TypeError, "bitwise_invert: the numbers have no bits"),
        ("left_shift", (FLOATS, 1), TypeError, "left_shift: the numbers have no bits"),
        ("right_shift", (INTS, np.ones(2, "int32")), ValueError, "right_shift: the shapes cannot be broadcast"),
        ("gcd", (FLOATS, INTS), TypeError, "gcd: the numbers have no bits"),
        ("lcm", (BOOLS, BOOLS), TypeError, "lcm: the numbers have no bits"),
        ("view", (np.ones((2, 3), "uint8"), "int32"), ValueError, "view: the last axis does not divide"),
        ("view", (np.float32(1), "uint8"), ValueError, "view: the last axis does not divide"),
        ("view", (FLOATS, "complex64"), ValueError, "dtype is not supported"),
        ("cast", (FLOATS, "text"), ValueError, "dtype is not supported"),
        ("saturate_cast", (FLOATS, "text"), ValueError, "dtype is not supported"),
        ("gammainc", (FLOATS, np.ones(2, "float32")), ValueError, "gammainc: the shapes cannot be broadcast"),
    ],
)
def test_errors(name, arguments, error, text):
    with pytest.raises(error, match=text):
        getattr(ops, name)(*arguments)


def test_indices_of_a_symbolic_condition():
    with pytest.raises(ValueError, match="where: a choice is missing"):
        ops.where(lamina.Input((3,), dtype="bool"))


def test_the_first_argument_of_gammainc_has_no_second_gradient():
    a, x = ops.convert_to_tensor([1.5]), ops.convert_to_tensor([2.0])
    with lamina.GradientTape() as outer:
        outer.watch(a)
        with lamina.GradientTape() as inner:
            inner.watch(a)
            y = ops.gammainc(a, x)
        slope = inner.gradient(y, a)
    with pytest.raises((TypeError, ValueError, NotImplementedError), match="gammainc by its first argument"):
        outer.gradient(slope, a)
