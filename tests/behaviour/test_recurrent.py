"""Recurrent layers: states that are kept, sequences of any length, dropout, cells of users, files."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from lamina.layers.recurrent.samples import treats_samples_alone

RECURRENT = ["SimpleRNN", "LSTM", "GRU"]


@lamina.saving.register_keras_serializable()
class Leaky(layers.Layer):
    """A cell whose output differs from its state in size."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units
        self.output_size = 2 * units

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], self.units), name="kernel")

    def call(self, inputs, states):
        h = 0.5 * states[0] + ops.matmul(inputs, self.kernel)
        return ops.concatenate([h, -h], -1), [h]


@lamina.saving.register_keras_serializable()
class Streaming(lamina.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.recurrent = layers.SimpleRNN(3, stateful=True)

    def call(self, inputs):
        return self.recurrent(inputs)


def leaky(x, kernel, mask=None):
    """The outputs of `Leaky` by hand; a masked step repeats the output before."""
    h, output, outputs = np.zeros((len(x), kernel.shape[1])), np.zeros((len(x), 2 * kernel.shape[1])), []
    for t in range(x.shape[1]):
        valid = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        h = np.where(valid, 0.5 * h + x[:, t] @ kernel, h)
        output = np.where(valid, np.concatenate([h, -h], -1), output)
        outputs.append(output)
    return np.stack(outputs, 1)


# Cells of users.


@pytest.mark.parametrize("masked", [False, True])
def test_a_cell_of_ones_own(masked, rng):
    x = rng.normal(size=(3, 6, 4)).astype("float32")
    mask = rng.integers(0, 2, (3, 6)).astype(bool) if masked else None
    layer = layers.RNN(Leaky(2), return_sequences=True, return_state=True)
    outputs, state = layer(x, mask=mask)
    expected = leaky(x, layer.cell.kernel.numpy(), mask)
    np.testing.assert_allclose(outputs.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(state.numpy(), expected[:, -1, :2] if not masked else state.numpy(), atol=1e-5)
    last = layers.RNN(layer.cell)
    np.testing.assert_allclose(last(x, mask=mask).numpy(), expected[:, -1], atol=1e-5)


def test_a_cell_of_ones_own_trains_and_is_saved(rng, tmp_path):
    inputs = lamina.Input((None, 3))
    stack = layers.RNN([Leaky(4), layers.GRUCell(3), Leaky(2)], return_sequences=True)
    both = layers.Bidirectional(layers.RNN(Leaky(3)))
    model = lamina.Model(inputs, layers.Dense(1)(both(stack(inputs))))
    model.compile(lamina.optimizers.Adam(0.02), "mse")
    x = rng.normal(size=(32, 5, 3)).astype("float32")
    losses = model.fit(x, x[:, -1, :1], epochs=20, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    model.save(tmp_path / "m.lamina")
    again = lamina.models.load_model(tmp_path / "m.lamina")
    for length in (5, 2, 9):
        x = rng.normal(size=(4, length, 3)).astype("float32")
        np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_the_copy_in_bidirectional_needs_no_registered_class():
    class Mine(layers.GRUCell):
        pass

    layer = layers.Bidirectional(layers.RNN(Mine(2)))
    assert layer(np.ones((1, 3, 2), "float32")).shape == (1, 4)
    assert type(layer.backward_layer.cell) is Mine


def test_a_cell_that_overrides_call_is_run_as_it_says():
    class Twice(layers.GRUCell):
        def call(self, inputs, states, training=False):
            output, states = super().call(inputs, states, training)
            return 2.0 * output, states

    x = np.ones((1, 3, 2), "float32")
    plain, twice = layers.RNN(layers.GRUCell(2)), layers.RNN(Twice(2))
    plain(x)
    twice(x)
    twice.set_weights(plain.get_weights())
    np.testing.assert_allclose(twice(x).numpy(), 2 * plain(x).numpy(), rtol=1e-6)


def test_a_cell_that_is_no_layer():
    class Sum:
        state_size = 2

        def call(self, inputs, states):
            return inputs + states[0], inputs + states[0]

    x = np.ones((1, 3, 2), "float32")
    assert layers.RNN(Sum())(x).numpy().tolist() == [[3.0, 3.0]]
    assert layers.RNN([Sum(), Sum()])(x).numpy().tolist() == [[6.0, 6.0]]


def test_several_states_with_several_axes():
    class Pair(layers.AbstractRNNCell):
        state_size = ((2, 3), 4)
        output_size = (2, 3)

        def call(self, inputs, states):
            matrix = states[0] + ops.reshape(inputs, (-1, 2, 3))
            return matrix, (matrix, states[1] + 1.0)

    outputs, matrix, count = layers.RNN(Pair(), return_sequences=True, return_state=True)(np.ones((2, 5, 6), "float32"))
    assert outputs.shape == (2, 5, 2, 3)
    assert matrix.numpy().tolist() == outputs[:, -1].numpy().tolist()
    assert count.numpy().tolist() == [[5.0] * 4] * 2


# Lengths.


@pytest.mark.parametrize("name", RECURRENT)
def test_one_trace_serves_all_lengths(name, rng):
    inputs = lamina.Input((None, 3))
    layer = getattr(layers, name)(4, return_sequences=True)
    model = lamina.Model(inputs, layer(inputs))
    for length in (4, 1, 7):
        x = rng.normal(size=(2, length, 3)).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), layer(x).numpy(), atol=1e-6)
    assert len({id(step) for step in model._steps.values()}) == 1


@pytest.mark.parametrize("name", RECURRENT)
def test_no_steps_leave_the_first_states(name):
    x, state = np.zeros((2, 0, 3), "float32"), np.ones((2, 4), "float32")
    states = [state] * (2 if name == "LSTM" else 1)
    output, *last = getattr(layers, name)(4, return_state=True)(x, initial_state=states)
    for tensor in (output, *last):
        assert tensor.numpy().tolist() == state.tolist()
    assert getattr(layers, name)(4, return_sequences=True)(x).shape == (2, 0, 4)


# Kept states.


def stateful_model(name, batch=2, **options):
    inputs = lamina.Input(batch_shape=(batch, None, 3))
    layer = getattr(layers, name)(4, stateful=True, return_sequences=True, **options)
    return lamina.Model(inputs, layer(inputs)), layer


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("how", ["predict", "call"])
def test_one_step_per_call_gives_what_one_call_gives(name, how, rng):
    model, layer = stateful_model(name)
    x = rng.normal(size=(2, 6, 3)).astype("float32")
    whole = model.predict(x, verbose=0)
    layer.reset_state()
    run = (lambda x: model.predict(x, verbose=0)) if how == "predict" else lambda x: model(x).numpy()
    steps = [run(x[:, t : t + 1]) for t in range(6)]
    np.testing.assert_allclose(np.concatenate(steps, 1), whole, atol=1e-6)
    layer.reset_states()
    np.testing.assert_allclose(model.predict(x, verbose=0), whole, atol=1e-6)


def test_batches_of_one_call_follow_each_other(rng):
    model, layer = stateful_model("GRU")
    x = rng.normal(size=(2, 6, 3)).astype("float32")
    whole = model.predict(x, verbose=0)
    layer.reset_state()
    parts = model.predict(np.concatenate([x[:, :2], x[:, 2:4], x[:, 4:]]), batch_size=2, verbose=0)
    np.testing.assert_allclose(np.concatenate(np.split(parts, 3), 1), whole, atol=1e-6)


def test_states_are_set_and_are_no_weights(rng):
    model, layer = stateful_model("LSTM")
    assert [v.name for v in model.weights] == ["kernel", "recurrent_kernel", "bias"]
    h, c = rng.normal(size=(2, 2, 4)).astype("float32")
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    expected = layer(x, initial_state=[h, c]).numpy()
    layer.reset_state([h, c])
    np.testing.assert_array_equal(layer(x).numpy(), expected)
    stack = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], stateful=True)
    first = stack(x).numpy()
    assert not np.array_equal(stack(x).numpy(), first)
    stack.reset_state()
    np.testing.assert_array_equal(stack(x).numpy(), first)


