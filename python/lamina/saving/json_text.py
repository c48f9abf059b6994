"""JSON as files of models hold it."""

from __future__ import annotations

import json
from typing import Any

from ..checks import explain


def read_json(text: str | bytes, what: str) -> Any:
    """The value that `text` describes; `what` names it in errors. ValueError for other text and for endless nests."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            explain(
                f"The configuration in {what!r} cannot be read.",
                "JSON",
                f"{text[:80]!r} ({type(error).__name__}: {error})"[:300],
                "use an intact file.",
            )
        ) from error
