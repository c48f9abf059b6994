"""The command `lamina`: the demo, and where the C++ library is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def cmake_dir() -> Path:
    """The folder with lamina-config.cmake, for find_package(lamina) in C++. FileNotFoundError when it is not there."""
    folder = Path(__file__).resolve().parent / "lib" / "cmake" / "lamina"
    if not (folder / "lamina-config.cmake").is_file():
        raise FileNotFoundError(
            f"The C++ library is not part of this installation. Expected: {folder / 'lamina-config.cmake'}. Received: "
            "no such file, as in a source tree that was not installed. Fix: pip install it, or build with CMake."
        )
    return folder


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    parser = argparse.ArgumentParser(prog="lamina", description="The Keras API on its own native CPU engine.")
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("--config", action="store_true", help="print version, instruction set and number of threads")
    parser.add_argument(
        "--cmake-dir", action="store_true", help="print the folder for -Dlamina_DIR=... of C++ projects"
    )
    commands = parser.add_subparsers(dest="command", title="commands")
    demo = commands.add_parser(
        "demo", help="train a network on real handwritten digits, save it, and show how C++ goes on"
    )
    demo.add_argument("--folder", type=Path, default=Path("."), help="where the files are written (default: here)")
    demo.add_argument("--epochs", type=int, default=30, help="how often the training images are seen (default: 30)")
    demo.add_argument("--seed", type=int, default=1, help="the seed of all random numbers (default: 1)")
    options = parser.parse_args(arguments)

    if options.version:
        from lamina import __version__

        print(__version__)
    elif options.config:
        from lamina import show_config

        show_config()
    elif options.cmake_dir:
        try:
            print(cmake_dir())
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 1
    elif options.command == "demo":
        from lamina.demo import run

        return run(options.folder, options.epochs, options.seed)
    else:
        parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