def test_kept_states_of_bidirectional(rng):
    layer = layers.Bidirectional(layers.LSTM(3, stateful=True))
    assert layer.states is None
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    first = layer(x).numpy()
    assert len(layer.states) == 4
    assert not np.array_equal(layer(x).numpy(), first)
    layer.reset_states()
    np.testing.assert_array_equal(layer(x).numpy(), first)


@pytest.mark.parametrize("batch", [2, 3])
def test_a_file_holds_the_states_and_saving_changes_none(batch, rng, tmp_path):
    model, layer = stateful_model("LSTM", batch)
    x = rng.normal(size=(batch, 5, 3)).astype("float32")
    model.predict(x, verbose=0)
    before = [v.numpy() for v in layer.states]
    model.save(tmp_path / "m.lamina")
    for variable, value in zip(layer.states, before):
        np.testing.assert_array_equal(variable.numpy(), value)
    again = lamina.models.load_model(tmp_path / "m.lamina")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_stateful_layers_in_a_sequential_model(rng, tmp_path):
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    models = [
        lamina.Sequential([lamina.Input(batch_shape=(2, None, 3)), layers.GRU(4, stateful=True)]),
        lamina.Sequential([layers.GRU(4, stateful=True, batch_input_shape=(2, 5, 3)), layers.Dense(1)]),
        lamina.Sequential([lamina.Input((5, 3), batch_size=2), layers.Bidirectional(layers.GRU(4, stateful=True))]),
        lamina.Sequential([layers.Dense(3), layers.LSTM(4, stateful=True), layers.Dense(1)]),
        Streaming(),
    ]
    for model in models[3:]:
        model(x)
    for i, model in enumerate(models):
        model.reset_states()
        first = model.predict(x, verbose=0)
        assert not np.array_equal(model.predict(x, verbose=0), first)
        model.reset_states()
        np.testing.assert_array_equal(model.predict(x, verbose=0), first)
        model.save(tmp_path / f"{i}.lamina")
        again = lamina.models.load_model(tmp_path / f"{i}.lamina")
        np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_losses_that_a_cell_adds_in_every_step(rng):
    class Costly(layers.AbstractRNNCell):
        state_size = 3

        def call(self, inputs, states):
            self.add_loss(ops.sum(inputs**2))
            return inputs, [inputs]

    x = rng.normal(size=(2, 5, 3)).astype("float32")
    layer = layers.RNN([Costly(), Costly()])
    for _ in range(2):
        layer(x)
        np.testing.assert_allclose([float(loss) for loss in layer.losses], [(x**2).sum()] * 2, rtol=1e-5)
    inputs = lamina.Input((None, 3))
    model = lamina.Model(inputs, layer(inputs))
    model.compile("sgd", "mse")
    loss = model.evaluate(x, x[:, -1], verbose=0)
    np.testing.assert_allclose(loss, 2 * (x**2).sum(), rtol=1e-5)


