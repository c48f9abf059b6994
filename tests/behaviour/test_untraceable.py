"""What cannot be traced says where and why, and runs eagerly."""

from pathlib import Path

import numpy as np
import pytest
from cases.custom import Net, X, Y, real, same_both_ways

import lamina
from lamina import layers, ops


def if_on_data(x):
    if ops.sum(x) > 0:  # this line
        return x
    return -x


def number_of_data(x):
    return x * float(ops.max(x))  # this line


def array_of_data(x):
    return x * x.numpy().mean()  # this line


def numpy_function(x):
    return x * np.asarray(x).max()  # this line


def one_number(x):
    return x * ops.max(x).item()  # this line


def loop_over_batch(x):
    return ops.stack([row * 2.0 for row in x])  # this line


def loop_over_size(x):
    return ops.stack([x[i] * 2.0 for i in range(ops.shape(x)[0])])  # this line


def index_from_data(x):
    return x[:, int(ops.argmax(x[0]))]  # this line


FUNCTIONS = [
    (if_on_data, r"bool\(\) of a tensor"),
    (number_of_data, r"float\(\) of a tensor"),
    (array_of_data, r"numpy\(\) of a tensor"),
    (numpy_function, "A NumPy array of a tensor"),
    (one_number, r"item\(\) of a tensor"),
    (loop_over_batch, "The length of a tensor"),
    (loop_over_size, "A size"),
    (index_from_data, r"int\(\) of a tensor"),
]


def line_of(function):
    code = function.__code__
    lines = Path(__file__).read_text().splitlines()
    return next(i for i in range(code.co_firstlineno, len(lines) + 1) if "# this line" in lines[i - 1])


@pytest.mark.parametrize(("function", "what"), FUNCTIONS, ids=lambda p: getattr(p, "__name__", ""))
def test_untraceable_code_is_named_and_runs_eagerly(function, what):
    class Own(lamina.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return function(self.dense(x))

    model = Own()
    model.compile("sgd", "mse")
    y = real(48, seed=1) if function is index_from_data else Y
    for run in (lambda: model.predict(X, verbose=0), lambda: model.fit(X, y, verbose=0)):
        with pytest.raises(TypeError, match=what) as error:
            run()
        text = str(error.value)
        assert f"in {__file__}, line {line_of(function)}," in text
        assert "run once on symbols" in text
        assert "run_eagerly=True" in text
        assert "lamina.ops." in text
    eager = Own()
    eager.compile("sgd", "mse", run_eagerly=True)
    history = eager.fit(X, y, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(eager.predict(X, verbose=0)).all()
    assert np.isfinite(eager.evaluate(X, y, verbose=0))


def test_untraceable_code_in_a_step_and_in_a_graph():
    class Own(Net):
        def train_step(self, data):
            logs = super().train_step(data)
            self.seen = logs["loss"].numpy()  # this line
            return logs

    model = Own()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"numpy\(\) of a tensor") as error:
        model.fit(X, Y, verbose=0)
    assert f"in {__file__}, line {line_of(Own.train_step)}," in str(error.value)
    eager = Own()
    eager.compile("sgd", "mse", run_eagerly=True)
    eager.fit(X, Y, verbose=0)
    assert np.isfinite(eager.seen)
    with pytest.raises(TypeError, match=r"bool\(\) of a tensor"):
        layers.Lambda(if_on_data)(lamina.Input((3,)))


def test_the_ways_on():
    def chosen(x):
        return ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x) + ops.where(x > 0, x, 0.0)

    def make():
        return lamina.Sequential([lamina.Input((6,)), layers.Dense(2), layers.Lambda(chosen), layers.Dense(2)])

    same_both_ways(make, learns=None)
