"""Recurrent layers against Keras: outputs, states, masks, and the gradients of inputs, states and weights."""

import numpy as np
import pytest
from cases.layers import inner
from cases.oracle import build_theirs, compiled

import lamina
from lamina import layers, ops

D = dict
SEQUENCE, STEPS = (3, 6, 4), np.arange(6)
MASKS = {
    "right": np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1], [1, 0, 0, 0, 0, 0]], bool),
    "left": np.array([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1]], bool),
    "holes": np.array([[0, 1, 0, 1, 1, 0], [1, 0, 0, 1, 0, 1], [1, 1, 0, 0, 0, 1]], bool),
    "steps 3 and 5": np.tile(~np.isin(STEPS, [3, 5]), (3, 1)),
    "all": np.zeros((3, 6), bool),
}
STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}

# What a layer is made with, and whether the first states are given.
OPTIONS = [
    (D(), False),
    (D(), True),
    (D(return_sequences=True), False),
    (D(return_sequences=True, go_backwards=True), False),
    (D(return_state=True), False),
    (D(return_state=True, return_sequences=True), True),
    (D(return_state=True, return_sequences=True, go_backwards=True), True),
    (D(go_backwards=True, return_state=True, use_bias=False), True),
    (D(unroll=True, return_sequences=True), False),
    (D(unroll=True, return_state=True, go_backwards=True), True),
    (D(return_sequences=True, zero_output_for_mask=True), False),
    (D(activation="relu", kernel_initializer="he_normal", bias_initializer="ones", return_sequences=True), False),
]
OWN = {
    "SimpleRNN": [D(activation="selu"), D(activation=None, return_sequences=True)],
    "LSTM": [
        D(unit_forget_bias=False, return_sequences=True),
        D(recurrent_activation="hard_sigmoid", activation="softsign", return_state=True),
        D(recurrent_activation="tanh", activation="softmax"),
        D(implementation=1, return_sequences=True),
    ],
    "GRU": [
        D(reset_after=False, return_sequences=True),
        D(reset_after=False, use_bias=False, go_backwards=True, return_state=True),
        D(reset_after=False, activation="softmax", recurrent_activation="softmax"),
        D(recurrent_activation="hard_sigmoid", activation="softsign"),
        D(implementation=1, reset_after=False, recurrent_activation="tanh"),
    ],
}
CASES = [(name, options, given) for name in STATES for options, given in [*OPTIONS, *((o, True) for o in OWN[name])]]


def close(ours, theirs, what):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape, what
    scale = max(1.0, float(np.abs(theirs).max(initial=0.0)))
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=2e-5, atol=2e-6 * scale, err_msg=what)


def compare(ours, theirs, x, keras, rng, mask=None, states=None, training=False):
    """Everything that a call gives, and the gradients through it; `ours` and `theirs` get the same weights."""
    import jax
    import jax.numpy as jnp

    def options(states):
        first = {} if states is None else {"initial_state": list(states)}
        return {"mask": mask, "training": training, **first}

    ours(x, **options(states))
    build_theirs(keras, theirs, x, **options(states))
    values = [rng.normal(size=v.shape).astype("float32") * 0.5 for v in ours.weights]
    ours.set_weights(values)
    theirs.set_weights(values)

    given = [x, *(states or [])]
    tensors = [ops.convert_to_tensor(a) for a in given]
    with lamina.GradientTape() as tape:
        tape.watch(tensors)
        found = lamina.tree.flatten(ours(tensors[0], **options(tensors[1:] or None)))
        cotangents = [rng.normal(size=t.shape).astype("float32") for t in found]
        target = sum(ops.sum(t * c) for t, c in zip(found, cotangents))
    gradients = tape.gradient(target, [*tensors, *ours.trainable_weights])

    still = [v.value for v in theirs.non_trainable_variables]

    def run(weights, arrays):
        results, _ = theirs.stateless_call(weights, still, arrays[0], **options(arrays[1:] or None))
        flat = keras.tree.flatten(results)
        return sum((t * c).sum() for t, c in zip(flat, cotangents)), flat

    weights = [v.value for v in theirs.trainable_variables]
    (of_weights, of_inputs), expected = compiled(jax.grad(run, argnums=(0, 1), has_aux=True))(
        weights, [jnp.asarray(a) for a in given]
    )
    assert len(found) == len(expected)
    for i, (mine, wanted) in enumerate(zip(found, expected)):
        close(mine.numpy(), wanted, f"result {i}")
    names = ["inputs", *(f"state {i}" for i in range(len(given) - 1)), *(v.path for v in ours.trainable_weights)]
    for name, mine, wanted in zip(names, gradients, [*of_inputs, *of_weights], strict=True):
        close(mine.numpy(), wanted, f"gradient of {name}")


