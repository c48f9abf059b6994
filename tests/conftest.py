"""Settings of all tests. Keras, which the parity tests compare with, runs on JAX, on the CPU."""

import gc
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # most of its time would go into compiling
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")  # and some into the lines that ask for it
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # several processes share the processors
sys.path.insert(0, str(Path(__file__).parent))  # for `from cases import ...` under --import-mode=importlib

import numpy as np
import pytest


def pytest_collection_finish():
    """The thousands of rows stay until the end: collections of garbage need not look at them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def rng():
    """The same random numbers in every run."""
    return np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _fresh_state():
    """Automatic names and random streams start anew in each test."""
    import lamina

    lamina.utils.clear_session(free_memory=False)
    lamina.utils.set_random_seed(1)
    yield
    lamina.config.set_floatx("float32")
    lamina.config.set_image_data_format("channels_last")
