"""Models as scikit-learn estimators: in pipelines, grid searches and cross validations."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ..checks import explain
from ..models.cloning import clone_model
from ..models.model import Model


def _validated(estimator: Any, *args: Any, **kwargs: Any) -> Any:
    """Checked and converted data; remembers number and names of features."""
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before scikit-learn 1.6
        return estimator._validate_data(*args, **kwargs)
    return validate_data(estimator, *args, **kwargs)


class _Estimator(BaseEstimator):
    """What all three have in common.

    Arguments:
        model: a compiled model, which is cloned, or a function of `X`, `y` and `model_kwargs` that returns one.
        warm_start: whether `fit` goes on with the weights of the `fit` before; a model is then used as it is.
        model_kwargs: arguments of the function.
        fit_kwargs: arguments of `model.fit`; those given to `fit` itself come first.

    After `fit`: `model_`, and `history_`, which `model.fit` returned.
    """

    def __init__(self, model: Any, warm_start: bool = False, model_kwargs: Any = None, fit_kwargs: Any = None) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def _more_tags(self) -> dict[str, Any]:  # scikit-learn before 1.6
        return {"non_deterministic": True, "poor_score": True, "multioutput": self._may_have_outputs}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self) -> Any:
        """An estimator that is not fitted, with the same arguments; a model in it is copied with its weights."""
        import copy

        arguments = {name: getattr(self, name) for name in ("model", "warm_start", "model_kwargs", "fit_kwargs")}
        if isinstance(self.model, Model):
            arguments["model"] = copy.deepcopy(self.model)
        return type(self)(**{name: copy.copy(value) for name, value in arguments.items()})

    @property
    def epoch_(self) -> int:
        """The number of epochs of the last `fit`."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **kwargs: Any) -> Any:
        """Which arguments of `fit` a meta-estimator passes on: `name=True`, False, None, or another name.

        RuntimeError unless scikit-learn's metadata routing is enabled.
        """
        if not sklearn.get_config().get("enable_metadata_routing", False):
            raise RuntimeError(
                explain(
                    "Metadata routing is not enabled.",
                    "sklearn.set_config(enable_metadata_routing=True)",
                    "False",
                    "enable it before asking for metadata.",
                )
            )
        from sklearn.utils.metadata_routing import MetadataRequest

        self._metadata_request = MetadataRequest(owner=type(self).__name__)
        for name, alias in kwargs.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def _start(self, X: Any, y: Any) -> Any:
        """The model to fit."""
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if isinstance(self.model, Model):
            model = self.model if self.warm_start else clone_model(self.model)
        else:
            model = self.model(X=X, y=y, **(self.model_kwargs or {}))
        if not getattr(model, "compiled", False) or not model.loss:
            raise RuntimeError(
                explain(
                    "The model cannot be fitted.",
                    "a compiled model with a loss and an optimizer",
                    f"{type(model).__name__} that is not",
                    "call model.compile(optimizer, loss) first.",
                )
            )
        return model

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Fits the model to `X` (samples, features) and `y` (samples,) or (samples, outputs)."""
        X, y = _validated(self, X, y, multi_output=self._may_have_outputs)
        targets = self._encode(y)
        model = self._start(X, targets)
        self.history_ = model.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    _may_have_outputs = False

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = _validated(self, X, reset=False)
        return self.model_.predict(X, verbose=0)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        """Targets as the model gets them: always with an axis of outputs."""
        if type_of_target(y) == "unknown":
            raise ValueError(f"Unknown label type for data: {y!r}")
        self._was_flat = y.ndim == 1
        return y[:, None] if self._was_flat else y


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a classifier. The model gets one-hot labels, so its last layer has one output per class.

    >>> import lamina, numpy as np
    >>> def make(X, y):
    ...     outputs = lamina.layers.Dense(y.shape[1], activation="softmax")
    ...     model = lamina.Sequential([lamina.Input(X.shape[1:]), outputs])
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> classifier = SKLearnClassifier(make, fit_kwargs={"epochs": 30, "verbose": 0, "batch_size": 1})
    >>> X = np.array([[0.0, 1.0], [1.0, 0.0]] * 20)
    >>> classifier.fit(X, ["no", "yes"] * 20).predict(X[:2])
    array(['no', 'yes'], dtype='<U3')
    """

    def predict(self, X: Any) -> np.ndarray:
        """The classes with the largest outputs."""
        found = self._outputs(X)
        return self.classes_[found.argmax(axis=-1)]

    def decision_function(self, X: Any) -> np.ndarray:
        """The outputs of the model, one per class."""
        return self._outputs(X)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        kind = type_of_target(y)
        if kind == "unknown":
            raise ValueError(f"Unknown label type for data: {y!r}")
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass targets are supported. Unknown label type: {kind}")
        self.classes_, numbers = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_))[numbers.reshape(-1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a regressor."""

    _may_have_outputs = True

    def predict(self, X: Any) -> np.ndarray:
        """The outputs of the model."""
        found = self._outputs(X)
        return found[:, 0] if self._was_flat and found.ndim == 2 and found.shape[1] == 1 else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):
    """A model as a transformer: its outputs are features for what comes after it."""

    _may_have_outputs = True

    def transform(self, X: Any) -> np.ndarray:
        """The outputs of the model."""
        return self._outputs(X)

    def predict(self, X: Any) -> np.ndarray:
        """The same."""
        return self.transform(X)

    def _more_tags(self) -> dict[str, Any]:
        return {**super()._more_tags(), "preserves_dtype": []}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
