"""Metrics against Keras: results and states after several updates, weights, reset, and configurations both ways."""

import numpy as np
import pytest
from cases.arrays import make_all
from cases.compare import close
from cases.metrics import METRICS

import lamina

WEIGHTS = {"real": np.linspace(0.5, 2.0, 6, dtype="float32"), "whole": np.array([1, 0, 2, 1, 3, 1])}


def same(ours, theirs, what):
    """The same result from the same state."""
    close(ours.result().numpy(), theirs.result(), atol=1e-5, what=what)
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    for mine, wanted in zip(ours.variables, theirs.variables, strict=True):
        assert mine.dtype == wanted.dtype
        close(mine.numpy(), wanted.numpy(), atol=1e-5, what=f"{what}: {mine.name}")


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.id)
def test_metrics(row, keras):
    ours, theirs = (getattr(library.metrics, row.name)(**row.kwargs) for library in (lamina, keras))
    first, second = (make_all(row.inputs, seed=seed) for seed in (1, 2))
    assert ours.name == theirs.name
    for weights in (None, WEIGHTS[row.weights]) if row.weights else (None,):
        for arrays in (first, second):
            for metric in (ours, theirs):
                metric.update_state(*arrays, sample_weight=weights)
        same(ours, theirs, "plain" if weights is None else "weighted")
        ours.reset_state()
        theirs.reset_state()
        same(ours, theirs, "after a reset")
    expected = theirs(*first)
    close(ours(*first).numpy(), expected, atol=1e-5)
    wanted, config = theirs.get_config(), ours.get_config()
    for name in set(wanted) - {"label_weights"}:
        assert config[name] == pytest.approx(wanted[name]), name
    close(keras.metrics.deserialize(lamina.metrics.serialize(ours))(*first), expected, atol=1e-5)
    if set(row.kwargs) <= set(wanted):  # Keras forgets the axis of some
        close(lamina.metrics.deserialize(keras.metrics.serialize(theirs))(*first).numpy(), expected, atol=1e-5)
