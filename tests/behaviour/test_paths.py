"""Paths that lead nowhere: each error names the path, the reason and the way out."""

import os
import tempfile
from pathlib import Path

import pytest

import lamina
from lamina import layers

ENDINGS = [".lamina", ".keras", ".h5", ".weights.h5", ".weights.json", ".safetensors"]


def model():
    made = lamina.Sequential([lamina.Input((3,)), layers.Dense(2)])
    made.compile("sgd", "mse")
    return made


def save(path, ending):
    if ending in (".lamina", ".keras", ".h5"):
        model().save(path)
    else:
        model().save_weights(path, **({"max_shard_size": 1} if "json" in ending else {}))


def load(path, ending):
    lamina.saving.load_model(path) if ending in (".lamina", ".keras", ".h5") else model().load_weights(path)


@pytest.fixture(autouse=True)
def _there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("place", "received"),
    [
        ("none{}", "'none{}'. Fix: check the path, which begins at '{here}'"),
        ("no/such/none{}", "'no/such/none{}', whose folder is not there. Fix: "),
        ("{here}/none{}", "'{here}/none{}'. Fix: check the path."),
        ("folder{}", "'folder{}', a folder without a model. Fix: "),
    ],
)
def test_files_that_are_not_there(ending, place, received, tmp_path):
    Path(f"folder{ending}").mkdir()
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        load(place.format(ending, here=tmp_path), ending)
    text = received.format(ending, here=tmp_path)
    assert f"file to load is not there. Expected: the path of a saved file. Received: {text}" in str(caught.value)


@pytest.fixture
def nobody():
    """A folder that all may read, and a process that may not do what the owner of files may."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder), lambda: os.seteuid(65534) if os.geteuid() == 0 else None
        os.seteuid(os.getuid())
        os.chmod(folder, 0o700)


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_of_others(ending, nobody):
    folder, become_nobody = nobody
    path = folder / f"m{ending}"
    save(path, ending)
    load(path, ending)  # so that all modules are there
    path.chmod(0)
    folder.chmod(0o555)
    become_nobody()
    with pytest.raises(PermissionError, match=f"{path}': Permission denied. Fix: check its permissions"):
        load(path, ending)
    with pytest.raises(OSError, match=r"Expected: .*Received: Permission denied. (Fix: |Check the path)"):
        save(folder / f"other{ending}", ending)
    assert [p.name for p in folder.iterdir() if p.name[0] == "."] == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_folders_are_made_where_they_can_be(ending):
    save(f"a/b/m{ending}", ending)
    load(f"a/b/m{ending}".encode(), ending)  # bytes are paths, too
    Path(f"folder{ending}").mkdir()
    with pytest.raises(OSError, match="Received: Not a directory"):
        save(f"a/b/m{ending}/m{ending}", ending)
    with pytest.raises(OSError, match=r"Received: (a|the) folder"):
        save(f"folder{ending}", ending)


@pytest.mark.parametrize("path", [None, 3, ["m.keras"]])
def test_what_is_no_path(path):
    made = model()
    for call in (lamina.saving.load_model, made.save, made.load_weights, made.save_weights):
        with pytest.raises(TypeError, match=r"is no path. Expected: a str, or a pathlib.Path. Received: .*of type"):
            call(path)
