"""Layers of texts whose configurations name files and servers, and vocabularies made to do harm."""

import json
import os
import zipfile

import pytest
from cases.harmful import changed, refused, write

import lamina
from lamina import layers

pytestmark = pytest.mark.usefixtures("nothing_happens")

SOURCES = {
    "a file": "/etc/passwd",
    "a file elsewhere": "../outside/secret.txt",
    "a server": "http://127.0.0.1:9/words.txt",
    "a bucket": "gs://bucket/words.txt",
    "a file as an address": "file:///etc/passwd",
    "a share": "\\\\host\\share\\words.txt",
}
KINDS = ("StringLookup", "IntegerLookup", "TextVectorization")


def record_of(kind, **config):
    return {"class_name": kind, "module": "keras.layers", "config": {"name": "t", **config}}


def refused_everywhere(record, parts, match):
    refused(layers.deserialize, record, match=match)
    refused(getattr(layers, record["class_name"]).from_config, record["config"], match=match)

    def put(config):
        config["config"]["layers"][1] = record

    path = write("m.keras", changed(parts, put))
    refused(lamina.saving.load_model, path, match=match)
    refused(lamina.saving.load_model, path, safe_mode=False, match=match)
    config = changed(parts, put)["config.json"]
    refused(lamina.models.model_from_json, config, match=match)
    refused(lamina.Sequential.from_config, json.loads(config)["config"], match=match)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", SOURCES)
def test_vocabularies_elsewhere(kind, source, parts):
    refused_everywhere(record_of(kind, vocabulary=SOURCES[source]), parts, "names a vocabulary file, which is not read")


@pytest.mark.parametrize("source", SOURCES)
def test_salts_elsewhere(source, parts):
    for record in (
        record_of("Hashing", num_bins=3, salt=SOURCES[source]),
        record_of("IntegerLookup", oov_method="farmhash", num_oov_indices=2, salt=SOURCES[source]),
    ):
        refused_everywhere(record, parts, "`salt` is no key")


def test_an_own_file_is_read():
    """By whoever makes the layer. Its configuration does not name the file."""
    with open("words.txt", "w") as file:
        file.write("a\nb\n")
    layer = layers.StringLookup(vocabulary="words.txt")
    assert layer.get_vocabulary() == ["[UNK]", "a", "b"]
    assert "words.txt" not in json.dumps(layer.get_config())
    os.remove("words.txt")
    layers.StringLookup.from_config(layer.get_config())


VOCABULARIES = {
    "twice": (b"a\nb\na\n", "repeats"),
    "too many": (b"".join(b"%d\n" % i for i in range(50)), "max_tokens"),
}


def worded(path):
    layer = layers.StringLookup(max_tokens=9, name="t")
    layer.adapt(["a", "b", "a"])
    lamina.Sequential([lamina.Input((), dtype="string"), layer]).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("row", VOCABULARIES)
def test_vocabularies(row):
    contents, match = VOCABULARIES[row]
    members = worded("m.keras")
    (name,) = [name for name in members if name.endswith("vocabulary.txt")]
    refused(lamina.saving.load_model, write("m.keras", {**members, name: contents}), match=match)


def test_odd_vocabularies():
    """A word of megabytes, one with a NUL and one that is no UTF-8 are words like others."""
    members = worded("m.keras")
    (name,) = [name for name in members if name.endswith("vocabulary.txt")]
    words = ["x" * (4 << 20), "a\0b", "é", "\udcff"]
    write("m.keras", {**members, name: "\n".join(words).encode(errors="surrogateescape")})
    assert lamina.saving.load_model("m.keras").layers[-1].get_vocabulary() == ["[UNK]", *words]


@pytest.mark.parametrize("key", ["standardize", "split"])
@pytest.mark.parametrize("value", ["(a+)+b", {"class_name": "function", "module": "os", "config": "system"}], ids=repr)
def test_rules_for_texts(key, value, parts):
    refused_everywhere(record_of("TextVectorization", **{key: value}), parts, None)