@pytest.mark.parametrize("mask", [None, "holes"])
@pytest.mark.parametrize(("name", "options", "given"), CASES, ids=str)
def test_layers(name, options, given, mask, keras, rng):
    if mask is not None and options.get("unroll") and options.get("zero_output_for_mask"):
        pytest.skip("Keras ignores zero_output_for_mask there")
    ours, theirs = (getattr(library, name)(3, **options) for library in (layers, keras.layers))
    x = rng.normal(size=SEQUENCE).astype("float32")
    states = [rng.normal(size=(3, 3)).astype("float32") for _ in range(STATES[name])] if given else None
    compare(ours, theirs, x, keras, rng, None if mask is None else MASKS[mask], states)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", STATES)
def test_patterns_of_masks(name, mask, keras, rng):
    options = D(return_sequences=True, return_state=True)
    ours, theirs = (getattr(library, name)(3, **options) for library in (layers, keras.layers))
    states = [rng.normal(size=(3, 3)).astype("float32") for _ in range(STATES[name])]
    compare(ours, theirs, rng.normal(size=SEQUENCE).astype("float32"), keras, rng, MASKS[mask], states)


def sequences(layer, /, **more):
    return inner(layer, units=3, return_sequences=True, **more)


BIDIRECTIONAL = [
    *(D(layer=sequences("LSTM"), merge_mode=mode) for mode in ("concat", "sum", "mul", "ave", None)),
    *(D(layer=inner("GRU", units=3), merge_mode=mode) for mode in ("concat", None)),
    D(layer=sequences("SimpleRNN", return_state=True), merge_mode="ave"),
    D(layer=inner("LSTM", units=2, return_state=True), merge_mode=None),
    D(layer=sequences("GRU", return_state=True, reset_after=False)),
    D(layer=sequences("LSTM"), backward_layer=sequences("GRU", go_backwards=True, name="back")),
    D(layer=sequences("LSTM", go_backwards=True), backward_layer=sequences("GRU", name="back")),
    D(layer=inner("RNN", cell=inner("GRUCell", units=2), return_sequences=True)),
]


@pytest.mark.parametrize("mask", [None, "steps 3 and 5"])
@pytest.mark.parametrize("options", BIDIRECTIONAL, ids=str)
def test_bidirectional(options, mask, keras, rng):
    case = inner("Bidirectional", **options)
    x = rng.normal(size=SEQUENCE).astype("float32")
    compare(case.make(layers), case.make(keras.layers), x, keras, rng, None if mask is None else MASKS[mask])


@pytest.mark.parametrize(("name", "count"), STATES.items())
def test_bidirectional_from_given_states(name, count, keras, rng):
    case = inner("Bidirectional", layer=sequences(name, return_state=True))
    x = rng.normal(size=SEQUENCE).astype("float32")
    states = [rng.normal(size=(3, 3)).astype("float32") for _ in range(2 * count)]
    compare(case.make(layers), case.make(keras.layers), x, keras, rng, MASKS["holes"], states)


A, B, C = inner("LSTMCell", units=3, name="a"), inner("GRUCell", units=2, name="b"), inner("SimpleRNNCell", units=4)
CELLS = [
    D(cell=A),
    D(cell=B, return_sequences=True, return_state=True),
    D(cell=C, go_backwards=True, return_state=True),
    D(cell=[A, B]),
    D(cell=[A, B, C], return_sequences=True),
    D(cell=[C, A], return_sequences=True, return_state=True),
    D(cell=[C, A], return_sequences=True, go_backwards=True),
    D(cell=[B, C], unroll=True, return_state=True),
    D(cell=inner("StackedRNNCells", cells=[C, B]), return_sequences=True),
    D(cell=[A, C], return_sequences=True, zero_output_for_mask=True),
    D(cell=inner("LSTMCell", units=3, use_bias=False, activation="relu"), zero_output_for_mask=True),
]


