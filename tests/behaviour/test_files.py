"""Datasets of files, downloads and archives; the "net" is a folder."""

import hashlib
import io
import tarfile
import wave
import zipfile

import numpy as np
import pytest

import lamina
from lamina.utils import files

utils = lamina.utils


@pytest.fixture
def net(tmp_path):
    """A folder of files, each with its URL."""
    folder = tmp_path / "net"
    folder.mkdir()

    def put(name, content):
        (folder / name).write_bytes(content)
        return (folder / name).as_uri()

    return put


@pytest.fixture
def cache(tmp_path):
    return str(tmp_path / "cache")


def test_a_file_is_downloaded_once_and_verified(net, cache, capsys):
    url = net("a.txt", b"first")
    digests = [hashlib.new(kind, b"first").hexdigest() for kind in ("sha256", "md5")]
    path = utils.get_file(origin=url, cache_dir=cache, file_hash=digests[0])
    assert path.startswith(cache)
    assert path.endswith("datasets/a.txt")
    net("a.txt", b"second")
    assert utils.get_file(origin=url, cache_dir=cache, md5_hash=digests[1]) == path
    assert files.Path(path).read_bytes() == b"first"
    assert utils.get_file(origin=url, cache_dir=cache, force_download=True) == path
    assert files.Path(path).read_bytes() == b"second"
    files.Path(path).write_bytes(b"broken")
    second = hashlib.sha256(b"second").hexdigest()
    utils.get_file(origin=url, cache_dir=cache, file_hash=second.upper())  # downloaded again
    assert files.hash_of(path) == second
    with pytest.raises(ValueError, match="not the expected one"):
        utils.get_file("b.txt", url, cache_dir=cache, file_hash="0" * 32)
    with pytest.raises(OSError, match="could not be downloaded"):
        utils.get_file(origin=url + "x", cache_dir=cache)
    assert sorted(p.name for p in files.Path(cache, "datasets").iterdir()) == ["a.txt"]  # nothing half done
    assert "Downloading" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "nothing to download"),
        ({"fname": "../x", "origin": "file:///x"}, "name of the file"),
        ({"fname": "a/b", "origin": "file:///x"}, "name of the file"),
        ({"origin": "http://host/"}, "name of the file"),
        ({"origin": "http://host/.."}, "name of the file"),
        ({"origin": "file:///x", "hash_algorithm": "crc"}, "hash_algorithm"),
    ],
)
def test_bad_downloads(arguments, text, cache):
    with pytest.raises(ValueError, match=f"(?s){text}.*Expected"):
        utils.get_file(cache_dir=cache, **arguments)


