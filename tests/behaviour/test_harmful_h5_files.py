"""HDF5 files made to do harm, or damaged: each is refused with a clear error, and nothing happens."""

import json
import zlib
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from cases.harmful import model, refused, write

import lamina

pytestmark = pytest.mark.usefixtures("nothing_happens")


def good(path):
    model().save_weights(path)
    return h5py.File(path, "r+")


def replace(file, path, make):
    parent, _, name = path.rpartition("/")
    del file[path]
    make(file[parent] if parent else file, name)


PLACES = ["layers", "layers/dense", "layers/dense/vars", "layers/dense/vars/0"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["external", "soft"])
def test_links(place, kind):
    with good("other.weights.h5") as other:
        other.copy("layers", "copied")
    with good("m.weights.h5") as file:
        file.copy("layers", "copied")
        target = place.replace("layers", "copied", 1)
        link = h5py.ExternalLink("other.weights.h5", target) if kind == "external" else h5py.SoftLink(f"/{target}")
        file.visititems(lambda name, _: None)

        def put(parent, name):
            parent[name] = link

        replace(file, place, put)
    made = model()
    before = made.get_weights()
    refused(made.load_weights, "m.weights.h5", match="link")
    for value, wanted in zip(made.get_weights(), before):
        np.testing.assert_array_equal(value, wanted)


def external(parent, name):
    parent.create_dataset(name, (3, 2), "f4", external=[("../outside/secret.txt", 0, 24)])


def virtual(parent, name):
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3, 2))
    parent.create_virtual_dataset(name, layout)


def made_of(**options):
    return lambda parent, name: parent.create_dataset(name, **options)


def of_chunk(data, **options):
    """An array of one chunk, which is stored as these bytes."""

    def make(parent, name):
        dataset = parent.create_dataset(name, shape=(3, 2), dtype="f4", chunks=(3, 2), **options)
        dataset.id.write_direct_chunk((0, 0), data)

    return make


def odd_kind():
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_ebias(1 << 20)
    return kind


def odd_numbers(parent, name):
    kind = odd_kind()
    h5py.h5d.create(parent.id, name.rpartition("/")[2].encode(), kind, h5py.h5s.create_simple((3, 2)))


DATASETS = {
    "in another file": (external, "elsewhere"),
    "virtual": (virtual, "elsewhere"),
    "a group": (lambda parent, name: parent.create_group(name), "a group where an array"),
    "far too large": (made_of(shape=(1 << 20, 1 << 20), dtype="f4"), "far larger"),
    "far too large in pieces": (
        made_of(shape=(1 << 19, 1 << 10), dtype="f4", chunks=(1, 64), compression="gzip", fillvalue=1.0),
        "far larger",
    ),
    "another shape": (made_of(data=np.zeros((2, 3), "f4")), "do not fit"),
    "text": (made_of(data=[b"abc"] * 3), "no numbers"),
    "words": (made_of(data="abc", dtype=h5py.string_dtype()), "no numbers"),
    "records": (made_of(data=np.zeros(3, [("a", "f4"), ("b", "i4")])), "no numbers"),
    "references": (made_of(shape=(3,), dtype=h5py.ref_dtype), "no numbers"),
    "a chunk shorter than its sum": (of_chunk(b"ab", fletcher32=True), "a damaged chunk"),
    "a short chunk with a sum": (of_chunk(bytes(8), fletcher32=True), "a damaged chunk"),
    "a short chunk": (of_chunk(zlib.compress(b"abc"), compression="gzip"), "a damaged chunk"),
    "a long chunk": (of_chunk(zlib.compress(bytes(1 << 20)), compression="gzip"), "a damaged chunk"),
    "no compressed chunk": (of_chunk(b"abc", compression="gzip"), "a damaged chunk"),
    "an unusual filter": (made_of(data=np.zeros((3, 2), "f4"), compression="lzf"), "an unusual way"),
    "odd numbers": (odd_numbers, "an unknown type"),
    "nothing": (made_of(data=h5py.Empty("f4")), "no numbers"),
}


@pytest.mark.parametrize("row", DATASETS)
def test_arrays(row, parts):
    make, match = DATASETS[row]
    with good("m.weights.h5") as file:
        replace(file, "layers/dense/vars/0", make)
    refused(model().load_weights, "m.weights.h5", match=match)
    path = write("m.keras", {**parts, "model.weights.h5": Path("m.weights.h5").read_bytes()})
    refused(lamina.saving.load_model, path)
    with h5py.File("old.h5", "w") as file:
        file.attrs["layer_names"] = [b"d"]
        group = file.create_group("d")
        group.attrs["weight_names"] = [b"w", b"b"]
        make(group, "w")
        group["b"] = np.zeros(2, "f4")
    refused(model().load_weights, "old.h5", match=match)


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True}], ids=str)
@pytest.mark.parametrize("more", [{}, {"fletcher32": True}], ids=str)
def test_packed_arrays(options, more):
    """Keras does not pack arrays, but others may."""
    values = np.arange(6, dtype="f4").reshape(3, 2)
    with good("m.weights.h5") as file:
        replace(file, "layers/dense/vars/0", made_of(data=values, chunks=(2, 1), **options, **more))
    made = model()
    made.load_weights("m.weights.h5")
    np.testing.assert_array_equal(made.get_weights()[0], values)


