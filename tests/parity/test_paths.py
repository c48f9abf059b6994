"""The paths of weights, which say in what layers they are."""

import numpy as np
import pytest

import lamina


def stack(library, name, layer, *, known=True):
    inputs = [library.Input((2,))] if known else []
    return library.Sequential([*inputs, layer], name=name)


def dense(library):
    return library.layers.Dense(1, name="d")


def called(library):
    model = stack(library, "s", dense(library), known=False)
    model(np.ones((1, 2), "float32"))
    return model


def functional(library, shape, layer, *times):
    x = library.Input(shape)
    return library.Model(x, layer(*[x] * (len(times) + 1)), name="f")


CASES = {
    "stack": lambda k: stack(k, "s", dense(k)),
    "called stack": called,
    "stack in stack": lambda k: stack(k, "outer", stack(k, "inner", dense(k))),
    "unknown stack in stack": lambda k: stack(k, "outer", stack(k, "inner", dense(k), known=False)),
    "stack in graph": lambda k: functional(k, (2,), stack(k, "inner", dense(k), known=False)),
    "bidirectional": lambda k: functional(k, (3, 2), k.layers.Bidirectional(k.layers.LSTM(2), name="b")),
    "attention": lambda k: functional(k, (3, 2), k.layers.MultiHeadAttention(1, 2, name="a"), "value"),
    "cells": lambda k: functional(
        k, (3, 2), k.layers.RNN([k.layers.LSTMCell(2, name="c"), k.layers.GRUCell(1, name="g")], name="r")
    ),
    "time": lambda k: functional(k, (3, 2), k.layers.TimeDistributed(dense(k), name="t")),
}


@pytest.mark.parametrize("case", CASES)
def test_paths(case, keras):
    ours, theirs = (CASES[case](library) for library in (lamina, keras))
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
