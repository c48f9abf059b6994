"""Files of Keras 3: what one library writes the other loads, predicts the same, and trains on with the same slots."""

import zipfile

import h5py
import numpy as np
import pytest
from cases.arrays import make_all
from cases.calls import CALLS
from cases.layers import FUNCTIONS, LAYERS

import lamina


def close(ours, theirs, what=""):
    ours, theirs = lamina.tree.flatten(ours), lamina.tree.flatten(theirs)
    assert len(ours) == len(theirs)
    for mine, wanted in zip(ours, theirs):
        wanted = np.asarray(wanted)
        scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
        np.testing.assert_allclose(np.asarray(mine), wanted, rtol=2e-5, atol=5e-6 * scale, err_msg=what)


def vary(model):
    """Weights that no two layers share, so that mixed up ones show."""
    rng = np.random.default_rng(5)
    for variable in model.weights:
        if str(variable.dtype).startswith("float"):
            variable.assign(rng.uniform(0.1, 0.6, variable.shape))


def paths(file):
    """The arrays of the weights in a file, with their shapes."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item.shape

    with h5py.File(file) as f:
        f.visititems(note)
    return found


def unpack(path):
    with zipfile.ZipFile(path) as archive:
        return archive.open("model.weights.h5")


FIRST = list({case.layer: case for case in reversed(LAYERS) if case.parity}.values())


@pytest.mark.parametrize("case", FIRST, ids=lambda case: case.layer)
def test_every_layer(case, keras, tmp_path):
    arrays = make_all(case.inputs, seed=case.seed)
    inputs = [lamina.Input(a.shape[1:], batch_size=len(a), dtype=str(a.dtype)) for a in arrays]
    ours = lamina.Model(inputs, case.make(lamina.layers)(*case.arguments(inputs)))
    vary(ours)
    expected = ours(arrays)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras", custom_objects=FUNCTIONS)
    close(expected, theirs(arrays), "theirs, from our file")
    theirs.save(tmp_path / "theirs.keras")
    assert paths(unpack(tmp_path / "ours.keras")) == paths(unpack(tmp_path / "theirs.keras"))
    again = lamina.saving.load_model(tmp_path / "theirs.keras", custom_objects=FUNCTIONS)
    close(again(arrays), expected, "ours, from their file")


# Functions whose results are no tensors of a graph, that take functions without a name, or that Keras cannot rebuild.
NOT_IN_FILES = {
    *("bincount", "unique", "nonzero", "convert_to_numpy", "arange", "eye", "hanning", "linalg.jvp", "kaiser", "cond"),
    *("switch", "map", "vectorized_map", "associative_scan", "custom_gradient", "scan", "fori_loop", "while_loop"),
    *("hstack", "conv_transpose", "adaptive_max_pool", "adaptive_average_pool", "image.extract_patches_3d"),
}
CALLED = {row.name: row for row in reversed(CALLS) if row.parity and row.inputs and row.name not in NOT_IN_FILES}


@pytest.mark.parametrize("part", range(4))
def test_every_function_in_a_graph(part, keras):
    for row in list(CALLED.values())[part::4]:
        arrays = row.arrays()
        inputs = [lamina.Input(a.shape[1:], batch_size=len(a), dtype=str(a.dtype)) for a in arrays]
        ours = lamina.Model(inputs, row(lamina.ops, *inputs))
        theirs = keras.models.model_from_json(ours.to_json())
        again = lamina.models.model_from_json(theirs.to_json())
        close(again(arrays), [t.numpy() for t in lamina.tree.flatten(ours(arrays))], row.id)