def test_places_of_arrays_and_groups():
    with good("m.weights.h5") as file:
        replace(file, "layers/dense", made_of(data=np.zeros(3, "f4")))
    refused(model().load_weights, "m.weights.h5", match="an array where a group")
    with good("m.weights.h5") as file:
        file["layers/dense/vars/2"] = np.zeros(3, "f4")
    refused(model().load_weights, "m.weights.h5", match="3 arrays")
    with good("m.weights.h5") as file:
        del file["layers/dense/vars/1"]
    refused(model().load_weights, "m.weights.h5", match="1 arrays")


def test_groups_in_themselves_end(parts):
    with good("m.weights.h5") as file:
        file["layers/dense/self"] = file["layers"]
        file["layers/all"] = file["/"]
    model().load_weights("m.weights.h5")
    path = write("m.keras", {**parts, "model.weights.h5": Path("m.weights.h5").read_bytes()})
    assert lamina.saving.load_model(path).count_params() == 8


NAMES = {
    "above": [b"../../d/w", b"b"],
    "absolute": [b"/d/w", b"b"],
    "long": [b"x/" * 5000 + b"w", b"b"],
    "numbers": [1, 2],
    "no text": [b"\xff\xfe", b"b"],
    "missing": [b"nobody", b"b"],
    "empty": [b"", b"b"],
    "a string": "w",
}


@pytest.mark.parametrize("row", NAMES)
@pytest.mark.parametrize("attribute", ["weight_names", "layer_names"])
def test_names_in_attributes(row, attribute):
    with h5py.File("old.h5", "w") as file:
        file.attrs["layer_names"] = [b"d"] if attribute == "weight_names" else NAMES[row]
        group = file.create_group("d")
        group["w"], group["b"] = np.zeros((3, 2), "f4"), np.zeros(2, "f4")
        group.attrs["weight_names"] = NAMES[row] if attribute == "weight_names" else [b"w", b"b"]
    refused(model().load_weights, "old.h5")
    refused(model().load_weights, "old.h5", by_name=True) if attribute == "weight_names" else None


def test_models_without_configuration():
    model().save_weights("m.weights.h5")
    refused(lamina.saving.load_model, "m.weights.h5", match="holds no model")
    with h5py.File("m.h5", "w") as file:
        file.attrs["model_config"] = 3
    refused(lamina.saving.load_model, "m.h5", match="no text")


# Damage.