def packed(kind, members):
    """An archive of (name, content or link target, type)."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content, *_ in members:
                archive.writestr(name, content)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, content, *special in members:
                info = tarfile.TarInfo(name)
                info.mode = 0o4777
                if special:
                    info.type, info.linkname = special[0], content
                    archive.addfile(info)
                else:
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives_are_unpacked(kind, net, cache):
    url = net(f"data.{kind}", packed(kind, [("a/b.txt", "b"), ("c.txt", "c")]))
    for arguments, name in (
        ({}, f"data.{kind}"),
        ({"fname": f"x.{kind}"}, "x_extracted"),
        ({"fname": "plain"}, "plain"),
    ):
        folder = files.Path(utils.get_file(origin=url, cache_dir=cache, extract=True, **arguments))
        assert folder.name == name
        assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*.txt")) == ["a/b.txt", "c.txt"]
    with pytest.warns(UserWarning, match="no archive"):
        utils.get_file("n.txt", net("n.txt", b"n"), cache_dir=cache, extract=True)


EVIL = [
    ("../outside.txt", "x"),
    ("/tmp/lamina_outside.txt", "x"),
    ("a/../../outside.txt", "x"),
    ("link", "../..", tarfile.SYMTYPE),
    ("link/outside.txt", "x"),
    ("absolute", "/etc", tarfile.SYMTYPE),
    ("hard", "../../outside.txt", tarfile.LNKTYPE),
    ("queue", "", tarfile.FIFOTYPE),
    ("device", "", tarfile.CHRTYPE),
    ("disk", "", tarfile.BLKTYPE),
    ("a/link", "../../outside.txt", tarfile.SYMTYPE),
    ("second", "a/link", tarfile.LNKTYPE),
]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.filterwarnings("ignore:Not unpacked")
def test_archives_cannot_leave_their_folder(kind, tmp_path):
    members = [m for m in EVIL if kind != "zip" or len(m) == 2] + [("good.txt", "g")]
    archive = tmp_path / "evil"
    archive.write_bytes(packed(kind, members))
    target = tmp_path / "one" / "two"
    assert files.extract_archive(archive, target)
    assert (target / "good.txt").read_text() == "g"
    written = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if not p.is_dir()}
    assert written <= {
        "evil",
        "one/two/good.txt",
        "one/two/tmp/lamina_outside.txt",
        "one/two/link/outside.txt",
        "one/two/outside.txt",
    }
    assert not files.Path("/tmp/lamina_outside.txt").exists()
    assert not any(p.is_symlink() for p in target.rglob("*"))
    assert not (target / "good.txt").stat().st_mode & 0o7022


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.filterwarnings("ignore:Not unpacked")
def test_downloaded_archives_cannot_leave_their_folder(kind, net, cache, tmp_path):
    members = [m for m in EVIL if kind != "zip" or len(m) == 2]
    url = net(f"evil.{kind}", packed(kind, members))

    def outside():
        return {p for p in tmp_path.rglob("*") if files.Path(cache) not in (p, *p.parents)} - {files.Path(cache)}

    before = outside()
    folder = files.Path(utils.get_file("evil", url, cache_dir=cache, extract=True))
    assert outside() == before
    assert all(p.is_dir() or (p.is_file() and not p.is_symlink()) for p in folder.rglob("*"))


def test_what_could_not_be_unpacked_leaves_nothing(tmp_path):
    whole = packed("zip", [("a.txt", "a" * 1000), ("b.txt", "b" * 1000)])
    archive = tmp_path / "broken.zip"
    archive.write_bytes(whole.replace(b"b" * 1000, b"c" * 1000))
    with pytest.raises(zipfile.BadZipFile):
        files.extract_archive(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Folders of files.


@pytest.fixture
def images(tmp_path):
    pytest.importorskip("PIL")
    folder = tmp_path / "images"
    for number, name in enumerate(["cat", "dog", "eel"]):
        (folder / name).mkdir(parents=True)
        for i in range(4):
            utils.save_img(folder / name / f"{i}.png", np.full((6, 8, 3), 10 * number + i), scale=False)
    (folder / "cat" / "notes.txt").write_text("no image")
    return folder


def test_images_by_folder(images, capsys):
    data = utils.image_dataset_from_directory(images, image_size=(3, 4), batch_size=5, shuffle=False)
    assert "Found 12 files belonging to 3 classes." in capsys.readouterr().out
    assert data.class_names == ["cat", "dog", "eel"]
    assert [len(p.rsplit("/")[-1]) for p in data.file_paths] == [5] * 12
    assert len(data) == 3
    x = np.concatenate([x.numpy() for x, _ in data])
    y = np.concatenate([y.numpy() for _, y in data])
    assert (x.shape, x.dtype, y.dtype) == ((12, 3, 4, 3), "float32", "int32")
    np.testing.assert_array_equal(y, np.repeat([0, 1, 2], 4))
    np.testing.assert_allclose(x[:, 0, 0, 0], [10 * c + i for c in range(3) for i in range(4)], atol=1e-4)

    model = lamina.Sequential([lamina.Input((3, 4, 3)), lamina.layers.Flatten(), lamina.layers.Dense(3)])
    model.compile("sgd", lamina.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(data.map(lambda x, y: (x / 255, y)), validation_data=data, epochs=2, verbose=0)
    assert model.predict(data, verbose=0).shape == (12, 3)


@pytest.mark.parametrize("mode", ["int", "categorical", "binary", None])
def test_labels_by_mode(mode, images):
    names = ["dog", "cat"] if mode != "categorical" else None
    data = utils.image_dataset_from_directory(
        images, label_mode=mode, class_names=names, image_size=2, batch_size=None, shuffle=False, verbose=False
    )
    first = next(iter(data))
    if mode is None:
        assert np.shape(first) == (2, 2, 3)
    else:
        wanted = {"int": 0, "categorical": [1, 0, 0], "binary": [0]}[mode]
        np.testing.assert_array_equal(first[1], wanted)
        assert first[1].dtype == ("int32" if mode == "int" else "float32")


def test_orders_and_parts(images):
    keywords = {"image_size": 2, "batch_size": 4, "seed": 3, "verbose": False}

    def values(data):
        return [round(float(v)) for x, _ in data for v in x.numpy()[:, 0, 0, 0]]

    data, again = (utils.image_dataset_from_directory(images, **keywords) for _ in range(2))
    first, second = values(data), values(data)
    assert first != second
    assert sorted(first) == sorted(second)
    assert [values(again), values(again)] == [first, second]
    training, validation = utils.image_dataset_from_directory(images, validation_split=0.25, subset="both", **keywords)
    assert (len(training.file_paths), len(validation.file_paths)) == (9, 3)
    alone = utils.image_dataset_from_directory(images, validation_split=0.25, subset="validation", **keywords)
    assert alone.file_paths == validation.file_paths
    assert values(validation) == values(validation)  # never shuffled
    assert not set(training.file_paths) & set(validation.file_paths)


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "lanczos3", "area", "gaussian", "mitchellcubic"])
def test_sizes_of_images(method, images):
    x = np.linspace(0, 200, 10 * 16).reshape(10, 16, 1).repeat(3, 2)
    utils.save_img(images / "cat" / "0.png", x, scale=False)
    shapes = {}
    for keywords in ({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}):
        data = utils.image_dataset_from_directory(
            images, image_size=(8, 8), interpolation=method, batch_size=None, shuffle=False, verbose=False, **keywords
        )
        shapes[next(iter(keywords), None)] = np.asarray(next(iter(data))[0])
    plain, cut, framed = shapes.values()
    assert plain.shape == cut.shape == framed.shape == (8, 8, 3)
    assert plain.mean() == pytest.approx(x.mean(), abs=4)
    assert plain[:, 0].mean() < cut[:, 0].mean()  # the left border is gone
    assert (framed[:1] == 0).all()
    assert (framed[-1:] == 0).all()
    assert framed[2:6].mean() > 50


def test_texts_by_folder(tmp_path):
    for name in ("neg", "pos"):
        (tmp_path / name).mkdir()
        for i in range(2):
            (tmp_path / name / f"{i}.txt").write_text(f"{name} {i} ä", encoding="utf-8")
    data = utils.text_dataset_from_directory(tmp_path, batch_size=3, max_length=5, shuffle=False, verbose=False)
    (x, y), (last, _) = data
    assert x.tolist() == ["neg 0", "neg 1", "pos 0"]
    assert last.tolist() == ["pos 1"]
    np.testing.assert_array_equal(y, [0, 0, 1])
    given = utils.text_dataset_from_directory(tmp_path, labels=[4, 5, 4, 5], batch_size=4, shuffle=False)
    assert given.class_names == ["4", "5"]
    ((x, y),) = given
    assert x[0] == "neg 0 ä"
    np.testing.assert_array_equal(y, [4, 5, 4, 5])
    (x,) = utils.text_dataset_from_directory(tmp_path, labels=None, batch_size=4)
    assert sorted(x)[0] == "neg 0 ä"


def write_wav(path, samples, width=2, rate=8000):
    samples = np.atleast_2d(np.asarray(samples, dtype=float).T).T
    scaled = np.round(samples * (2 ** (8 * width - 1) - 1)).astype("int64") + (128 if width == 1 else 0)
    raw = scaled.astype("<i8").reshape(-1, 1).view("uint8")[:, :width]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw.tobytes())


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_sounds_of_all_widths(width, tmp_path):
    from lamina.utils.audio_directory import read_wav

    wanted = np.stack([np.sin(np.arange(50)), -np.linspace(-1, 1, 50)], 1)
    write_wav(tmp_path / "x.wav", wanted, width, 44100)
    got, rate = read_wav(str(tmp_path / "x.wav"))
    assert (got.shape, got.dtype, rate) == ((50, 2), "float32", 44100)
    np.testing.assert_allclose(got, wanted, atol=1.5 * 2.0 ** (1 - min(8 * width, 23)))


def test_sounds_by_folder(tmp_path):
    time = np.arange(80) / 8000
    for i, name in enumerate(["high", "low"]):
        (tmp_path / name).mkdir()
        write_wav(tmp_path / name / "0.wav", 0.5 * np.sin(2 * np.pi * 500 * time[: 80 - 40 * i]))

    def first(**keywords):
        return next(iter(utils.audio_dataset_from_directory(tmp_path, shuffle=False, verbose=False, **keywords)))

    x, y = first()
    assert x.shape == (2, 80, 1)
    assert (x.numpy()[1, 40:] == 0).all()
    np.testing.assert_array_equal(y, [0, 1])
    assert first(output_sequence_length=100)[0].shape == (2, 100, 1)
    assert first(output_sequence_length=30, labels=None).shape == (2, 30, 1)
    assert [len(sound) for sound in first(ragged=True)[0]] == [80, 40]
    again = first(sampling_rate=16000)[0].numpy()[0, :, 0]
    np.testing.assert_allclose(again, 0.5 * np.sin(2 * np.pi * 500 * np.arange(160) / 16000), atol=1e-3)
    assert len(utils.audio_dataset_from_directory(tmp_path, batch_size=1, verbose=False)) == 2


READERS = {
    "image": utils.image_dataset_from_directory,
    "text": utils.text_dataset_from_directory,
    "audio": utils.audio_dataset_from_directory,
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"labels": "guessed"}, "no labels"),
        ({"labels": [1]}, "not as many as the files"),
        ({"labels": [1, 2, 3], "class_names": ["a"]}, "cannot be used here"),
        ({"label_mode": "float"}, "label_mode"),
        ({"label_mode": "binary", "class_names": ["a"]}, "does not fit"),
        ({"class_names": ["a", "zebra"]}, "not the names of the folders"),
        ({"validation_split": 2, "subset": "both"}, "not a share"),
        ({"validation_split": 0.5}, "which part"),
        ({"subset": "training"}, "which part"),
        ({"validation_split": 0.5, "subset": "all"}, "subset"),
        ({"validation_split": 0.5, "subset": "both"}, "overlap"),
        ({"validation_split": 0.01, "subset": "validation", "seed": 1}, "no file is left"),
        ({"format": "csv"}, "format"),
        ({"batch_size": 0}, "batch_size"),
        ({"directory": "nowhere"}, "no such folder"),
    ],
)
def test_bad_arguments_of_folders(kind, arguments, text, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / {"image": "0.png", "text": "0.txt", "audio": "0.wav"}[kind]).touch()
    with pytest.raises(ValueError, match=f"(?s){text}.*Expected"):
        READERS[kind](**{"directory": tmp_path, "verbose": False, **arguments})


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda path: utils.image_dataset_from_directory(path), ValueError, "no files to read"),
        (lambda path: utils.image_dataset_from_directory(path, color_mode="cmyk"), ValueError, "color_mode"),
        (lambda path: utils.image_dataset_from_directory(path, image_size=(1, 2, 3)), ValueError, "no size"),
        (lambda path: utils.image_dataset_from_directory(path, interpolation="magic"), ValueError, "interpolation"),
        (
            lambda path: utils.image_dataset_from_directory(path, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            ValueError,
            "cut or filled",
        ),
        (lambda path: utils.text_dataset_from_directory(path, max_length=0), ValueError, "max_length"),
        (lambda path: utils.audio_dataset_from_directory(path, sampling_rate=0.5), ValueError, "sampling_rate"),
        (
            lambda path: utils.audio_dataset_from_directory(path, ragged=True, output_sequence_length=3),
            ValueError,
            "one length or not",
        ),
        (lambda path: utils.timeseries_dataset_from_array([1, 2], None, 3), ValueError, "too short|out of range"),
        (
            lambda path: utils.timeseries_dataset_from_array(np.ones(9), None, 5, sampling_rate=3),
            ValueError,
            "too short",
        ),
        (lambda path: utils.timeseries_dataset_from_array([1, 2], None, 1, format="x"), ValueError, "format"),
        (lambda path: utils.timeseries_dataset_from_array([1, 2], None, 1, start_index=2), ValueError, "start_index"),
        (
            lambda path: utils.timeseries_dataset_from_array([1, 2, 3], None, 1, start_index=1, end_index=1),
            ValueError,
            "end_index",
        ),
        (lambda path: utils.split_dataset([1, 2]), ValueError, "no size"),
        (lambda path: utils.split_dataset([], 0.5), ValueError, "empty"),
        (lambda path: utils.split_dataset([1, 2], 1.5), ValueError, "no part"),
        (lambda path: utils.split_dataset([1, 2], "x"), TypeError, "no part"),
        (lambda path: utils.split_dataset([1, 2, 3], 2, 2), ValueError, "do not fit"),
        (lambda path: utils.split_dataset(3, 2), TypeError, "no dataset"),
        (lambda path: utils.pad_sequences(3), ValueError, "no sequence"),
        (lambda path: utils.pad_sequences([3]), ValueError, "no sequence"),
        (lambda path: utils.pad_sequences([[1]], padding="mid"), ValueError, "padding"),
        (lambda path: utils.pad_sequences([["a"]], value="x"), ValueError, "dtype=object"),
        (lambda path: utils.pad_sequences([[[1, 2]], [[1]]]), ValueError, "different shapes"),
        (lambda path: utils.load_img(3), TypeError, "no path"),
        (lambda path: utils.load_img("x.png", color_mode="x"), ValueError, "color_mode"),
        (lambda path: utils.array_to_img(np.ones((2, 2))), ValueError, "no image"),
        (lambda path: utils.array_to_img(np.ones((2, 2, 2))), ValueError, "number of channels"),
        (lambda path: utils.img_to_array(np.ones(2)), ValueError, "no image"),
        (lambda path: lamina.preprocessing.image.smart_resize(np.ones((4, 4, 3)), 4), ValueError, "no size"),
        (lambda path: lamina.preprocessing.image.smart_resize(np.ones((4, 4)), (2, 2)), ValueError, "no image"),
        (lambda path: lamina.preprocessing.image.smart_resize(np.ones((4, 4)), (2, 2), wrong=1), TypeError, "unknown"),
    ],
)
def test_bad_arguments(call, error, text, tmp_path):
    pytest.importorskip("PIL")
    with pytest.raises(error, match=text):
        call(tmp_path)


def test_a_sound_that_is_none(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFFxxxx")
    with pytest.raises(ValueError, match="sound cannot be read"):
        list(utils.audio_dataset_from_directory(tmp_path, labels=None, verbose=False))


def test_windows_of_a_series():
    series = np.arange(20) * 10.0

    def windows(**keywords):
        data = utils.timeseries_dataset_from_array(series, None, 3, **keywords)
        return [row for batch in data for row in np.asarray(batch).tolist()]

    assert windows()[0] == [0, 10, 20]
    assert windows()[-1] == [170, 180, 190]
    assert len(windows()) == 18
    assert windows(sequence_stride=4, sampling_rate=2) == [[a, a + 20, a + 40] for a in (0, 40, 80, 120)]
    assert windows(start_index=5, end_index=9) == [[50, 60, 70], [60, 70, 80]]
    assert sorted(windows(shuffle=True, seed=1, batch_size=4)) == windows()
    data = utils.timeseries_dataset_from_array(series, series[2:], 3, batch_size=None, shuffle=True, seed=2)
    assert all(x.numpy()[-1] == y.numpy() for x, y in data)
    assert [y.numpy() for _, y in data] != [y.numpy() for _, y in data]
    assert len(utils.timeseries_dataset_from_array(series, None, 3, batch_size=5)) == 4


def test_split_datasets():
    x, y = np.arange(10), np.arange(10) * 2
    left, right = utils.split_dataset((x, y), left_size=0.7, shuffle=True, seed=5)
    samples = [*left, *right]
    assert (len(left), len(right)) == (7, 3)
    assert sorted(int(a) for a, _ in samples) == list(range(10))
    assert all(2 * int(a) == int(b) for a, b in samples)
    batched = lamina.data.Dataset.from_tensor_slices(x).batch(3)
    left, right = utils.split_dataset(batched, right_size=4)
    assert [b.numpy().tolist() for b in left] == [[0, 1, 2], [3, 4, 5]]
    assert [b.numpy().tolist() for b in right] == [[6, 7, 8], [9]]
    left, right = utils.split_dataset(iter(range(5)), left_size=1)
    assert list(right) == [1, 2, 3, 4]


def test_missing_libraries_are_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"lamina\[image\]"):
        utils.load_img("x.png")
