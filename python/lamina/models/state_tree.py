"""All variables of a model as nested dicts, by the parts of their paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import choice, explain


def _groups(model: Any) -> dict[str, list[Any]]:
    optimizer = getattr(model, "optimizer", None)
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": [] if optimizer is None else optimizer.variables,
        "metrics_variables": model.metrics_variables,
    }


def get_state_tree(model: Any, value_format: str) -> dict[str, Any]:
    """See `Model.get_state_tree`."""
    choice("get_state_tree", "value_format", value_format, ("backend_tensor", "numpy_array"))
    tree: dict[str, Any] = {}
    for group, variables in _groups(model).items():
        tree[group] = {}
        seen = set()
        for variable in variables:
            path = variable.path
            if path in seen:
                raise ValueError(
                    explain(
                        "Two variables of the model have one path.",
                        "a different path for each variable",
                        f"two of path {path!r}",
                        "give the layers different names.",
                    )
                )
            seen.add(path)
            place = tree[group]
            *folders, name = path.split("/")
            for folder in folders:
                place = place.setdefault(folder, {})
            place[name] = variable.value if value_format == "backend_tensor" else np.array(variable.numpy())
    return tree


def set_state_tree(model: Any, state_tree: dict[str, Any]) -> None:
    """See `Model.set_state_tree`."""
    groups = _groups(model)
    unknown = sorted(set(state_tree) - set(groups))
    if unknown:
        raise ValueError(
            explain("The state has unknown parts.", f"{sorted(groups)}", f"{unknown}", "use get_state_tree's form.")
        )
    for group, values in state_tree.items():
        flat = dict(_flat(values))
        for variable in groups[group]:
            if variable.path in flat:
                variable.assign(flat.pop(variable.path))
        if flat:
            raise ValueError(
                explain(
                    f"The state has values for variables that the model lacks in {group!r}.",
                    f"some of {[v.path for v in groups[group]]}",
                    f"{sorted(flat)}",
                    "build the model, its optimizer and its metrics alike: train it on one batch.",
                )
            )


def _flat(values: dict[str, Any], before: str = "") -> Any:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}/")
        else:
            yield before + key, value