@pytest.mark.parametrize("kind", ["m.weights.h5", "m.h5"])
def test_damaged_files(kind):
    made = model()
    (made.save_weights if "weights" in kind else made.save)(kind)
    whole = Path(kind).read_bytes()
    loads = [made.load_weights] + ([lamina.saving.load_model] if kind == "m.h5" else [])
    for size in (0, 1, 8, 100, len(whole) // 2):
        Path(kind).write_bytes(whole[:size])
        for load in loads:
            refused(load, kind)
    random = np.random.default_rng(0)
    for _ in range(60):
        data = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            data[place] ^= 1 << int(random.integers(8))
        Path(kind).write_bytes(data)
        with suppress(ValueError, TypeError):  # numbers may be others, but what is no file is refused
            loads[-1](kind)


def heap_sizes(data):
    """Where the sizes of the texts stand, which the HDF5 library walks by."""
    start = data.index(b"GCOL")
    end = start + int.from_bytes(data[start + 8 : start + 16], "little")
    place, found = start + 16, [start + 8]
    while place < end:
        found.append(place + 8)
        size = int.from_bytes(data[place + 8 : place + 16], "little")
        place += size if data[place : place + 2] == b"\0\0" else 16 + -(-size // 8) * 8
    assert place == end
    return found


def test_places_of_texts():
    """With such damage the HDF5 library never comes back, or crashes."""
    model().save("m.h5")
    whole = Path("m.h5").read_bytes()
    places = heap_sizes(whole)
    assert len(places) > 4
    for place in places:
        for wrong in (1 << 63, 1 << 12 | 8, 1 << 20, 0):
            Path("m.h5").write_bytes(whole[:place] + wrong.to_bytes(8, "little") + whole[place + 8 :])
            refused(lamina.saving.load_model, "m.h5")
    with h5py.File("m.h5", "w") as file:
        file.create_group("model_weights")["x"] = np.frombuffer(b"GCOL\1xyzGCOL", "u1")  # harmless: no text is read
    refused(lamina.saving.load_model, "m.h5", match="holds no model")


def test_lengths_of_texts():
    """The HDF5 library would take as much memory first."""
    model().save("m.h5")
    whole = Path("m.h5").read_bytes()
    heap = whole.index(b"GCOL").to_bytes(8, "little")
    for name in (b"model_config", b"training_config", b"layer_names", b"weight_names"):
        place = whole.index(heap, whole.index(name + b"\0")) - 4
        Path("m.h5").write_bytes(whole[:place] + (1 << 31).to_bytes(4, "little") + whole[place + 4 :])
        refused(lamina.saving.load_model, "m.h5", match="2147483648 bytes that are not there")


@pytest.mark.parametrize("version", ["earliest", "v110", "latest"])
@pytest.mark.parametrize("more", [0, 20])
def test_texts_in_other_places(version, more):
    """Other versions of the format keep attributes elsewhere, and so it is with many of them."""
    model().save("m.h5")
    with h5py.File("m.h5") as old, h5py.File("new.h5", "w", libver=version) as new:
        for i in range(more):
            new.attrs[f"more{i}"] = "x" * i
        new.attrs.update(old.attrs)
        for name in old:
            old.copy(name, new)
    assert lamina.saving.load_model("new.h5").count_params() == 8


@pytest.mark.parametrize("sort", [0, 3, 9])  # lists of numbers, and two that there are not; 1 is text
@pytest.mark.parametrize("name", ["model_config", "training_config"])
def test_texts_of_another_sort(name, sort):
    model().save("m.h5")
    whole = Path("m.h5").read_bytes()
    place = whole.index(b"\x19\x01", whole.index(name.encode()))
    assert place < whole.index(name.encode()) + 40
    Path("m.h5").write_bytes(whole[: place + 1] + bytes([sort]) + whole[place + 2 :])
    refused(lamina.saving.load_model, "m.h5", match="neither text nor numbers" if sort == 0 else None)


@pytest.mark.parametrize("name", ["model_config", "training_config"])
def test_attributes_of_unknown_types(name):
    model().save("m.h5")
    with h5py.File("m.h5", "r+") as file:
        del file.attrs[name]
        h5py.h5a.create(file.id, name.encode(), odd_kind(), h5py.h5s.create(h5py.h5s.SCALAR))
    refused(lamina.saving.load_model, "m.h5", match="unknown type")


def test_large_attributes():
    with h5py.File("m.h5", "w", libver="latest") as file:
        file.attrs["model_config"] = np.zeros(1 << 20, "S300")
    refused(lamina.saving.load_model, "m.h5", match="too large")


@pytest.mark.parametrize("place", ["model_weights", "model_weights/d", "model_weights/d/m", "optimizer_weights"])
@pytest.mark.parametrize("kind", ["external", "soft"])
def test_links_in_old_files(place, kind):
    model().save("m.h5")
    model().save("other.h5")
    with h5py.File("m.h5", "r+") as file:
        link = h5py.ExternalLink("other.h5", place) if kind == "external" else h5py.SoftLink("/elsewhere")
        file.copy(place, "elsewhere")

        def put(parent, name):
            parent[name] = link

        replace(file, place, put)
    refused(lamina.saving.load_model, "m.h5", match="link")


# Weights in several files.

MAPS = {
    "above": {"/layers/dense/vars": "../other.weights.h5"},
    "absolute": {"/layers/dense/vars": "/tmp/other.weights.h5"},
    "backslash": {"/layers/dense/vars": "..\\other.weights.h5"},
    "another kind": {"/layers/dense/vars": "other.json"},
    "a number": {"/layers/dense/vars": 3},
    "a list of numbers": {"/layers/dense/vars": [3]},
    "no dict": [1],
}


@pytest.mark.parametrize("row", MAPS)
def test_lists_of_weights(row):
    with open("m.weights.json", "w") as file:
        json.dump({"metadata": {}, "weight_map": MAPS[row]}, file)
    refused(model().load_weights, "m.weights.json", match="no list of weights")


def test_lists_of_weights_that_are_none():
    for text in ("", "[]", "{}", "[" * 100_000):
        Path("m.weights.json").write_text(text)
        refused(model().load_weights, "m.weights.json")
    with open("m.weights.json", "w") as file:
        json.dump({"weight_map": {"/layers/dense/vars": "missing.weights.h5"}}, file)
    with pytest.raises((ValueError, FileNotFoundError), match="not there"):
        model().load_weights("m.weights.json")
