"""Files as Keras 2 wrote them: other configurations, other layouts of weights and of the optimizer's state."""

import json

import h5py
import numpy as np
import pytest

import lamina
from lamina import layers

load_model = lamina.saving.load_model
INITIALIZER = {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform",
                                                           "seed": None, "dtype": "float32"}}  # fmt: skip


def record(kind, **config):
    return {"class_name": kind, "config": {"name": kind.lower(), "trainable": True, "dtype": "float32", **config}}


def dense(name, units, **more):
    config = {"units": units, "activation": "linear", "use_bias": True, "kernel_initializer": INITIALIZER,
              "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None}  # fmt: skip
    return record("Dense", **{**config, "name": name, **more})


def write(path, config, weights, *, training=None, slots=(), at_root=False):
    """`weights`: for each layer its name and arrays by name; `slots`: those of the optimizer."""
    with h5py.File(path, "w") as file:
        group = file if at_root else file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([name.encode() for name, _ in weights])
        group.attrs["backend"], group.attrs["keras_version"] = b"tensorflow", b"2.4.0"
        for name, arrays in weights:
            below = group.create_group(name)
            below.attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in arrays]
            for key, array in arrays.items():
                below[f"{name}/{key}:0"] = np.asarray(array, "float32")
        if config is not None:
            file.attrs["model_config"] = json.dumps(config).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
            group = file.create_group("optimizer_weights")
            group.attrs["weight_names"] = [name.encode() for name, _ in slots]
            for name, array in slots:
                group[name] = array


def numbers(rng, *shapes):
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def loads_like(path, expected, arrays, rng):
    """The model in the file predicts as `expected` with these weights."""
    expected.set_weights(arrays)
    loaded = load_model(path)
    x = rng.normal(size=(3, *expected.input_shape[1:])).astype("float32")
    np.testing.assert_allclose(loaded(x).numpy(), expected(x).numpy(), rtol=1e-5, atol=1e-6)
    return loaded


