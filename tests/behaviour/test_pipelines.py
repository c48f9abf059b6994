"""Pipeline around layers of every kind: by itself, in data pipelines, in models, in files."""

import json

import numpy as np
import pytest

import lamina
from lamina import layers

WORDS = ["a", "b", "the"]
TEXTS = np.array(["the a", "B, c!", "", "über a"], dtype=object)
TOKENS = np.array([["a"], ["z"], ["b"], ["the"]], dtype=object)
NUMBERS = np.linspace(-2.0, 2.0, 12, dtype="float32").reshape(4, 3)
INTEGERS = np.array([[5], [0], [9], [-3]], "int64")
IMAGES = np.random.default_rng(1).uniform(0, 255, (4, 6, 5, 3)).astype("float32")
SOUND = np.sin(np.arange(4 * 300, dtype="float32").reshape(4, 300, 1) / 9)


def adapted(layer, data):
    layer.adapt(data)
    return layer


PIPELINES = {
    "numbers": (lambda: [layers.Rescaling(2.0), layers.Normalization(mean=1.0, variance=4.0)], NUMBERS),
    "learned numbers": (lambda: [adapted(layers.Normalization(), NUMBERS)], NUMBERS),
    "bins": (lambda: [layers.Discretization([-1.0, 0.0]), layers.CategoryEncoding(3, "count")], NUMBERS),
    "learned bins": (lambda: [adapted(layers.Discretization(num_bins=3), NUMBERS)], NUMBERS),
    "integers": (lambda: [layers.IntegerLookup(vocabulary=[5, 9]), layers.CategoryEncoding(3)], INTEGERS),
    "hashed integers": (lambda: [layers.Hashing(7), layers.CategoryEncoding(7, "one_hot")], INTEGERS),
    "tokens": (lambda: [layers.StringLookup(vocabulary=WORDS), layers.CategoryEncoding(4, "one_hot")], TOKENS),
    "learned tokens": (lambda: [adapted(layers.StringLookup(), TOKENS), layers.Embedding(5, 2)], TOKENS),
    "there and back": (
        lambda: [layers.StringLookup(vocabulary=WORDS), layers.StringLookup(vocabulary=WORDS, invert=True)],
        TOKENS,
    ),
    "hashed tokens": (lambda: [layers.Hashing(7, salt=3)], TOKENS),
    "texts": (
        lambda: [layers.TextVectorization(vocabulary=WORDS, output_sequence_length=3), layers.Embedding(5, 2)],
        TEXTS,
    ),
    "counted texts": (lambda: [layers.TextVectorization(vocabulary=WORDS, output_mode="count")], TEXTS),
    "images": (lambda: [layers.Resizing(4, 4), layers.CenterCrop(3, 2), layers.Rescaling(1 / 255)], IMAGES),
    "pipelines": (lambda: [layers.Pipeline([layers.Resizing(3, 3)]), layers.Flatten()], IMAGES),
    "sound": (lambda: [layers.STFTSpectrogram(frame_length=64, frame_step=32, fft_length=64)], SOUND),
    "weights": (lambda: [layers.Rescaling(2.0), layers.Dense(3), layers.BatchNormalization()], NUMBERS),
}


def one_by_one(parts, x):
    for part in parts:
        x = part(x, training=False) if isinstance(part, layers.BatchNormalization) else part(x)
    return x.numpy()


@pytest.mark.parametrize("name", PIPELINES)
def test_layers_of_every_kind(name, tmp_path):
    make, data = PIPELINES[name]
    pipeline = layers.Pipeline(make())
    expected = one_by_one(pipeline.layers, data)

    def agrees(found):
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(np.asarray(found), expected)

    agrees(pipeline(data, training=False).numpy())
    if data.ndim < 3:
        agrees(pipeline(data.tolist(), training=False).numpy())
    batches = lamina.data.Dataset.from_tensor_slices(data).batch(3)
    agrees(np.concatenate([x.numpy() for x in batches.map(lambda x: pipeline(x, training=False))]))
    inputs = lamina.Input(data.shape[1:], dtype="string" if data.dtype == object else str(data.dtype))
    model = lamina.Model(inputs, pipeline(inputs))
    agrees(model.predict_on_batch(data))
    for ending in ("lamina", "keras"):
        model.save(tmp_path / f"model.{ending}")
        again = lamina.saving.load_model(tmp_path / f"model.{ending}")
        agrees(again.predict_on_batch(data))
    record = json.loads(json.dumps(layers.serialize(pipeline)))
    again = layers.deserialize(record)
    assert [type(part) for part in again.layers] == [type(part) for part in pipeline.layers]
    assert again.get_config() == pipeline.get_config()


def test_single_texts_and_numbers():
    assert layers.Pipeline([layers.StringLookup(vocabulary=WORDS)])("the").item() == 3
    assert layers.Pipeline([layers.Rescaling(2.0)])(3).item() == 6.0
    words = lamina.data.Dataset.from_tensor_slices(["the", "a"])
    found = words.map(layers.Pipeline([layers.StringLookup(vocabulary=WORDS)]))
    assert [x.item() for x in found] == [3, 1]


def test_lists_of_features():
    cross = layers.HashedCrossing(5)
    features = (["A", "B"], [101, 102])
    pipeline = layers.Pipeline([cross, layers.CategoryEncoding(5, "one_hot")])
    assert pipeline(features).numpy().argmax(-1).tolist() == cross(features).numpy().tolist()


@pytest.mark.parametrize(
    "extra",
    [{"labels": ["cat", "dog", "cat", "cat"]}, {"labels": np.arange(4), "file": "a.png"}, {"file": None}],
)
def test_dicts_of_images_and_texts(extra):
    pipeline = layers.Pipeline([layers.RandomFlip(seed=1), layers.RandomRotation(0.1, seed=2), layers.Resizing(3, 3)])
    found = pipeline({"images": IMAGES, **extra})
    assert found["images"].shape == (4, 3, 3, 3)
    assert found.get("file") == extra.get("file")
    if "labels" in extra:
        assert found["labels"].numpy().tolist() == list(extra["labels"])


def test_dicts_with_texts_in_data_pipelines():
    data = lamina.data.Dataset.from_tensor_slices({"images": IMAGES, "labels": ["cat", "dog", "cat", "cat"]})
    pipeline = layers.Pipeline([layers.RandomFlip(seed=1), layers.Resizing(3, 3)])
    found = list(data.map(pipeline).batch(4))
    assert found[0]["images"].shape == (4, 3, 3, 3)
    assert np.asarray(found[0]["labels"]).tolist() == ["cat", "dog", "cat", "cat"]


def test_what_no_layer_takes():
    with pytest.raises(TypeError, match=r"cannot become a tensor.*None.*Fix: "):
        layers.Pipeline([layers.Rescaling(2.0)])(None)
    with pytest.raises(ValueError, match=r"there are no images.*Fix: "):
        layers.Pipeline([layers.RandomFlip()])({"pictures": IMAGES})
