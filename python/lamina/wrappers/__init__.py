"""Models as scikit-learn estimators. Needs scikit-learn, which is imported with the first name."""

from typing import Any

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import sklearn
    except ImportError as error:
        from ..checks import explain

        raise ImportError(
            explain(f"{name} needs scikit-learn.", "scikit-learn installed", "none", "pip install 'lamina[sklearn]'.")
        ) from error
    from . import estimators

    return getattr(estimators, name)


def __dir__() -> list[str]:
    return __all__