def test_sequential(tmp_path, rng):
    kernel, bias, gamma, beta, mean, variance = numbers(rng, (4, 3), (3,), (3,), (3,), (3,), (3,))
    variance = np.abs(variance)
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        dense("d", 3, batch_input_shape=[None, 4], dtype={"class_name": "Policy", "config": {"name": "float32"}}),
        record("LeakyReLU", alpha=0.25),
        record("BatchNormalization", axis=[1], momentum=0.9, epsilon=1e-3),
        {**record("Lambda", function="relu", function_type="function", module="builtins", output_shape=None,
                  output_shape_type="raw", output_shape_module=None, arguments={})},
    ]}}  # fmt: skip
    weights = [
        ("d", {"kernel": kernel, "bias": bias}),
        ("leakyrelu", {}),
        ("bn", {"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance}),
        ("lambda", {}),
    ]
    write(tmp_path / "m.h5", config, weights)
    same = lamina.Sequential(
        [
            lamina.Input((4,)),
            layers.Dense(3),
            layers.LeakyReLU(0.25),
            layers.BatchNormalization(epsilon=1e-3),
            layers.ReLU(),
        ]
    )
    arrays = [kernel, bias, gamma, beta, mean, variance]
    loads_like(tmp_path / "m.h5", same, arrays, rng)

    # The list of layers alone, as before Keras 2.2.3.
    config["config"] = config["config"]["layers"]
    write(tmp_path / "older.h5", config, weights)
    loads_like(tmp_path / "older.h5", same, arrays, rng)

    # Weights alone, which have the ending of Keras 3.
    write(tmp_path / "m.weights.h5", None, weights, at_root=True)
    for variable in same.weights:
        variable.assign(np.ones(variable.shape))
    same.load_weights(tmp_path / "m.weights.h5")
    for value, wanted in zip(same.get_weights(), arrays, strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_graphs_count_the_calls_of_models_from_1(tmp_path, rng):
    a, b, c, d = numbers(rng, (4, 4), (4,), (4, 2), (2,))
    inner = {"class_name": "Model", "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]],
             "config": {"name": "inner", "layers": [
                 {**record("InputLayer", batch_input_shape=[None, 4], sparse=False, ragged=False, name="z"),
                  "name": "z", "inbound_nodes": []},
                 {**dense("d", 4), "name": "d", "inbound_nodes": [[["z", 0, 0, {}]]]},
             ], "input_layers": [["z", 0, 0]], "output_layers": [["d", 0, 0]]}}  # fmt: skip
    config = {"class_name": "Model", "config": {"name": "m", "layers": [
        {**record("InputLayer", batch_input_shape=[None, 4], sparse=False, name="x"), "name": "x", "inbound_nodes": []},
        inner,
        {**record("Add", name="add"), "name": "add", "inbound_nodes": [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]]},
        {"class_name": "Sequential", "name": "deep", "inbound_nodes": [[["add", 0, 0, {}]]], "config": {
            "name": "deep", "layers": [dense("e", 2, batch_input_shape=[None, 4])]}},
    ], "input_layers": [["x", 0, 0]], "output_layers": [["deep", 1, 0]]}}  # fmt: skip
    weights = [("x", {}), ("inner", {"k": a, "b": b}), ("add", {}), ("deep", {"k": c, "b": d})]
    write(tmp_path / "m.h5", config, weights)
    x = lamina.Input((4,))
    shared = layers.Dense(4)
    h = shared(x)
    same = lamina.Model(x, layers.Dense(2)(h + shared(h)))
    loaded = loads_like(tmp_path / "m.h5", same, [a, b, c, d], rng)

    # By name, and the end of the graph within the nested model.
    for variable in loaded.weights:
        variable.assign(np.zeros(variable.shape))
    loaded.load_weights(tmp_path / "m.h5", by_name=True)
    np.testing.assert_array_equal(loaded.get_weights()[0], a)
    config["config"]["layers"] = config["config"]["layers"][:2]
    inner["inbound_nodes"].pop()
    config["config"]["output_layers"] = [["inner", 1, 0]]
    write(tmp_path / "nested.h5", config, weights[:2])
    loads_like(tmp_path / "nested.h5", lamina.Sequential([lamina.Input((4,)), layers.Dense(4)]), [a, b], rng)


RECURRENT = {"units": 3, "return_sequences": False, "implementation": 2, "time_major": False}


def gates(kernel, count, change):
    return np.hstack([change(part) for part in np.hsplit(kernel, count)])


@pytest.mark.parametrize("name", ["LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU", "Bidirectional"])
def test_recurrent_layers(name, tmp_path, rng):
    count = 3 if "GRU" in name else 4
    arrays = numbers(rng, (4, 3 * count), (3, 3 * count), (2, 3 * count) if name == "CuDNNGRU" else (3 * count,))
    kernel, recurrent, bias = stored = list(arrays)
    if name.startswith("CuDNN") or name == "Bidirectional":
        # There the matrix of each gate lies transposed in memory, and each gate has two biases.
        stored = [
            gates(kernel, count, lambda k: k.T.reshape(k.shape)),
            gates(recurrent, count, np.transpose),
            bias.reshape(-1) if count == 3 else np.concatenate([bias * 0.25, bias * 0.75]),
        ]
    config = {"units": 3} if name.startswith("CuDNN") else RECURRENT
    layer = record(name, **config, batch_input_shape=[None, 5, 4])
    one = getattr(layers, name.removeprefix("CuDNN"))
    same = one(3, reset_after=name == "CuDNNGRU") if count == 3 else layers.LSTM(3)
    if name == "Bidirectional":
        layer = record(name, merge_mode="concat", layer=record("LSTM", **RECURRENT), batch_input_shape=[None, 5, 4])
        same, arrays, stored = layers.Bidirectional(layers.LSTM(3)), arrays * 2, stored * 2
    write(
        tmp_path / "m.h5",
        {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}},
        [("l", {str(i): array for i, array in enumerate(stored)})],
    )
    loads_like(tmp_path / "m.h5", lamina.Sequential([lamina.Input((5, 4)), same]), arrays, rng)


@pytest.mark.parametrize("implementation", [1, 2, 3])
def test_locally_connected_layers(implementation, tmp_path, rng):
    same = lamina.Sequential([lamina.Input((6, 2)), layers.LocallyConnected1D(3, 2, implementation=implementation)])
    arrays = numbers(rng, *(v.shape for v in same.weights))
    layer = record(
        "LocallyConnected1D",
        filters=3,
        kernel_size=[2],
        strides=[1],
        padding="valid",
        implementation=implementation,
        batch_input_shape=[None, 6, 2],
    )
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    write(tmp_path / "m.h5", config, [("l", dict(zip("kb", arrays)))])
    loads_like(tmp_path / "m.h5", same, arrays, rng)


@pytest.mark.parametrize("old", [True, False])
def test_optimizers(old, tmp_path, rng):
    """Before Keras 2.11 the slots stand kind by kind, and there is no learning rate among them."""
    weights = numbers(rng, (4, 3), (3,))
    m, v = numbers(rng, (4, 3), (3,)), numbers(rng, (4, 3), (3,))
    layer = dense("d", 3, batch_input_shape=[None, 4])
    rate = {"lr": 0.5} if old else {"learning_rate": {"class_name": "ExponentialDecay", "config": {
        "initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.5, "staircase": False}}}  # fmt: skip
    training = {
        "optimizer_config": {"class_name": "Adam", "config": {"name": "Adam", **rate, "decay": 0.0, "beta_1": 0.8,
                                                              "is_legacy_optimizer": old, "jit_compile": False}},
        "loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error"}},
        "metrics": ["mae", {"class_name": "MeanAbsoluteError", "config": {"name": "m", "dtype": "float32"}}],
        "weighted_metrics": None,
        "loss_weights": None,
    }  # fmt: skip
    kinds = [m[0], m[1], v[0], v[1]] if old else [m[0], v[0], m[1], v[1]]
    slots = [("Adam/iter:0", np.int64(7)), *((f"Adam/{i}:0", array) for i, array in enumerate(kinds))]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    write(tmp_path / "m.h5", config, [("d", dict(zip("kb", weights)))], training=training, slots=slots)
    model = load_model(tmp_path / "m.h5")
    adam = model.optimizer
    assert (int(adam.iterations), adam.beta_1) == (7, 0.8)
    np.testing.assert_allclose(float(adam.learning_rate), 0.5 if old else 0.5 * 0.5**0.7)
    for name, arrays in (("momentum", m), ("velocity", v)):
        for weight, array in zip(model.trainable_variables, arrays):
            np.testing.assert_array_equal(adam.slot(name, weight).numpy(), array)
    assert set(model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0).history) == {"loss", "mae", "m"}
    assert not load_model(tmp_path / "m.h5", compile=False).compiled

    write(tmp_path / "m.h5", config, [("d", dict(zip("kb", weights)))], training=training, slots=slots[:3])
    with pytest.warns(UserWarning, match="is not loaded"):
        assert int(load_model(tmp_path / "m.h5").optimizer.iterations) == 0


def test_what_does_not_fit(tmp_path, rng):
    kernel, bias = numbers(rng, (4, 3), (3,))
    path = tmp_path / "m.h5"
    write(path, None, [("d", {"k": kernel, "b": bias}), ("e", {"k": kernel})], at_root=True)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(3, name="d"), layers.Dense(2, name="e")])
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"shapes \[\(3, 2\), \(2,\)\].*skip_mismatch=True"):
        model.load_weights(path)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.warns(UserWarning, match="do not fit Dense 'e'"):
        model.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    other = lamina.Sequential([lamina.Input((4,)), layers.Dense(3, name="d")])
    with pytest.raises(ValueError, match=r"weights for 1 layers.*by_name=True"):
        other.load_weights(path)
    other.load_weights(path, by_name=True)
    np.testing.assert_array_equal(other.get_weights()[0], kernel)
    for name, key, value in (("GRU", "time_major", True), ("DepthwiseConv2D", "groups", 2)):
        layer = record(name, **{**RECURRENT, key: value})
        write(path, {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}, [])
        with pytest.raises(ValueError, match=f"of Keras 2 cannot be loaded.*{key}"):
            load_model(path)


def test_long_lists_of_names(tmp_path):
    names = [f"layer_with_a_long_name_{'x' * 150}_{i}" for i in range(400)]
    model = lamina.Sequential([lamina.Input((1,)), *(layers.ReLU(name=name) for name in names), layers.Dense(1)])
    model.save_weights(tmp_path / "new.weights.h5")
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert {"layer_names0", "layer_names1"} <= set(file["model_weights"].attrs)
    loaded = load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    loaded.load_weights(tmp_path / "m.h5", by_name=True)
