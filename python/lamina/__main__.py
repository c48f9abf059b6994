"""The command `lamina`: what can be done with the files of models, the demo, and where the C++ library is."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from .commands import COMMANDS


def cmake_dir() -> Path:
    """The folder with lamina-config.cmake, for find_package(lamina) in C++. FileNotFoundError when it is not there."""
    folder = Path(__file__).resolve().parent / "lib" / "cmake" / "lamina"
    if not (folder / "lamina-config.cmake").is_file():
        raise FileNotFoundError(
            f"The C++ library is not part of this installation. Expected: {folder / 'lamina-config.cmake'}. Received: "
            "no such file, as in a source tree that was not installed. Fix: pip install it, or build with CMake."
        )
    return folder


def _parser(chosen: Any, name: str | None) -> argparse.ArgumentParser:
    """The parser of the command line; of the commands only the chosen one, a module, has its arguments."""
    parser = argparse.ArgumentParser(
        prog="lamina",
        description="The Keras API on its own native CPU engine.",
        epilog="`lamina COMMAND --help` shows the options of a command, and examples.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("--config", action="store_true", help="print version, instruction set and number of threads")
    parser.add_argument(
        "--cmake-dir", action="store_true", help="print the folder for -Dlamina_DIR=... of C++ projects"
    )
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    for command, text in COMMANDS.items():
        sub = commands.add_parser(
            command,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command == name:
            sub.epilog = f"examples:\n{chosen.EXAMPLES}"
            chosen.add_arguments(sub)
    return parser


def _run(options: argparse.Namespace, chosen: Any, parser: argparse.ArgumentParser) -> int:
    if options.version:
        from lamina import __version__

        print(__version__)
    elif options.config:
        from lamina import show_config

        show_config()
    elif options.cmake_dir:
        print(cmake_dir())
    elif options.command is not None:
        return int(chosen.run(options))
    else:
        parser.print_help()
    return 0


def _show_warning(*details: Any, **_: Any) -> None:
    """Without the line of code it comes from, which says nothing to the one who typed the command."""
    print(f"warning: {details[0]}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 1 for what went wrong. SystemExit with 2 for wrong usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = next((text for text in arguments if not text.startswith("-")), None)
    chosen = importlib.import_module(f".commands.{name}", "lamina") if name in COMMANDS else None
    parser = _parser(chosen, name)
    options = parser.parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = _run(options, chosen, parser)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # as with `| head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # whatever it is: the message is for the one who typed the command
        print(str(error) or type(error).__name__, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
