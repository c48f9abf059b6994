"""The C++ programs that the native tests run, built once against the installed package."""

import subprocess
import sys
from pathlib import Path

import pytest


def output_of(*command: object) -> str:
    """What a command prints; fails the test with all of it when the command fails."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def pytest_collection_modifyitems(items):
    """One process runs all of them when there are several, so that the programs are built once."""
    for item in items:
        if "native" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("native"))


@pytest.fixture(scope="session")
def native_programs(tmp_path_factory):
    """The folder with the programs of this folder, built."""
    build = tmp_path_factory.mktemp("native_build")
    package = output_of(sys.executable, "-m", "lamina", "--cmake-dir").strip()
    cmake = [sys.executable, "-m", "cmake"]
    output_of(*cmake, "-S", Path(__file__).parent, "-B", build, f"-Dlamina_DIR={package}")
    output_of(*cmake, "--build", build)
    return build


@pytest.fixture(scope="session")
def runner(native_programs):
    """The program of runner.cpp."""
    return native_programs / "runner"
