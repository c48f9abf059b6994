"""Automatic names start anew in each test, whatever ran before."""

import pytest

import lamina


@pytest.fixture(autouse=True)
def _fresh_names():
    lamina.utils.clear_session()
