"""Methods of models beside training: states, step functions, profiles, drawings and curves."""

import sys

import numpy as np
import pytest

import lamina
from lamina import layers

X, Y = np.ones((6, 3), "float32"), np.ones((6, 1), "float32")


def make(cls=lamina.Sequential):
    model = cls([lamina.Input((3,)), layers.Dense(4, activation="relu", name="a"), layers.Dense(1, name="b")], name="m")
    model.compile(lamina.optimizers.Adam(name="adam"), "mse", metrics=["mae"])
    return model


def branched():
    x = lamina.Input((8, 8, 2), name="x")
    h = layers.Conv2D(3, 3, activation="relu", name="conv")(x)
    inner = lamina.Sequential(
        [lamina.Input((108,)), layers.Dense(2, name="deep"), layers.Dense(2, name="er")], name="in"
    )
    y = inner(layers.Flatten(name="flat")(h) + 1.0)
    return lamina.Model(x, [y, layers.GlobalAveragePooling2D(name="pool")(h)], name="branched")


class Written(lamina.Model):
    def __init__(self):
        super().__init__(name="written")
        self.memory = layers.LSTM(4, name="memory")
        self.end = layers.Dense(2, name="end")

    def call(self, x):
        return self.end(self.memory(x))


# States.


def test_states_are_read_and_set():
    model, other = make(), make()
    for one in (model, other):
        one.fit(X, Y, verbose=0)
    state = model.get_state_tree("numpy_array")
    assert list(state) == ["trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"]
    assert state["trainable_variables"]["m"]["a"]["kernel"].shape == (3, 4)
    other.set_state_tree({key: state[key] for key in ("trainable_variables",)})
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    other.set_state_tree(model.get_state_tree())
    histories = [one.fit(X, Y, shuffle=False, verbose=0).history for one in (model, other)]
    assert histories[0] == histories[1]
    for got, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    for bad, text in (
        ({"weights": {}}, "unknown parts"),
        ({"trainable_variables": {"z": {"kernel": 1}}}, "lacks.*z/kernel"),
    ):
        with pytest.raises(ValueError, match=text):
            model.set_state_tree(bad)
    with pytest.raises(ValueError, match="value_format"):
        model.get_state_tree("list")


def test_step_functions():
    model, other = make(), make()
    other.set_weights(model.get_weights())
    train, test, predict = model.make_train_function(), model.make_test_function(), model.make_predict_function()
    assert train is model.train_function
    assert model.make_train_function(force=True) is not train
    batches = iter([(X, Y)] * 3)
    assert train(batches)["loss"] == pytest.approx(other.train_on_batch(X, Y)[0])
    assert sorted(test(batches)) == ["loss", "mae"]
    np.testing.assert_array_equal(predict(batches).numpy(), model.predict(X, verbose=0))
    assert next(batches, None) is None


class OwnFunctions(lamina.Sequential):
    calls = 0

    def make_train_function(self, force=False):
        def train(iterator):
            (x, y) = next(iterator)
            self.calls += len(x)
            return self.train_step((x, y)) | {"mine": 7.0}

        self.train_function = train

    def make_predict_function(self, force=False):
        self.predict_function = lambda iterator: self.predict_step(next(iterator)) * 0 + 5


def test_own_step_functions_are_used():
    model = make(OwnFunctions)
    for data in ((X, Y), (iter([(X[:4], Y[:4]), (X[4:], Y[4:])]),)):
        history = model.fit(*data, verbose=0, **({"batch_size": 4} if len(data) == 2 else {}))
        assert history.history["mine"] == [7.0]
    assert model.calls == 12
    assert (model.predict(X, batch_size=4, verbose=0) == 5).all()
    assert np.isfinite(model.evaluate(X, Y, verbose=0)).all()


def test_symbolic_calls():
    assert make().symbolic_call(lamina.Input((3,))).shape == (None, 1)


# Costs.


def test_a_profile_counts_what_layers_take():
    profile = branched().profile(np.ones((2, 8, 8, 2)), repeats=1)
    costs = {cost.name: cost for cost in profile.layers}
    assert [c for c in costs if not c.startswith("add")] == ["conv", "flat", "in", "pool"]
    conv = costs["conv"]
    assert conv.output_shape == (2, 6, 6, 3)
    assert conv.flops == 2 * 216 * 18 + 216 + 216  # products, bias, activation
    assert conv.parameter_bytes == 4 * (54 + 3)
    assert conv.output_bytes == 4 * 216
    assert costs["flat"].flops == 0
    assert costs["in"].flops == 2 * 2 * 108 * 2 + 4 + 2 * 2 * 2 * 2 + 4
    assert all(cost.seconds > 0 for cost in profile.layers)
    assert profile.flops == sum(cost.flops for cost in profile.layers)
    text = str(profile)
    assert "conv (Conv2D)" in text
    assert "compiled as one" in text
    names = [cost.name for cost in branched().profile(np.ones((1, 8, 8, 2)), repeats=1, expand_nested=True).layers]
    assert "deep" in names
    assert "in" not in names


