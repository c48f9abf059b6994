"""Checks that the kernels compiled for one instruction set level cannot reach another level, or run by themselves.

    check_symbols.py LEVEL FOLDER_OR_OBJECT...

The linker keeps one copy of each weak symbol (inline functions, templates) of the whole program. If the copy compiled
for AVX-512 wins, a processor without it dies of an illegal instruction. So every symbol that an object of a level
defines must carry the level's namespace in its name. For the same reason no object may have a static initializer:
it would run that level's instructions when the program starts.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def mangled(*names: str) -> str:
    return "".join(f"{len(name)}{name}" for name in names)


def objects_of(arguments: list[str]) -> list[Path]:
    objects: list[Path] = []
    for argument in map(Path, arguments):
        objects += sorted(argument.rglob("*.o")) if argument.is_dir() else [argument]
    return objects


def complaints(level: str, path: Path) -> Iterator[str]:
    own = (mangled("lamina", "kernels", level), mangled(f"eigen_{level}"))
    output = subprocess.run(["nm", "--format=posix", path], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        name, kind = line.split()[:2]
        if name.startswith("_GLOBAL__sub_I_"):
            yield "a static initializer, which would run when the program starts"
        defined_for_all = kind in "WVu" or (kind.isupper() and kind not in "UN")
        # Pointers to the exception handling routine are data, equal at every level.
        if defined_for_all and not name.startswith("DW.ref.") and not any(space in name for space in own):
            readable = subprocess.run(["c++filt", name], check=True, capture_output=True, text=True).stdout.strip()
            yield f"{'weak' if kind in 'WVu' else 'global'} symbol {readable}"


def main() -> int:
    if len(sys.argv) < 3 or not re.fullmatch(r"[a-z0-9]+", sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    level, objects = sys.argv[1], objects_of(sys.argv[2:])
    if not objects:
        print(f"{level}: no object files in {', '.join(sys.argv[2:])}", file=sys.stderr)
        return 1
    found = [(path, text) for path in objects for text in sorted(set(complaints(level, path)))]
    for path, text in found:
        print(f"{level}: {path.name}: {text}", file=sys.stderr)
    verdict = f"{len(found)} symbols outside its namespaces" if found else "every symbol in its namespaces"
    print(f"{level}: {len(objects)} objects, {verdict}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
