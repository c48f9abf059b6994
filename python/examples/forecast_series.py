"""Forecasts a chaotic series with a GRU, and draws how far ahead the forecast holds.

The series is that of Mackey and Glass (1977), "Oscillation and chaos in physiological control systems":
dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t). The network sees 60 values, 3 time units apart, and learns the
next one; then its own forecasts are fed back, step by step, through a stateful copy of it.

    python forecast_series.py [--epochs 12] [--plot forecast.png]
"""

from __future__ import annotations

import argparse

import numpy as np

import lamina
from lamina import layers

STEP, DELAY, SPACING, WINDOW, UNITS, AHEAD = 0.1, 17.0, 3.0, 60, 48, 120


def mackey_glass(count: int) -> np.ndarray:
    """`count` values, `SPACING` time units apart, after the first 500 units; by the method of Heun."""
    lag, every = round(DELAY / STEP), round(SPACING / STEP)
    start = lag + round(500 / STEP)
    x = np.full(start + count * every, 1.2)

    def slope(now: float, delayed: float) -> float:
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * now

    for t in range(lag, len(x) - 1):
        first = slope(x[t], x[t - lag])
        second = slope(x[t] + STEP * first, x[t - lag + 1])
        x[t + 1] = x[t] + STEP * (first + second) / 2
    return x[start::every].astype("float32")


def make_model(stateful: bool) -> lamina.Sequential:
    """A forecast for each value seen; the stateful one takes a value per call and remembers the ones before."""
    first = lamina.Input(batch_shape=(1, 1, 1)) if stateful else lamina.Input((None, 1))
    model = lamina.Sequential(
        [
            first,
            layers.GRU(UNITS, return_sequences=True, stateful=stateful, name="memory"),
            layers.Dense(1, name="next"),
        ]
    )
    model.compile(lamina.optimizers.Adam(5e-3), "mse")
    return model


def forecast(trained: lamina.Sequential, seen: np.ndarray, count: int) -> np.ndarray:
    """The `count` values after `seen`, each made from the forecast before it."""
    model = make_model(stateful=True)
    model.set_weights(trained.get_weights())
    values: list[float] = []
    for t in range(len(seen) + count - 1):
        x = seen[t] if t < len(seen) else values[-1]
        y = float(model.predict_on_batch(np.full((1, 1, 1), x, "float32"))[0, 0, 0])
        if t + 1 >= len(seen):
            values.append(y)
    return np.array(values)


def draw(path: str, seen: np.ndarray, truth: np.ndarray, found: np.ndarray) -> None:
    """The end of what was seen, then the series and its forecast."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
    before = np.arange(-len(seen), 0) * SPACING
    after = np.arange(len(truth)) * SPACING
    axes.plot(before, seen, color="0.6", label="seen")
    axes.plot(after, truth, color="black", label="series")
    axes.plot(after, found, color="tab:orange", label="forecast from its own forecasts")
    axes.set(xlabel="time after the last value seen", ylabel="x", title="Mackey-Glass series, forecast by a GRU")
    axes.margins(y=0.2)  # room for the legend
    axes.legend(loc="upper left", ncols=3, frameon=False)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description="Forecasts a chaotic series with a GRU.")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--plot", help="where the picture goes (needs matplotlib)")
    arguments = parser.parse_args()

    lamina.utils.set_random_seed(1)
    series = mackey_glass(4200) - 0.9
    train, test = series[:3600], series[3600:]
    windows = np.lib.stride_tricks.sliding_window_view(train, WINDOW + 1)[:, :, None]
    model = make_model(stateful=False)
    model.fit(windows[:, :-1], windows[:, 1:], batch_size=64, epochs=arguments.epochs)

    error = model.predict(test[None, :-1, None], verbose=0)[0, WINDOW:, 0] - test[WINDOW + 1 :]
    seen, truth = test[:300], test[300 : 300 + AHEAD]
    found = forecast(model, seen, AHEAD)
    wrong = np.abs(found - truth) > 0.1
    held = (int(np.argmax(wrong)) if wrong.any() else AHEAD) * SPACING
    print(f"one step ahead: error {np.sqrt(np.mean(error**2)):.4f}, the series varies by {test.std():.4f}")
    print(f"from its own forecasts: within 0.1 for {held:.0f} time units")
    if arguments.plot:
        draw(arguments.plot, seen[-60:], truth, found)


if __name__ == "__main__":
    main()
