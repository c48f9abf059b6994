"""Looks for the best small network for handwritten digits with scikit-learn: a pipeline in a grid search.

python digits_pipeline.py [--epochs 8]          (needs scikit-learn)
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lamina
from lamina import layers
from lamina.datasets import digits
from lamina.wrappers import SKLearnClassifier


def make_model(X: np.ndarray, y: np.ndarray, units: int = 32, dropout: float = 0.0) -> lamina.Sequential:
    """A network of one hidden layer for so many features and classes."""
    lamina.utils.set_random_seed(1)  # all candidates start alike
    model = lamina.Sequential(
        [
            lamina.Input(X.shape[1:]),
            layers.Dense(units, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(y.shape[1], activation="softmax"),
        ]
    )
    model.compile(lamina.optimizers.Adam(5e-3), "categorical_crossentropy")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="A grid search over pipelines with a network.")
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()

    (x, y), (x_test, y_test) = digits.load_data()
    x, x_test = (a.reshape(len(a), -1).astype("float32") for a in (x, x_test))
    network = SKLearnClassifier(make_model, fit_kwargs={"epochs": arguments.epochs, "batch_size": 64, "verbose": 0})
    pipeline = make_pipeline(StandardScaler(), PCA(random_state=1), network)
    grid = {
        "pca__n_components": [20, 40],
        "sklearnclassifier__model_kwargs": [{"units": n, "dropout": p} for n in (32, 128) for p in (0.0, 0.3)],
    }
    start = time.perf_counter()
    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)
    seconds = time.perf_counter() - start
    for rank, mean, parameters in sorted(
        zip(*(search.cv_results_[key] for key in ("rank_test_score", "mean_test_score", "params"))),
        key=lambda row: row[0],
    ):
        print(f"{rank}. {mean:.1%}  {parameters['pca__n_components']} features, {list(parameters.values())[1]}")
    print(f"25 networks in {seconds:.1f} s; the best one reads {search.score(x_test, y_test):.1%} of the test digits")


if __name__ == "__main__":
    main()