@pytest.mark.parametrize("mask", [None, "left"])
@pytest.mark.parametrize("options", CELLS, ids=str)
def test_cells_in_a_loop(options, mask, keras, rng):
    case = inner("RNN", **options)
    x = rng.normal(size=SEQUENCE).astype("float32")
    compare(case.make(layers), case.make(keras.layers), x, keras, rng, None if mask is None else MASKS[mask])


@pytest.mark.parametrize("case", [A, B, C, inner("GRUCell", units=3, reset_after=False)], ids=str)
def test_one_step_of_a_cell(case, keras, rng):
    ours, theirs = case.make(layers), case.make(keras.layers)
    x = rng.normal(size=(3, 4)).astype("float32")
    states = [rng.normal(size=t.shape).astype("float32") for t in ours.get_initial_state(3)]
    ours(x, states)
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    found, expected = ours(x, states), theirs(x, states)
    assert isinstance(found[1], list)
    for mine, wanted in zip(lamina.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        close(mine.numpy(), wanted, "result")


def test_a_stack_of_cells_called_step_by_step(keras, rng):
    case = inner("StackedRNNCells", cells=[A, B])
    ours, theirs = case.make(layers), case.make(keras.layers)
    x, states = rng.normal(size=(3, 4)).astype("float32"), ours.get_initial_state(3)
    ours(x, states)
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    found, expected = ours(x, states), theirs(x, theirs.get_initial_state(3))
    for mine, wanted in zip(lamina.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        close(mine.numpy(), wanted, "result")
    assert ours.state_size == theirs.state_size
    assert ours.output_size == theirs.output_size


CONVOLUTIONS = [
    D(kernel_size=2),
    D(kernel_size=3, padding="same", return_sequences=True),
    D(kernel_size=2, strides=2, return_state=True),
    D(kernel_size=2, strides=2, padding="same", return_sequences=True, return_state=True),
    D(kernel_size=2, dilation_rate=2, go_backwards=True, return_sequences=True),
    D(kernel_size=1, use_bias=False),
    D(kernel_size=2, unit_forget_bias=False, activation="relu"),
    D(kernel_size=2, recurrent_activation="hard_sigmoid", return_state=True),
    D(kernel_size=2, data_format="channels_first", return_sequences=True, return_state=True),
    D(kernel_size=3, data_format="channels_first", strides=2, padding="same", activation="softmax"),
    D(kernel_size=2, unroll=True, return_sequences=True),
]


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_lstm(rank, options, keras, rng):
    ours, theirs = (getattr(library, f"ConvLSTM{rank}D")(2, **options) for library in (layers, keras.layers))
    x = rng.normal(size=(*(2, 3, 5, 4, 3)[: rank + 2], 3)).astype("float32")
    if options.get("data_format"):
        x = np.moveaxis(x, -1, 2).copy()
    compare(ours, theirs, x, keras, rng)


@pytest.mark.parametrize("options", CONVOLUTIONS[:6], ids=str)
def test_conv_lstm_from_given_states_and_masked_samples(options, keras, rng):
    """Keras has masks here on single steps only; here a whole sample that is masked keeps its states."""
    ours, theirs = (library.ConvLSTM2D(2, **options, **D(name="x")) for library in (layers, keras.layers))
    x = rng.normal(size=(2, 3, 5, 4, 3)).astype("float32")
    shape = ours.compute_output_shape(x.shape)
    size = (shape[0] if isinstance(shape[0], tuple) else shape)[-3:]
    states = [rng.normal(size=(2, *size)).astype("float32") for _ in range(2)]
    compare(ours, theirs, x, keras, rng, states=states)
    masked = ours(x, initial_state=states, mask=np.array([[True] * 3, [False] * 3]))
    plain = ours(x, initial_state=states)
    first, wanted = (lamina.tree.flatten(results)[0].numpy() for results in (masked, plain))
    np.testing.assert_array_equal(first[0], wanted[0])
    np.testing.assert_array_equal(first[1], np.broadcast_to(states[0][1], first[1].shape))


TIME = [
    (inner("Dense", units=3), (2, 3, 4)),
    (inner("Conv2D", filters=2, kernel_size=3, padding="same"), (2, 3, 5, 4, 2)),
    (inner("Conv1D", filters=2, kernel_size=2, strides=2), (2, 3, 5, 2)),
    (inner("Flatten"), (2, 3, 4, 2)),
    (inner("LSTM", units=3), (2, 3, 4, 2)),
    (inner("LSTM", units=3, return_sequences=True), (2, 3, 4, 2)),
    (inner("Softmax"), (2, 3, 4)),
    (inner("GlobalMaxPooling2D"), (2, 3, 4, 5, 2)),
    (inner("LayerNormalization"), (2, 3, 4)),
    (inner("Dense", units=1, kernel_regularizer="l2", activation="tanh"), (1, 1, 4)),
    (inner("TimeDistributed", layer=inner("Dense", units=2, name="deep")), (2, 3, 4, 3)),
]


@pytest.mark.parametrize(("layer", "shape"), TIME, ids=str)
def test_time_distributed(layer, shape, keras, rng):
    case = inner("TimeDistributed", layer=layer)
    compare(case.make(layers), case.make(keras.layers), rng.normal(size=shape).astype("float32"), keras, rng)


def test_time_distributed_passes_the_steps_of_a_mask_on(keras, rng):
    case = inner("TimeDistributed", layer=inner("LSTM", units=3))
    x = rng.normal(size=(2, 3, 4, 2)).astype("float32")
    mask = rng.integers(0, 2, (2, 3, 4)).astype(bool)
    compare(case.make(layers), case.make(keras.layers), x, keras, rng, mask=mask)


def test_batch_normalization_in_time_distributed_follows_every_step(keras, rng):
    case = inner("TimeDistributed", layer=inner("BatchNormalization", momentum=0.5))
    ours, theirs = case.make(layers), case.make(keras.layers)
    x = rng.normal(size=(4, 3, 2)).astype("float32")
    for _ in range(2):
        close(ours(x, training=True).numpy(), theirs(x, training=True), "output")
    for mine, wanted in zip(ours.weights, theirs.weights):
        close(mine.numpy(), wanted.numpy(), mine.name)


@pytest.mark.parametrize("producer", ["Masking", "Embedding"])
@pytest.mark.parametrize("name", [*STATES, "Bidirectional"])
def test_masks_of_other_layers_arrive_and_go_on(name, producer, keras, rng):
    numbers = rng.integers(0, 3, (4, 7))

    def build(library):
        if producer == "Masking":
            inputs = library.Input((None, 1))
            x = library.layers.Masking()(inputs)
        else:
            inputs = library.Input((None,), dtype="int32")
            x = library.layers.Embedding(3, 2, mask_zero=True)(inputs)
        for units in (3, 2):
            layer = library.layers.LSTM(units, return_sequences=True) if name == "Bidirectional" else None
            layer = layer or getattr(library.layers, name)(units, return_sequences=True)
            x = (library.layers.Bidirectional(layer) if name == "Bidirectional" else layer)(x)
        return library.Model(inputs, library.layers.GlobalAveragePooling1D()(x))

    ours, theirs = build(lamina), build(keras)
    theirs.set_weights(ours.get_weights())
    x = numbers[..., None].astype("float32") if producer == "Masking" else numbers
    x[:, 0] = 1  # one step at least counts in each sample
    close(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), name)


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("name", STATES)
def test_states_from_batch_to_batch(name, stateful, keras, rng):
    ours, theirs = (getattr(library.layers, name)(3, stateful=stateful) for library in (lamina, keras))
    batches = rng.normal(size=(3, 2, 4, 5)).astype("float32")
    ours(batches[0])
    theirs(batches[0])
    theirs.set_weights(ours.get_weights())
    for layer in (ours, theirs):
        if stateful:
            layer.reset_state()
    for x in batches:
        close(ours(x).numpy(), theirs(x), "output")
    assert len(ours.weights) == len(theirs.weights)
    assert len(ours.non_trainable_variables) == len(theirs.non_trainable_variables)
