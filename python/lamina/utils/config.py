"""Named settings of a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..checks import explain


class Config:
    """A dict whose entries are attributes too, and which can be frozen.

    >>> config = Config(learning_rate=0.1)
    >>> config.epochs = 3
    >>> config["epochs"], config.to_json()
    (3, '{"learning_rate": 0.1, "epochs": 3}')
    """

    def __init__(self, **kwargs: Any) -> None:
        vars(self)["_config"] = dict(kwargs)
        vars(self)["_frozen"] = False

    @property
    def frozen(self) -> bool:
        """Whether changes are refused."""
        return vars(self)["_frozen"]

    def freeze(self) -> None:
        """Refuses changes from now on."""
        vars(self)["_frozen"] = True

    def unfreeze(self) -> None:
        """Allows changes again."""
        vars(self)["_frozen"] = False

    @property
    def _open(self) -> dict[str, Any]:
        """The entries, to be changed. ValueError when frozen."""
        if self.frozen:
            raise ValueError(
                explain("The config is frozen.", "a config that is not frozen", "a change", "call unfreeze() first.")
            )
        return vars(self)["_config"]

    def as_dict(self) -> dict[str, Any]:
        """A copy of the entries."""
        return dict(vars(self)["_config"])

    def to_json(self) -> str:
        """The entries as JSON."""
        return json.dumps(vars(self)["_config"])

    def keys(self) -> Any:
        return vars(self)["_config"].keys()

    def values(self) -> Any:
        return vars(self)["_config"].values()

    def items(self) -> Any:
        return vars(self)["_config"].items()

    def get(self, keyname: str, value: Any = None) -> Any:
        return vars(self)["_config"].get(keyname, value)

    def pop(self, *args: Any) -> Any:
        return self._open.pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._open.update(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        entries = vars(self).get("_config", {})
        if name in entries:
            return entries[name]
        import difflib

        near = difflib.get_close_matches(name, entries, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"The config has no entry {name!r}.{hint}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._open[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self._open:
            raise AttributeError(f"The config has no entry {name!r}.")
        del self._open[name]

    def __getitem__(self, key: str) -> Any:
        return vars(self)["_config"][key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._open[key] = value

    def __delitem__(self, key: str) -> None:
        del self._open[key]

    def __contains__(self, key: object) -> bool:
        return key in vars(self)["_config"]

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def __len__(self) -> int:
        return len(vars(self)["_config"])

    def __repr__(self) -> str:
        return f"<Config {vars(self)['_config']}>"
