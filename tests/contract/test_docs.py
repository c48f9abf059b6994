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


@pytest.mark.parametrize("namespace", ["losses", "metrics", "regularizers", "constraints"])
def test_losses_and_metrics_have_examples(namespace):
    objects = set(getattr(lamina, namespace).NAMESPACE.objects.values())
    assert not {thing.__name__ for thing in objects if ">>>" not in (thing.__doc__ or "")}
