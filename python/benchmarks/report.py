"""Makes the tables and pictures from the results files, without measuring anything.

    python report.py                                        all results of this folder, into the README files
    python report.py --results /tmp/results --pages notes.md --pictures /tmp/pictures

A table goes between the lines `<!-- table: NAME -->` and `<!-- end -->` of a page; what was there is replaced. The
names are `compare`, `speed` (the short form of it), `kernels`, `scaling`, `latency` and `texts`. Places whose results
are missing stay as they are. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import plots
import tables
from harness import HERE, RESULTS

PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(?=<!-- end -->)", re.DOTALL)


def fill(text: str, found: Mapping[str, str]) -> str:
    """The page with the tables in their places."""
    return PLACE.sub(lambda place: f"{place[1]}{found[place[2]]}\n" if place[2] in found else place[0], text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    pages = [HERE / "README.md", HERE.parents[1] / "README.md"]
    parser.add_argument("--results", type=Path, default=RESULTS, help="a folder of results (default: %(default)s)")
    parser.add_argument("--pages", type=Path, nargs="*", default=pages, help="pages with places for tables")
    parser.add_argument("--pictures", type=Path, default=HERE / "pictures", help="where pictures go")
    options = parser.parse_args()
    files = sorted(options.results.glob("*.json"))
    if not files:
        sys.exit(f"no results in {options.results}: run compare.py or another program first")
    found: dict[str, str] = {}
    for file in files:
        results = json.loads(file.read_text(encoding="utf-8"))
        found.update(tables.of(results))
        if results["benchmark"] in plots.MAKERS:
            print(f"wrote {plots.draw(results, options.pictures)}")
    for page in options.pages:
        text = page.read_text(encoding="utf-8")
        if (filled := fill(text, found)) != text:
            page.write_text(filled, encoding="utf-8")
            print(f"wrote {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