def test_a_stateful_model_trains(rng):
    model, layer = stateful_model("GRU")
    model.compile(lamina.optimizers.Adam(0.05), "mse")
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    y = np.repeat(x.mean((1, 2), keepdims=True), 5, 1) * np.ones(4, "float32")
    losses = model.fit(x, y, epochs=30, batch_size=2, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert any(v.numpy().any() for v in layer.states)


# Dropout.


@pytest.mark.parametrize("name", RECURRENT)
def test_dropout_leaves_out_the_same_inputs_in_all_steps(name, rng):
    options = {"kernel_initializer": "identity", "recurrent_initializer": "zeros", "activation": None}
    options = {**options, "dropout": 0.5, "seed": 3, "return_sequences": True}
    if name == "SimpleRNN":
        outputs = layers.SimpleRNN(20, **options)(np.ones((4, 5, 20), "float32"), training=True).numpy()
        assert set(np.unique(outputs)) == {0.0, 2.0}
        assert (outputs == outputs[:, :1]).all()
        assert len(np.unique(outputs[:, 0], axis=0)) == 4
    x = rng.normal(size=(4, 5, 6)).astype("float32")
    layer = getattr(layers, name)(3, dropout=0.5, recurrent_dropout=0.5, seed=3)
    plain = layer(x, training=False).numpy()
    np.testing.assert_array_equal(layer(x).numpy(), plain)
    one, other = (layer(x, training=True).numpy() for _ in range(2))
    assert not np.array_equal(one, plain)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("implementation", [1, 2])
@pytest.mark.parametrize(("name", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_every_gate_leaves_out_others_in_implementation_1(name, gates, implementation):
    cell = (
        getattr(layers, f"{name}Cell")(
            30, dropout=0.5, seed=1, kernel_initializer="ones", unit_forget_bias=False, implementation=implementation
        )
        if name == "LSTM"
        else layers.GRUCell(30, dropout=0.5, seed=1, kernel_initializer="ones", implementation=implementation)
    )
    x = np.ones((5, 7), "float32")
    cell(x, cell.get_initial_state(5))
    projected = np.split(cell.project(ops.convert_to_tensor(x), True).numpy(), gates, -1)
    same = all(np.array_equal(projected[0], other) for other in projected[1:])
    assert same == (implementation == 2)


def test_everything_left_out():
    x = np.ones((2, 3, 4), "float32")
    layer = layers.LSTM(3, dropout=1.0, recurrent_dropout=1.0, unit_forget_bias=False)
    assert not layer(x, training=True).numpy().any()
    assert layer(x, training=False).numpy().any()


def test_a_stack_of_cells_drops_in_training(rng):
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    layer = layers.RNN([layers.GRUCell(3, dropout=0.5), layers.LSTMCell(2, recurrent_dropout=0.5)])
    assert not np.array_equal(layer(x, training=True).numpy(), layer(x).numpy())


# Everything else.


def test_symbolic_first_states_join_an_encoder_and_a_decoder(rng, tmp_path):
    source, target = lamina.Input((None, 3)), lamina.Input((None, 2))
    _, *states = layers.LSTM(4, return_state=True)(source)
    decoded = layers.LSTM(4, return_sequences=True)(target, initial_state=states)
    model = lamina.Model([source, target], layers.Dense(2)(decoded))
    model.compile("adam", "mse")
    a, b = rng.normal(size=(8, 5, 3)).astype("float32"), rng.normal(size=(8, 6, 2)).astype("float32")
    model.fit([a, b], b, verbose=0)
    model.save(tmp_path / "m.lamina")
    again = lamina.models.load_model(tmp_path / "m.lamina")
    np.testing.assert_array_equal(again.predict([a, b], verbose=0), model.predict([a, b], verbose=0))
    assert not np.array_equal(model.predict([a, b], verbose=0), model.predict([0 * a, b], verbose=0))


def test_masked_steps_leave_states_and_outputs(rng):
    x = rng.normal(size=(2, 7, 3)).astype("float32")
    mask = np.tile(~np.isin(np.arange(7), [3, 5]), (2, 1))
    layer = layers.GRU(4, return_sequences=True)
    outputs = layer(x, mask=mask)
    kept = layer(x[:, [0, 1, 2, 4, 6]]).numpy()
    np.testing.assert_allclose(outputs.numpy()[:, [0, 1, 2, 4, 6]], kept, atol=1e-6)
    np.testing.assert_array_equal(outputs.numpy()[:, 3], outputs.numpy()[:, 2])
    np.testing.assert_array_equal(outputs.numpy()[:, 5], outputs.numpy()[:, 4])
    np.testing.assert_array_equal(outputs._keras_mask.numpy(), mask)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_masked_steps_of_images(zero, data_format, rng):
    x = rng.normal(size=(2, 5, 3, 4, 3)).astype("float32")
    mask = np.tile(~np.isin(np.arange(5), [1, 4]), (2, 1))
    layer = layers.ConvLSTM2D(
        2, 2, data_format=data_format, return_sequences=True, return_state=True, zero_output_for_mask=zero
    )
    outputs, *states = layer(x, mask=mask)
    kept, *last = layer(x[:, [0, 2, 3]])
    np.testing.assert_allclose(outputs.numpy()[:, [0, 2, 3]], kept.numpy(), atol=1e-6)
    np.testing.assert_array_equal(outputs.numpy()[:, 1], (not zero) * outputs.numpy()[:, 0])
    np.testing.assert_array_equal(outputs.numpy()[:, 4], (not zero) * outputs.numpy()[:, 3])
    for mine, wanted in zip(states, last):
        np.testing.assert_allclose(mine.numpy(), wanted.numpy(), atol=1e-6)


def test_layers_that_keep_no_states_have_none_to_reset():
    model = lamina.Sequential([lamina.Input((None, 3)), layers.Bidirectional(layers.GRU(2)), layers.Dense(1)])
    model.reset_states()
    layers.LSTM(2).reset_state()
    layers.Bidirectional(layers.LSTM(2)).reset_states()


def test_masks_of_results_with_states():
    x = lamina.Input((5, 3))
    masked = layers.Masking()(x)
    outputs, h, c = layers.LSTM(2, return_sequences=True, return_state=True)(masked)
    assert getattr(outputs, "_keras_mask", None) is not None
    assert getattr(h, "_keras_mask", None) is None
    assert getattr(c, "_keras_mask", None) is None
    assert getattr(layers.LSTM(2)(masked), "_keras_mask", None) is None


def test_zeros_for_masked_steps_with_unroll(rng):
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    mask = np.array([[True, False, True, False]] * 2)
    for unroll in (False, True):
        layer = layers.GRU(3, return_sequences=True, zero_output_for_mask=True, unroll=unroll)
        outputs = layer(x, mask=mask).numpy()
        assert not outputs[:, [1, 3]].any()
        assert outputs[:, [0, 2]].all()


def test_an_activity_is_regularized_in_every_layer():
    x = np.ones((2, 3, 4), "float32")
    for name in RECURRENT:
        layer = getattr(layers, name)(3, activity_regularizer="l2")
        output = layer(x).numpy()
        np.testing.assert_allclose([float(v) for v in layer.losses], [0.01 * (output**2).sum() / 2], rtol=1e-5)


def test_losses_of_parts_inside_of_time_distributed():
    inner = lamina.Sequential([layers.Dense(2, activity_regularizer="l2"), layers.Dense(1)])
    layer = layers.TimeDistributed(inner)
    x = np.ones((2, 3, 4), "float32")
    layer(x)
    hidden = inner.layers[0](x[:, 0]).numpy()
    layer(x)
    np.testing.assert_allclose([float(v) for v in layer.losses], [3 * 0.01 * (hidden**2).sum() / 2], rtol=1e-5)


def test_time_distributed_on_unknown_sizes(rng):
    inputs = lamina.Input((None, None, 4, 2))
    layer = layers.TimeDistributed(layers.Conv2D(3, 2))
    model = lamina.Model(inputs, layer(inputs))
    for shape in ((2, 3, 5, 4, 2), (1, 7, 2, 4, 2)):
        x = rng.normal(size=shape).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), layer(x).numpy(), atol=1e-6)


def test_models_on_every_step(rng):
    image = lamina.Input((6, 6, 2))
    y = layers.MaxPooling2D()(layers.BatchNormalization()(layers.Conv2D(3, 3, activation="relu")(image)))
    network = lamina.Model(image, layers.Dense(4)(layers.Flatten()(y)))
    centred = lamina.Model(image, layers.Flatten()(image - ops.mean(image, axis=0)))
    x = rng.normal(size=(3, 4, 6, 6, 2)).astype("float32")
    for model in (network, centred, lamina.Sequential([network, layers.Dense(2)])):
        outputs = layers.TimeDistributed(model)(x).numpy()
        expected = np.stack([model(x[:, t]).numpy() for t in range(4)], 1)
        np.testing.assert_allclose(outputs, expected, atol=1e-5)
    moving = network.layers[2].moving_mean
    before = moving.numpy()
    layers.TimeDistributed(network)(x, training=True)
    assert not np.array_equal(moving.numpy(), before)


def centred(x):
    return x - ops.mean(x, axis=0)


@pytest.mark.parametrize(
    ("layer", "shape", "alone"),
    [
        (layers.Conv2DTranspose(2, 2, strides=2), (4, 3, 2), True),
        (layers.DepthwiseConv2D(2), (4, 3, 2), True),
        (layers.SeparableConv1D(3, 2, activation="relu"), (4, 2), True),
        (layers.LocallyConnected1D(3, 2), (4, 2), True),
        (layers.AdaptiveAveragePooling1D(2), (5, 2), True),
        (layers.UpSampling2D(interpolation="bilinear"), (2, 3, 2), True),
        (layers.GroupNormalization(2), (3, 4), True),
        (layers.UnitNormalization([1, -1]), (3, 4), True),
        (layers.Dropout(0.5), (3, 4), True),
        (layers.Activation(layers.LeakyReLU()), (4,), True),
        (layers.Activation(layers.Softmax(0)), (4,), False),
        (layers.Activation(centred), (4,), False),
        (layers.Dense(2, activation=centred), (4,), False),
        (layers.Softmax(0), (4,), False),
        (layers.UnitNormalization(-2), (4,), False),
    ],
    ids=str,
)
def test_steps_are_samples_where_samples_are_alone(layer, shape, alone, rng):
    x = rng.normal(size=(3, 4, *shape)).astype("float32")
    expected = np.stack([layer(x[:, t]).numpy() for t in range(4)], 1)
    assert treats_samples_alone(layer, False) == alone
    np.testing.assert_allclose(layers.TimeDistributed(layer)(x).numpy(), expected, atol=1e-6)


def test_first_weights_of_bidirectional(rng):
    values = [rng.normal(size=s).astype("float32") for s in [(3, 6), (2, 6), (2, 6)] * 2]
    layer = layers.Bidirectional(layers.GRU(2), weights=values)
    layer(np.ones((1, 4, 3), "float32"))
    for mine, wanted in zip(layer.get_weights(), values, strict=True):
        np.testing.assert_array_equal(mine, wanted)


@pytest.mark.parametrize("name", ["CuDNNLSTM", "CuDNNGRU"])
def test_names_of_old_files(name):
    config = {"name": "old", "trainable": True, "units": 4, "return_sequences": True, "time_major": False}
    layer = layers.deserialize({"class_name": name, "config": config})
    assert type(layer) is getattr(layers, name.removeprefix("CuDNN"))
    assert layer.units == 4
    assert layer.return_sequences


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
@pytest.mark.parametrize("name", RECURRENT)
def test_dtypes(name, policy, rng):
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    layer = getattr(layers, name)(5, dtype=policy, return_sequences=True)
    plain = getattr(layers, name)(5, return_sequences=True)
    plain(x)
    output = layer(x)
    layer.set_weights(plain.get_weights())
    assert output.dtype == policy.removeprefix("mixed_")
    assert all(v.dtype == ("float64" if policy == "float64" else "float32") for v in layer.weights)
    np.testing.assert_allclose(layer(x).numpy().astype("float32"), plain(x).numpy(), atol=0.05)
    wrapped = layers.RNN(getattr(layers, f"{name}Cell")(5, dtype=policy))
    assert wrapped(x).dtype == "float32"


def test_arguments_of_the_cell_are_those_of_the_layer():
    layer = layers.LSTM(4, activation="relu", unit_forget_bias=False, dropout=0.25, trainable=False, seed=7)
    for name in ("units", "activation", "unit_forget_bias", "dropout", "kernel_initializer", "bias_constraint", "seed"):
        assert getattr(layer, name) is getattr(layer.cell, name)
    assert not layer.cell.trainable
    layer(np.ones((1, 2, 3), "float32"))
    assert not layer.trainable_weights
    assert layer.cell.bias.numpy().tolist() == [0.0] * 16
    assert layers.LSTM(4, use_cudnn=False).get_config()["use_cudnn"] is False
    assert "use_cudnn" not in layers.LSTM(4).get_config()
    with pytest.raises(TypeError, match="LSTM: missing"):
        layers.LSTM()
