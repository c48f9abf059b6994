"""The examples in the docstrings run, and every public layer has one."""

import doctest
import importlib
import pkgutil

import pytest

import lamina

MODULES = sorted(
    m.name for m in pkgutil.walk_packages(lamina.__path__, "lamina.") if not m.name.endswith(("__main__", "_core"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failures, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failures == 0


def test_every_layer_has_an_example():
    missing = [
        cls.__name__
        for cls in set(lamina.layers.NAMESPACE.objects.values()) - {lamina.layers.InputLayer}
        if ">>>" not in (cls.__doc__ or "")
    ]
    assert not missing
