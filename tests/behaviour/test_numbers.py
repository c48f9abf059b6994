"""Stories of the layers that scale, bin and count numbers: adapting, saving, data sets."""

import subprocess
import sys

import numpy as np
import pytest

import lamina
from lamina import layers

DATA = np.random.default_rng(3).normal(2.0, 3.0, (300, 4)).astype("float32")


class Numbered(lamina.data.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return DATA[100 * index : 100 * (index + 1)], np.zeros(100)


def sources():
    slices = lamina.data.Dataset.from_tensor_slices
    return {
        "array": DATA,
        "tensor": lamina.ops.convert_to_tensor(DATA),
        "lists": DATA.tolist(),
        "batches": [DATA[:100], DATA[100:]],
        "generator": (batch for batch in (DATA[:7], DATA[7:])),
        "pairs": ((batch, np.zeros(len(batch))) for batch in (DATA[:7], DATA[7:])),
        "dataset": slices(DATA).batch(64),
        "labelled": slices((DATA, np.zeros(300))).batch(64),
        "rows": slices(DATA),
        "numbered": Numbered(),
        "endless": slices(DATA).batch(100).repeat(),
    }


@pytest.mark.parametrize("kind", list(sources()))
def test_every_source_gives_the_same(kind):
    steps = 3 if kind == "endless" else None
    layer = layers.Normalization()
    layer.adapt(sources()[kind], steps=steps)
    np.testing.assert_allclose(layer.mean.numpy(), DATA.mean(0, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(layer.variance.numpy(), DATA.var(0, keepdims=True), rtol=1e-5)
    bins = layers.Discretization(num_bins=4)
    bins.adapt(sources()[kind], steps=steps)
    np.testing.assert_allclose(bins.bin_boundaries, np.quantile(DATA, [0.25, 0.5, 0.75]), atol=0.2)


def test_files_on_disk_are_read_in_parts(tmp_path):
    np.save(tmp_path / "data.npy", DATA.astype("float64"))
    layer = layers.Normalization()
    layer.adapt(np.load(tmp_path / "data.npy", mmap_mode="r"))
    np.testing.assert_allclose(layer.adapt_mean.numpy(), DATA.mean(0), rtol=1e-5)


@pytest.mark.parametrize("axis", [None, -1, 1, (1, 2), [2, -2], (0, 2)])
@pytest.mark.parametrize("invert", [False, True])
def test_axes_of_normalization(axis, invert):
    x = DATA.reshape(50, 6, 4)
    axes = () if axis is None else (axis,) if isinstance(axis, int) else axis
    reduced = tuple({0, 1, 2} - {a % 3 for a in axes})
    layer = layers.Normalization(axis=axis, invert=invert)
    layer.adapt(x)
    mean, deviation = x.mean(reduced, keepdims=True), x.std(reduced, keepdims=True)
    expected = x * deviation + mean if invert else (x - mean) / deviation
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_large_arrays_are_taken_in_pieces():
    x = np.random.default_rng(1).normal(1000.0, 0.5, (1500, 1000)).astype("float32")
    layer = layers.Normalization(axis=None)
    layer.adapt(x)
    found = float(layer.mean), float(layer.variance)
    np.testing.assert_allclose(found, (x.mean(dtype="float64"), x.var(dtype="float64")), rtol=1e-6)


def test_constants_have_no_deviation():
    layer = layers.Normalization()
    layer.adapt(np.full((5, 1), 3.0))
    np.testing.assert_array_equal(layer(np.array([[3.0]])).numpy(), [[0.0]])


def test_adapting_again_forgets_and_reaches_models_made_before():
    layer = layers.Normalization()
    model = lamina.Sequential([lamina.Input((4,)), layer])
    np.testing.assert_allclose(model.predict(DATA, verbose=0), DATA)
    for data in (DATA * 7.0, DATA):
        layer.adapt(data)
    expected = (DATA - DATA.mean(0)) / DATA.std(0)
    np.testing.assert_allclose(model.predict(DATA, verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_what_was_learned_is_saved(tmp_path):
    scale, bins = layers.Normalization(), layers.Discretization(num_bins=3, output_mode="one_hot")
    scale.adapt(DATA)
    bins.adapt(scale(DATA))
    model = lamina.Sequential([lamina.Input((4,)), scale, bins])
    expected = model.predict(DATA, verbose=0)
    assert expected.shape == (300, 4, 3)
    np.testing.assert_allclose(expected.mean((0, 1)), 1 / 3, atol=0.02)
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(DATA, verbose=0), expected)
    assert loaded.layers[-1].bin_boundaries == bins.bin_boundaries


def test_bins_keep_double_precision_and_large_integers():
    layer = layers.Discretization([16777216.5, 1e9 + 0.5])
    x = np.array([16777216, 16777217, 10**9, 10**9 + 1])
    for dtype in ("int32", "int64", "float64"):
        np.testing.assert_array_equal(layer(x.astype(dtype)).numpy(), [0, 1, 1, 2])
    assert layer(x).dtype == "int32"
    np.testing.assert_array_equal(layers.Discretization([])([[0.5]]).numpy(), [[0]])


def test_a_model_may_be_built_before_its_bins_are_known():
    bins = layers.Discretization(num_bins=3, output_mode="one_hot")
    assert bins.compute_output_shape((None, 4)) == (None, 4, 3)
    model = lamina.Sequential([lamina.Input((4,)), bins, layers.Flatten()])
    assert model.output_shape == (None, 12)
    with pytest.raises(ValueError, match="not known yet"):
        model.predict(DATA, verbose=0)
    for data in (DATA, DATA + 10.0):
        bins.adapt(data)
        model.compile()
        expected = layers.Discretization(bins.bin_boundaries)(DATA).numpy()
        found = model.predict(DATA, verbose=0).reshape(300, 4, 3)
        np.testing.assert_array_equal(found.argmax(-1), expected)


def test_summaries_by_hand():
    layer = layers.Discretization(num_bins=2)
    with pytest.raises(ValueError, match="nothing to adapt to"):
        layer.finalize_state()
    for part in (DATA[:150], DATA[150:]):
        layer.update_state(part)
    layer.finalize_state()
    assert layer.bin_boundaries == pytest.approx([np.median(DATA)], abs=0.1)
    layer.reset_state()
    layer.update_state([[1.0, 2.0, 3.0, 4.0]])
    layer.finalize_state()
    assert layer.bin_boundaries == [2.0]


def test_in_a_dataset_and_a_model_of_any_batch():
    pipeline = layers.Pipeline([layers.Rescaling(0.5), layers.Discretization([0.0, 1.0], output_mode="count")])
    model = lamina.Sequential([lamina.Input((4,)), pipeline])
    data = lamina.data.Dataset.from_tensor_slices(DATA).batch(64).map(pipeline)
    found = np.concatenate([batch.numpy() for batch in data])
    np.testing.assert_array_equal(found, model.predict(DATA, batch_size=7, verbose=0))
    np.testing.assert_array_equal(found.sum(-1), 4.0)


def test_pipelines_train_unless_told_otherwise():
    pipeline = layers.Pipeline([layers.Dropout(0.5, seed=1)])
    assert (pipeline(DATA).numpy() == 0).any()
    np.testing.assert_array_equal(pipeline(DATA, training=False).numpy(), DATA)
    model = lamina.Sequential([lamina.Input((4,)), pipeline])
    np.testing.assert_array_equal(model.predict(DATA, verbose=0), DATA)
    np.testing.assert_array_equal(layers.Pipeline([])(DATA).numpy(), DATA)
    frozen = layers.Pipeline([layers.Dense(2)], dtype="float64", name="p")
    frozen.trainable = False
    again = layers.Pipeline.from_config(frozen.get_config())
    assert (again.trainable, again.dtype, again.name) == (False, "float64", "p")


def test_many_categories_take_memory_for_the_output_only():
    x = np.random.default_rng(1).integers(0, 20000, (50, 2000))
    counts = layers.CategoryEncoding(20000, "count")(x).numpy()  # as one-hot vectors 8 GB
    np.testing.assert_array_equal(counts[7], np.bincount(x[7], minlength=20000))


def test_one_sound_without_a_batch():
    x = np.random.default_rng(1).normal(size=40).astype("float32")
    layer = layers.MelSpectrogram(16, 8, num_mel_bins=4, min_power=1e-3)
    np.testing.assert_allclose(layer(x).numpy(), layer(x[None]).numpy()[0], rtol=1e-6)
    assert layer.compute_output_shape((40,)) == (4, 6)


def test_binary_is_an_older_name():
    assert layers.CategoryEncoding(3, "binary").output_mode == "multi_hot"


def test_old_paths():
    for path in ("preprocessing.Rescaling", "experimental.preprocessing.Rescaling", "Rescaling"):
        code = f"import lamina; assert lamina.layers.{path}(2.0)([1.0]).item() == 2.0"
        subprocess.run([sys.executable, "-c", code], check=True)
    old = layers.experimental.preprocessing
    for name in layers.preprocessing.__all__:
        assert getattr(old, name) is getattr(layers, name)
    assert lamina.layers.experimental.EinsumDense is layers.EinsumDense
