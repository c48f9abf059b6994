"""The outputs of a model in a flat order, and what users say about them matched to it."""

from __future__ import annotations

from typing import Any

from .. import tree
from ..checks import explain


class Outputs:
    """The structure of predictions, with names: of a dict its keys, else those of the model's outputs, if it has any.

    What users pass (losses, metrics, weights, labels) may have the structure of the outputs, or be a list in their flat
    order, or a dict by their names.
    """

    def __init__(self, y_pred: Any, names: list[str] | None) -> None:
        self.structure = tree.map_structure(lambda _: None, y_pred)
        found = tree.flatten_with_path(y_pred)
        self.paths = [path for path, _ in found]
        self.count = len(found)
        if isinstance(self.structure, dict) and not any(map(tree.is_nested, self.structure.values())):
            names = [path[0] for path in self.paths]
        self.named = names is not None and len(names) == self.count
        self.names = names if names is not None and self.named else ["/".join(map(str, path)) for path in self.paths]

    def loss_name(self, i: int, loss: Any) -> str:
        """What the loss of output `i` is called in logs: the path to it, its name in the place of a number."""
        *outer, last = self.paths[i] or (0,)
        own = last if isinstance(last, str) else self.names[i] if self.named else loss.name
        return "/".join(map(str, [*outer, own]))

    def metric_prefix(self, i: int) -> str:
        """What stands before the names of metrics of output `i`."""
        return f"{self.names[i]}_" if self.named and self.count > 1 else ""

    def spread(self, what: str, values: Any) -> list[Any]:
        """One entry per output of what the user gave, None where there is nothing."""
        if self._is_by_name(values):
            return [values.get(name) for name in self.names]
        return self._down(what, values, self.structure)

    def check_names(self, what: str, values: Any) -> None:
        """ValueError for a dict with names that no output has."""
        if isinstance(values, dict) and self.named and not set(values) <= set(self.names):
            raise ValueError(self._unknown(what, values, self.names))

    def _is_by_name(self, values: Any) -> bool:
        if not isinstance(values, dict) or not self.named:
            return False
        own = isinstance(self.structure, dict) and set(values) <= set(self.structure)
        return not own and set(values) <= set(self.names)

    def _down(self, what: str, values: Any, structure: Any) -> list[Any]:
        if structure is None:
            return [values]
        leaves = tree.flatten(structure)
        if values is None:
            return [None] * len(leaves)
        if isinstance(structure, dict) and isinstance(values, dict):
            if not set(values) <= set(structure):
                raise ValueError(self._unknown(what, values, structure))
            # The order of the leaves is that of the keys in `tree`.
            keys = list(dict.fromkeys(path[0] for path, _ in tree.flatten_with_path(structure)))
            return [entry for key in keys for entry in self._down(what, values.get(key), structure[key])]
        if isinstance(values, dict):
            raise ValueError(self._unknown(what, values, self.names))
        if isinstance(values, (list, tuple)):
            if isinstance(structure, (list, tuple)) and len(values) == len(structure):
                return [entry for v, s in zip(values, structure) for entry in self._down(what, v, s)]
            if len(values) == len(leaves):
                return list(values)
        count = len(values) if isinstance(values, (list, tuple)) else 1
        raise ValueError(
            explain(
                f"`{what}` does not fit the model's outputs.",
                f"{self.count} entries, one for each of {self.names}",
                f"{count} entries{'' if len(leaves) == self.count else f' for {len(leaves)} outputs of them'}",
                f"pass one entry per output in `{what}`, or a dict by output names.",
            )
        )

    def _unknown(self, what: str, values: Any, known: Any) -> str:
        return explain(
            f"`{what}` names outputs the model does not have.",
            f"keys among {sorted(map(str, known))}",
            f"{sorted(map(str, set(values) - set(known) or values))}",
            "use the names of the output layers (model.output_names)."
            if self.named
            else "pass a list in the order of the outputs.",
        )

    def flatten(self, what: str, values: Any) -> list[Any]:
        """Labels or weights in the flat order of the outputs."""
        if isinstance(values, dict):
            if isinstance(self.structure, dict) and set(values) >= set(self.structure):
                return tree.flatten({key: values[key] for key in self.structure})
            if self._is_by_name(values) or set(values) >= set(self.names):
                return [values.get(name) for name in self.names]
            if self.count > 1:
                self.check_names(what, values)
        return tree.flatten(values)

    def labels(self, y: Any, wanted: list[bool]) -> list[Any]:
        """One entry per output; fewer labels than outputs belong to the `wanted` ones."""
        flat = self.flatten("y", y)
        if len(flat) == self.count:
            return flat
        places = [i for i, is_wanted in enumerate(wanted) if is_wanted]
        if len(flat) != len(places):
            raise ValueError(
                explain(
                    "The labels do not fit the model's outputs.",
                    f"{self.count} arrays, one for each of {self.names}",
                    f"{len(flat)} arrays",
                    "pass a list or dict with one array per output in `y`.",
                )
            )
        found = dict(zip(places, flat))
        return [found.get(i) for i in range(self.count)]

    def weights(self, sample_weight: Any) -> list[Any]:
        """One entry per output; one array weighs the samples of all of them."""
        flat = [None] if sample_weight is None else self.flatten("sample_weight", sample_weight)
        if len(flat) == 1:
            return flat * self.count
        if len(flat) != self.count:
            raise ValueError(
                explain(
                    "The sample weights do not fit the model's outputs.",
                    f"one array, or {self.count}: one for each of {self.names}",
                    f"{len(flat)} arrays",
                    "pass a list or dict with one array per output in `sample_weight`.",
                )
            )
        return flat
