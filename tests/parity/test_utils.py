"""Helpers for arrays and images against those of Keras."""

import io
import itertools

import keras
import numpy as np
import pytest

import lamina

rng = np.random.default_rng(0)
RAGGED = [[1, 2, 3], [4], [], [5, 6, 7, 8]]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("maxlen", [None, 2, 6])
def test_pad_sequences(maxlen, padding, truncating):
    vectors = [rng.standard_normal((n, 2)) for n in (3, 1, 4)]
    texts = [["a", "b", "c"], ["d"]]
    for sequences, keywords in (
        (RAGGED, {}),
        (vectors, {"dtype": "float32", "value": -1}),
        (texts, {"dtype": object, "value": "-"}),
    ):
        keywords = {"maxlen": maxlen, "padding": padding, "truncating": truncating, **keywords}
        got, wanted = (library.utils.pad_sequences(sequences, **keywords) for library in (lamina, keras))
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)


def test_images_to_arrays_and_back(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for channels, data_format in itertools.product((1, 3, 4), ("channels_last", "channels_first")):
        x = rng.uniform(-3, 9, (5, 6, channels))
        x = x.transpose(2, 0, 1) if data_format == "channels_first" else x
        for scale in (True, False):
            pictures = [
                library.utils.array_to_img(x if scale else x.clip(0), data_format, scale) for library in (lamina, keras)
            ]
            assert pictures[0].mode == pictures[1].mode
            arrays = [
                library.utils.img_to_array(picture, data_format) for library, picture in zip((lamina, keras), pictures)
            ]
            np.testing.assert_array_equal(*arrays)
    grey = [library.utils.array_to_img(np.full((2, 2, 1), 300.0), scale=False) for library in (lamina, keras)]
    assert grey[0].mode == grey[1].mode == "I"

    path = tmp_path / "x.png"
    lamina.utils.save_img(path, rng.integers(0, 255, (9, 7, 4)), scale=False)
    for mode, size, method, keep in (
        ("rgb", None, "nearest", False),
        ("rgba", (4, 4), "bilinear", False),
        ("grayscale", (12, 5), "lanczos", True),
        ("rgb", (5, 12), "box", True),
    ):
        got, wanted = (
            np.asarray(library.utils.load_img(path, mode, size, method, keep)) for library in (lamina, keras)
        )
        np.testing.assert_array_equal(got, wanted)
    from_memory = lamina.utils.load_img(io.BytesIO(path.read_bytes()))
    np.testing.assert_array_equal(np.asarray(from_memory), np.asarray(image.open(path).convert("RGB")))


@pytest.mark.parametrize(("shape", "size"), [((7, 9, 3), (4, 4)), ((2, 8, 5, 1), (3, 6))])
def test_smart_resize(shape, size):
    x = rng.standard_normal(shape).astype("float32")
    for method in ("bilinear", "nearest"):
        got = lamina.preprocessing.image.smart_resize(x, size, interpolation=method)
        wanted = keras.preprocessing.image.smart_resize(x, size, interpolation=method)
        assert isinstance(got, np.ndarray)
        np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.parametrize("library", [lamina, keras])
def test_config_objects(library):
    config = library.utils.Config(a=1)
    config.b = 2
    config["c"] = 3
    assert (config.a, config["b"], config.get("z", 5)) == (1, 2, 5)
    assert list(config.items()) == [("a", 1), ("b", 2), ("c", 3)]
    assert config.to_json() == '{"a": 1, "b": 2, "c": 3}'
    assert config.pop("c") == 3
    config.update(a=7)
    assert (list(config), len(config), "a" in config) == (["a", "b"], 2, True)
    config.freeze()
    for change in (lambda: setattr(config, "a", 0), lambda: config.pop("a"), lambda: config.update(a=0)):
        with pytest.raises(ValueError, match="frozen"):
            change()
    assert config.frozen
    config.unfreeze()
    del config["b"]
    assert config.as_dict() == {"a": 7}
    with pytest.raises(AttributeError):
        config.missing  # noqa: B018


@pytest.mark.parametrize("left", [0.25, 3, None])
@pytest.mark.parametrize("right", [0.5, 4, None])
def test_sizes_of_split_datasets(left, right):
    from keras.src.utils.dataset_utils import _rescale_dataset_split_sizes

    if left is None and right is None:
        return
    parts = lamina.utils.split_dataset(np.arange(10), left, right)
    assert tuple(map(len, parts)) == _rescale_dataset_split_sizes(left, right, 10)
