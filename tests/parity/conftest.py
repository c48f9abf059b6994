"""Keras and JAX warn about themselves; that is not what is tested here."""

import pytest
from cases.oracle import compile_quickly

compile_quickly()


def pytest_collection_modifyitems(items):
    for item in items:
        if "parity" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(autouse=True)
def _fresh_names(keras):
    """Names that Keras makes up do not depend on the tests before."""
    keras.utils.clear_session(free_memory=False)


@pytest.fixture(scope="session")
def keras():
    import keras

    assert keras.backend.backend() == "jax"
    return keras