def test_profiles_of_written_models_and_loops():
    (memory, end) = Written().profile(np.ones((2, 5, 3)), repeats=1).layers
    assert memory.flops == 2 * 10 * 3 * 16 + 160 + 2 * 10 * 4 * 16 + 4 * 160
    assert end.flops == 2 * 2 * 4 * 2 + 4
    own = lamina.Sequential([lamina.Input((5, 3)), layers.GRU(4, activation="relu")])  # by a loop of the engine
    (cost,) = own.profile(np.ones((2, 5, 3)), repeats=1).layers
    assert cost.flops == 2 * 10 * 3 * 12 + 120 + 2 * 10 * 4 * 12
    with pytest.raises(ValueError, match="repeats"):
        own.profile(np.ones((2, 5, 3)), repeats=0)


def test_a_profile_leaves_the_model_as_it_was():
    model = make()
    before = model.predict(X, verbose=0)
    model.profile(X, repeats=1)
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)
    assert layers.Layer.__call__.__qualname__ == "Layer.__call__"


# Pictures.


def test_drawings_have_a_box_per_layer_and_arrows():
    pytest.importorskip("pydot")
    dot = lamina.utils.model_to_dot(
        branched(), show_shapes=True, show_dtype=True, show_trainable=True, show_layer_activations=True, rankdir="LR"
    )
    text = dot.to_string()
    assert len(dot.get_nodes()) == 6
    assert len(dot.get_edges()) == 5
    for part in (
        "(None, 6, 6, 3)",
        "float32",
        "Trainable",
        "Activation: <b>relu</b>",
        "rankdir=LR",
        "<b>conv</b> (Conv2D)",
    ):
        assert part in text
    inside = lamina.utils.model_to_dot(branched(), expand_nested=True, show_layer_names=False)
    (cluster,) = inside.get_subgraphs()
    assert len(cluster.get_nodes()) == len(cluster.get_edges()) + 1 == 2
    assert len(inside.get_edges()) == 5
    assert "<b>deep</b>" not in inside.to_string()
    assert len(lamina.utils.model_to_dot(make()).get_edges()) == 1
    written = Written()
    written(np.ones((1, 2, 3)))
    assert len(lamina.utils.model_to_dot(written, subgraph=True).get_nodes()) == 1


def test_drawings_go_to_files(tmp_path, monkeypatch):
    pytest.importorskip("pydot")
    assert lamina.utils.plot_model(make(), tmp_path / "m.dot", show_shapes=True) is None
    assert "(None, 4)" in (tmp_path / "m.dot").read_text()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImportError, match=r"Graphviz.*PATH"):
        lamina.utils.plot_model(make(), tmp_path / "m.png")
    for bad, text in (({"layer_range": 1}, "unknown arguments"), ({}, "not built")):
        with pytest.raises(ValueError, match=text):
            lamina.utils.plot_model(lamina.Sequential([layers.Dense(1)]), tmp_path / "m.dot", **bad)


def test_curves_and_bars(tmp_path):
    pytest.importorskip("matplotlib")
    model = make()
    history = model.fit(X, Y, epochs=4, validation_split=0.5, validation_freq=2, verbose=0)
    figure = history.plot(path=tmp_path / "h.png")
    assert [axis.get_title() for axis in figure.axes] == ["loss", "mae"]
    training, validation = figure.axes[0].lines
    assert list(training.get_xdata()) == [1, 2, 3, 4]
    assert list(validation.get_xdata()) == [2, 4]
    assert list(training.get_ydata()) == history.history["loss"]
    assert len(history.plot("mae").axes) == 1
    with pytest.raises(ValueError, match="no curve"):
        history.plot(["nothing"])
    with pytest.raises(ValueError, match="no curve"):
        lamina.callbacks.History().plot()
    bars = model.profile(X, repeats=1).plot(tmp_path / "p.png")
    assert len(bars.axes) == 3
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("h.png", "p.png"))


@pytest.mark.parametrize(("name", "call"), [("pydot", "dot"), ("matplotlib", "curves")])
def test_missing_libraries_are_named(name, call, monkeypatch):
    for module in [m for m in sys.modules if m.split(".")[0] == name] + [name, f"{name}.figure"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"lamina\[plot\]"):
        lamina.utils.model_to_dot(make()) if call == "dot" else make().fit(X, Y, verbose=0).plot()
