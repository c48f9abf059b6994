"""The C++ library as other projects meet it: its names, and another Eigen in the same program."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from native.conftest import output_of

from lamina import Input, Model, ops
from lamina.__main__ import cmake_dir


def library():
    return cmake_dir().parents[1] / "liblamina.a"


@pytest.fixture
def matrices(tmp_path):
    """A saved model that multiplies, inverts and decomposes its input."""
    a = Input((12, 12))
    path = tmp_path / "matrices.lamina"
    Model(a, [ops.matmul(a, a), ops.linalg.inv(a), ops.linalg.svd(a, compute_uv=False)]).save(path)
    return path


def test_the_librarys_eigen_has_names_of_its_own():
    """The linker keeps one copy of each inline function of a program: it must not find two in a namespace Eigen."""
    symbols = output_of(shutil.which("nm"), "--defined-only", "--format=posix", library())
    assert "eigen_once" in symbols
    assert [line for line in symbols.splitlines() if "5Eigen" in line] == []


def test_a_program_with_another_eigen(tmp_path, matrices):
    """Products (kernels of a level) and decompositions (compiled once) agree with the program's own Eigen."""
    build = tmp_path / "build"
    cmake = [sys.executable, "-m", "cmake"]
    source = Path(__file__).parent / "own_eigen"
    site = Path(pytest.__file__).parents[1]
    output_of(*cmake, "-S", source, "-B", build, f"-Dlamina_DIR={cmake_dir()}", f"-DCMAKE_PREFIX_PATH={site}")
    output_of(*cmake, "--build", build)
    assert len(output_of(build / "own_eigen", matrices).split()) == 3


@pytest.mark.skipif(shutil.which("pkg-config") is None, reason="there is no pkg-config")
def test_pkg_config(tmp_path, matrices):
    folder = cmake_dir().parents[1] / "pkgconfig"
    flags = subprocess.run(
        ["pkg-config", "--with-path", folder, "--cflags", "--libs", "lamina"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    source = Path(__file__).parents[2] / "cpp" / "examples" / "consumer" / "main.cpp"
    program = tmp_path / "consumer"
    output_of("c++", "-std=c++17", source, "-o", program, *flags)
    assert "float32 (1, 12, 12)" in output_of(program, matrices)
