"""Wrong arguments and inputs of recurrent layers."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

import lamina
from lamina import layers

D = dict


class NoSizes:
    def call(self, inputs, states):
        return inputs, states


MISTAKES: list[Mistake] = [
    *((name, D(units=0), None, "`units` is out of range.*units=0") for name in ("SimpleRNN", "LSTM", "GRU")),
    *((name, D(units=-3), None, "units=-3") for name in ("SimpleRNNCell", "LSTMCell", "GRUCell")),
    *((name, D(units=2.5), None, "units=2.5") for name in ("SimpleRNN", "LSTM", "GRU")),
    *((name, D(units=2, dropout=1.5), None, "`dropout`.*between 0 and 1") for name in ("SimpleRNN", "LSTM", "GRU")),
    *((name, D(units=2, recurrent_dropout=-0.1), None, "recurrent_dropout=-0.1") for name in ("LSTMCell", "GRU")),
    *((name, D(units=2), (2, 3), "rank 3") for name in ("SimpleRNN", "LSTM", "GRU")),
    *((name, D(units=2), (2, 3, None), "number of features") for name in ("SimpleRNN", "LSTM", "GRU")),
    *((name, D(units=2, unroll=True), (2, None, 3), "cannot be unrolled") for name in ("SimpleRNN", "LSTM", "GRU")),
    *((name, D(units=2, stateful=True), (None, 4, 3), "a known batch size") for name in ("SimpleRNN", "LSTM", "GRU")),
    ("LSTM", D(units=2, activation="tanhh"), None, "tanhh"),
    ("LSTM", D(units=2, recurrent_activation="sigmoidd"), None, "sigmoidd"),
    ("LSTM", D(units=2, kernel_initializer="glorot"), None, "glorot"),
    ("LSTM", D(units=2, recurrent_regularizer="l3"), None, "l3"),
    ("LSTM", D(units=2, bias_constraint="small"), None, "small"),
    ("LSTM", D(units=2, use_cudnn=True), None, "use_cudnn=True"),
    ("LSTM", D(units=2, implementation=3), None, "implementation=3"),
    ("LSTM", D(units=2, unit=3), None, "no such argument.*unit=3"),
    ("GRU", D(units=2, time_major=True), None, "`time_major` is not available"),
    ("GRU", D(units=2, seed="a"), None, "seed='a'"),
    ("RNN", D(cell=3), None, "RNN: the cell has no `call`"),
    ("RNN", D(cell=[]), None, "there are no cells"),
    ("RNN", D(cell=NoSizes()), None, "state_size=None"),
    ("RNN", D(cell=[layers.LSTMCell(2), 3]), None, "the cell has no `call`"),
    ("RNN", D(cell=layers.LSTMCell(2)), (2, 3), "runs over time"),
    ("RNN", D(cell=layers.LSTMCell(2), unroll=True), (2, None, 3), "cannot be unrolled"),
    ("StackedRNNCells", D(cells=layers.LSTMCell(2)), None, "a list of cells"),
    ("Bidirectional", D(layer=layers.Dense(2)), None, "`layer` is not a recurrent layer"),
    ("Bidirectional", D(layer=3), None, "layer=3"),
    ("Bidirectional", D(layer=layers.GRU(2), backward_layer="GRU"), None, "`backward_layer`"),
    ("Bidirectional", D(layer=layers.GRU(2), merge_mode="add"), None, "merge_mode='add'"),
    ("Bidirectional", D(layer=layers.GRU(2), backward_layer=layers.GRU(2)), None, "differs in `go_backwards`"),
    (
        "Bidirectional",
        D(layer=layers.GRU(2), backward_layer=layers.GRU(2, go_backwards=True, return_sequences=True)),
        None,
        "the same in `return_sequences`",
    ),
    ("TimeDistributed", D(layer="Dense"), None, "`layer` is not a layer"),
    ("TimeDistributed", D(layer=layers.Dense(2)), (2, 3), "rank 3 or more"),
    ("ConvLSTM1D", D(filters=0, kernel_size=2), None, "filters=0"),
    ("ConvLSTM1D", D(filters=2, kernel_size=(2, 2)), None, r"kernel_size=\(2, 2\)"),
    ("ConvLSTM1D", D(filters=2, kernel_size=2, padding="causal"), None, "padding='causal'"),
    ("ConvLSTM1D", D(filters=2, kernel_size=9), (2, 3, 5, 2), "larger than the input"),
    ("ConvLSTM2D", D(filters=2, kernel_size=0), None, "kernel_size=0"),
    ("ConvLSTM2D", D(filters=2, kernel_size=2, strides=2, dilation_rate=2), None, "cannot be combined"),
    ("ConvLSTM2D", D(filters=2, kernel_size=2, strides=0), None, "strides=0"),
    ("ConvLSTM2D", D(filters=2, kernel_size=2, data_format="first"), None, "data_format='first'"),
    ("ConvLSTM2D", D(filters=2, kernel_size=2), (2, 3, 4, 5), "rank 5"),
    ("ConvLSTM2D", D(filters=2, kernel_size=2), (2, 3, None, 5, 2), "the size of the states is not known"),
    ("ConvLSTM2D", D(filters=2, kernel_size=2), (2, 3, 4, 5, None), "number of channels"),
    ("ConvLSTM3D", D(filters=2, kernel_size=2, dropout=2), None, "dropout=2"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)


X = np.ones((2, 4, 3), "float32")


def zeros(*shape):
    return np.zeros(shape, "float32")


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: layers.LSTM(5)(X, initial_state=[zeros(2, 5)]), r"2 of shapes \[\(2, 5\), \(2, 5\)\].*Received: 1 of"),
        (lambda: layers.LSTM(5)(X, initial_state=[zeros(2, 5)] * 3), "Received: 3 of"),
        (lambda: layers.LSTM(5)(X, initial_state=[zeros(2, 5), zeros(2, 4)]), r"Received.*\(2, 4\)"),
        (lambda: layers.GRU(5)(X, initial_state=zeros(3, 5)), r"Received: 1 of shapes \[\(3, 5\)\]"),
        (lambda: layers.GRU(5)(X, initial_state=zeros(5)), "the states do not fit"),
        (lambda: layers.GRU(5)(X, mask=np.ones((2, 3), bool)), r"shape \(2, 4\).*Received: shape \(2, 3\)"),
        (lambda: layers.GRU(5)(X, mask=np.ones((2,), bool)), "the mask does not fit"),
        (lambda: layers.GRU(5)(X, mask=np.ones((2, 4, 3), bool)), "the mask does not fit"),
        (lambda: layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones((2, 3), bool)), "the mask does not fit"),
        (lambda: layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones((2,), bool)), "the mask does not fit"),
        (lambda: layers.GRU(5).reset_state([zeros(2, 5)]), "keeps no states"),
    ],
)
def test_states_and_masks_that_do_not_fit(call, names):
    with pytest.raises(ValueError, match=names) as caught:
        call()
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))


def test_a_built_layer_keeps_to_its_number_of_features():
    layer = layers.GRU(5)
    layer(X)
    layer(X[:1, :2])
    with pytest.raises(ValueError, match="does not fit"):
        layer(X[..., :2])


def test_a_stateful_layer_keeps_to_its_batch_size():
    layer = layers.GRU(5, stateful=True)
    layer(X)
    for other in (X[:1], np.concatenate([X, X])):
        with pytest.raises(ValueError, match="a batch of 2 samples"):
            layer(other)
    with pytest.raises(ValueError, match="the states do not fit"):
        layer.reset_state([zeros(2, 5), zeros(2, 5)])
    inputs = lamina.Input(batch_shape=(2, 4, 3))
    model = lamina.Model(inputs, layers.GRU(5, stateful=True)(inputs))
    with pytest.raises(ValueError, match="number of elements"):
        model(X[:1])
    model.compile("sgd", "mse")
    many, states = np.concatenate([X, X, X]), np.concatenate([X, X, X])[:, 0, :1]
    calls = [
        lambda: model.predict(X[:1]),
        lambda: model.predict(many),
        lambda: model.predict(many[:5], batch_size=2),
        lambda: model.fit(many, states, verbose=0),
        lambda: model.evaluate(many, states, batch_size=3, verbose=0),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"batches of 2 samples each.*Received: batches of"):
            call()
    assert model.predict(many, batch_size=2, verbose=0).shape == (6, 5)
    assert model.predict(many[:5], batch_size=2, steps=2, verbose=0).shape == (4, 5)


class Cell(layers.AbstractRNNCell):
    state_size = 3

    def __init__(self, results):
        super().__init__()
        self.results = results

    def call(self, inputs, states):
        return self.results(inputs, states[0])


@pytest.mark.parametrize(
    ("results", "names"),
    [
        (lambda x, h: x, "gives no pair"),
        (lambda x, h: (x, [h, h]), "another number of states"),
        (lambda x, h: (x, [h[:, :1]]), "changes its shape"),
    ],
)
def test_cells_that_give_something_else(results, names):
    with pytest.raises(ValueError, match=names):
        layers.RNN(Cell(results))(X)
