"""Automatic names start anew in each test, whatever ran before. Fixtures of the tests of files made to do harm."""

import json
import os
import sys
import zipfile

import pytest

import lamina


@pytest.fixture(autouse=True)
def _fresh_names():
    lamina.utils.clear_session()


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The members of a good `.keras` file."""
    from cases import harmful

    path = tmp_path_factory.mktemp("good") / "m.keras"
    harmful.model().save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def with_record(tmp_path_factory):
    """Writes a `.lamina` file whose checksums are right, with another first layer, or another text as configuration."""
    from cases import harmful

    path = str(tmp_path_factory.mktemp("good") / "m.lamina")
    harmful.model().save(path)
    program, metadata = lamina._core.load(path)

    def put(path, record):
        text = record
        if not isinstance(record, str):
            config = json.loads(metadata["model"])
            config["config"]["layers"][1] = record
            text = json.dumps(config)
        program.save(path, {**metadata, "model": text})
        return path

    return put


@pytest.fixture
def nothing_happens(tmp_path, monkeypatch):
    """No module is imported, no process or socket opened, and nothing is written outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (outside / "lamina_marker.py").write_text("import pathlib; pathlib.Path('imported').touch()")
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    monkeypatch.syspath_prepend(str(outside))
    for module, name in (("os", "system"), ("subprocess", "Popen"), ("socket", "socket"), ("builtins", "eval")):
        __import__(module)

        def forbidden(*args, name=name, **kwargs):
            raise AssertionError(f"{name} was called")

        if module != "builtins":
            monkeypatch.setattr(sys.modules[module], name, forbidden)
    yield
    assert "lamina_marker" not in sys.modules
    assert sorted(os.listdir(outside)) == ["lamina_marker.py", "secret.txt"]
    assert not os.path.exists("imported")
    assert not os.path.exists(tmp_path / "escaped.txt")
