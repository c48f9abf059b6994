"""Models as scikit-learn estimators. Needs scikit-learn, which is imported with the first name."""

from typing import Any

from ..checks import need

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    need("sklearn", f"{name} needs", "scikit-learn", "sklearn")
    from . import estimators

    return getattr(estimators, name)


def __dir__() -> list[str]:
    return __all__
