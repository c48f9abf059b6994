"""Wrong arguments, shapes and dtypes: what happened, what was expected, what came, how to fix it."""

import numpy as np
import pytest

import lamina
from lamina import constraints, initializers, layers, losses, metrics, optimizers, regularizers

X2, X3 = np.ones((2, 3), "float32"), np.ones((2, 3, 4), "float32")
SCHEDULES = optimizers.schedules

# What is done, the kind of error, and what the text has to name.
MISTAKES = [
    # Layers; more in tests/behaviour/test_bad_arguments_<family>.py
    (lambda: layers.Softmax()(X3, mask=np.ones((2, 3), bool)), ValueError, r"\(2, 3\)"),
    (lambda: layers.BatchNormalization()(X3, training=True, mask=np.ones(2, bool)), ValueError, "mask"),
    # Losses and metrics
    (lambda: losses.get("mean_square_error"), ValueError, "mean_squared_error"),
    (lambda: losses.get(3), ValueError, "3"),
    (lambda: losses.MeanSquaredError(reduction="average"), ValueError, "reduction='average'"),
    (lambda: losses.Loss()(X2, X2), NotImplementedError, "call"),
    (lambda: losses.categorical_crossentropy(X2[:, 0], X2), ValueError, r"\(2, 3\)"),
    (lambda: losses.categorical_crossentropy(X2, X2, label_smoothing=2.0), ValueError, "label_smoothing"),
    (lambda: losses.categorical_crossentropy(X2, X2, axis=2), ValueError, "axis=2"),
    (lambda: losses.sparse_categorical_crossentropy(X2, X2), ValueError, r"\(2, 3\)"),
    (
        lambda: losses.sparse_categorical_crossentropy(np.array([0, 3]), X2, from_logits=True),
        (ValueError, IndexError),
        "3",
    ),
    (
        lambda: losses.sparse_categorical_crossentropy(np.array([0.0, np.nan]), X2, from_logits=True),
        (ValueError, IndexError),
        "label",
    ),
    (lambda: losses.sparse_categorical_crossentropy(np.array([0, -1]), X2), (ValueError, IndexError), "-1"),
    (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.5)(np.array([0, 1]), X2), ValueError, "q=1.5"),
    (lambda: metrics.get("acuracy"), ValueError, "accuracy"),
    (lambda: metrics.categorical_accuracy(np.array([0, 1]), X2), ValueError, "sparse_categorical_accuracy"),
    (lambda: metrics.TopKCategoricalAccuracy(k=0)(X2, X2), ValueError, "k=0"),
    (lambda: metrics.R2Score(class_aggregation="mean"), ValueError, "class_aggregation"),
    (lambda: metrics.R2Score()(X3, X3), ValueError, r"\(2, 3, 4\)"),
    (lambda: metrics.Metric().result(), NotImplementedError, "result"),
    # Optimizers and schedules
    (lambda: optimizers.get("adm"), ValueError, "optimizer"),
    (lambda: optimizers.get(lambda: 1), ValueError, "Adam"),
    (lambda: optimizers.get(None), ValueError, "None"),
    (lambda: optimizers.SGD(1), ValueError, "learning_rate=1"),
    (lambda: optimizers.SGD("fast"), ValueError, "learning_rate"),
    (lambda: optimizers.SGD(float("nan")), ValueError, "learning_rate"),
    (lambda: optimizers.SGD(momentum=1.5), ValueError, "momentum"),
    (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0), ValueError, "clipnorm"),
    (lambda: optimizers.SGD(clipnorm=-1.0), ValueError, "clipnorm"),
    (lambda: optimizers.SGD(gradient_accumulation_steps=1), ValueError, "gradient_accumulation_steps"),
    (lambda: optimizers.SGD(use_ema=True, ema_momentum=2.0), ValueError, "ema_momentum"),
    (lambda: optimizers.SGD(speed=1.0), ValueError, "speed"),
    (lambda: optimizers.Adam(beta_1=1.5), ValueError, "beta_1"),
    (lambda: optimizers.SGD().apply([X2]), ValueError, "trainable_variables"),
    (lambda: optimizers.SGD().apply([X2], []), ValueError, "gradients"),
    (lambda: optimizers.SGD().apply([None], [lamina.Variable(X2)]), ValueError, "gradient"),
    (
        lambda: [o := optimizers.SGD(), o.build([lamina.Variable(X2)]), o.apply([X2], [lamina.Variable(X2)])],
        ValueError,
        "slots",
    ),
    (lambda: optimizers.SGD().set_weights([]), ValueError, "build"),
    (lambda: setattr(optimizers.SGD(SCHEDULES.CosineDecay(0.1, 10)), "learning_rate", 0.1), TypeError, "learning rate"),
    (lambda: SCHEDULES.CosineDecay(0.1, 0), ValueError, "decay_steps"),
    (lambda: SCHEDULES.PiecewiseConstantDecay([1, 2], [0.1, 0.2]), ValueError, "boundaries"),
    (lambda: SCHEDULES.ExponentialDecay(0.1, 10, "half"), ValueError, "decay_rate"),
    # Initializers, regularizers, constraints
    (lambda: initializers.VarianceScaling(scale=0.0), ValueError, "scale"),
    (lambda: initializers.VarianceScaling(mode="fan"), ValueError, "mode"),
    (lambda: initializers.VarianceScaling(distribution="gauss"), ValueError, "distribution"),
    (lambda: initializers.HeNormal(input_axes=[2], output_axes=[0])((3, 4)), ValueError, "input_axes=2"),
    (lambda: initializers.RandomNormal(seed="x"), ValueError, "seed"),
    (lambda: initializers.RandomNormal(stddev=-1.0), ValueError, "stddev=-1.0"),
    (lambda: initializers.RandomUniform(minval="x"), ValueError, "minval='x'"),
    (lambda: initializers.TruncatedNormal(mean=float("nan")), ValueError, "mean=nan"),
    (lambda: initializers.Orthogonal()((3,)), ValueError, r"\(3,\)"),
    (lambda: initializers.Identity()((3, 3, 3)), ValueError, r"\(3, 3, 3\)"),
    (lambda: initializers.STFT(window="round"), ValueError, "window"),
    (lambda: initializers.STFT(window=[1.0, 2.0])((4, 1, 3)), ValueError, r"\(2,\)"),
    (lambda: initializers.Constant(np.ones(4))((2, 3)), ValueError, r"\(4,\)"),
    (lambda: regularizers.L2(-1.0), ValueError, "l2"),
    (lambda: regularizers.L1(float("inf")), ValueError, "l1"),
    (lambda: regularizers.OrthogonalRegularizer(mode="both"), ValueError, "mode"),
    (lambda: regularizers.OrthogonalRegularizer()(X3), ValueError, r"\(2, 3, 4\)"),
    (lambda: constraints.MaxNorm(-1.0), ValueError, "max_value"),
    (lambda: constraints.MinMaxNorm(1.0, 0.5), ValueError, "max_value"),
    (lambda: constraints.MinMaxNorm(rate=2.0), ValueError, "rate"),
    (lambda: constraints.UnitNorm(axis="all"), ValueError, "UnitNorm: `axis`.*axis='all'"),
    (lambda: constraints.MaxNorm(axis=[0, 1.5]), ValueError, r"axis=\[0, 1.5\]"),
    (lambda: constraints.MinMaxNorm(axis=None), ValueError, "axis=None"),
    (lambda: constraints.MinMaxNorm(min_value=-1.0), ValueError, "min_value=-1.0"),
    (lambda: constraints.UnitNorm(axis=2)(X2), ValueError, "no axis 2"),
    (lambda: regularizers.L1("strong"), ValueError, "l1='strong'"),
    (lambda: regularizers.L1L2(l2=-0.1), ValueError, "l2=-0.1"),
    (lambda: regularizers.OrthogonalRegularizer(factor=-1.0), ValueError, "factor=-1.0"),
    (lambda: lamina.activations.softmax(X2, axis=2), ValueError, "axis=2"),
    (lambda: lamina.activations.log_softmax(X2, axis=2), ValueError, "no axis 2"),
    (lambda: lamina.activations.sparsemax(X2, axis=-3), ValueError, "no axis -3"),
    (lambda: lamina.activations.glu(X2), ValueError, r"cannot be halved.*\(2, 3\)"),
    (lambda: lamina.activations.get("rleu"), ValueError, "'relu'"),
    (lambda: lamina.activations.get(3), ValueError, "callable"),
]


@pytest.mark.parametrize(("mistake", "kind", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(mistake, kind, names):
    with pytest.raises(kind, match=names) as caught:
        mistake()
    text = str(caught.value)
    assert "xpected" in text, text
    assert "eceived" in text, text


def test_a_last_layer_of_one_unit_is_pointed_out():
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(X2[:, :1], X2[:, :1])


def test_unreached_weights_are_pointed_out():
    used, unused = lamina.Variable(X2), lamina.Variable(X2, name="unused")
    with pytest.warns(UserWarning, match="unused"):
        optimizers.SGD().apply([X2, None], [used, unused])


def test_layers_and_functions_serve_as_activations():
    def doubled(x):
        return x + x

    layer = layers.Activation(layers.LeakyReLU(0.5))
    again = layers.deserialize(layers.serialize(layer))
    assert again.activation.negative_slope == 0.5
    np.testing.assert_array_equal(again(-X2).numpy(), -0.5 * X2)
    dense = layers.Dense(3, activation=doubled, kernel_initializer="identity")
    with lamina.saving.custom_object_scope({"doubled": doubled}):
        again = layers.deserialize(layers.serialize(dense))
    np.testing.assert_array_equal(again(X2).numpy(), 2 * X2)


def test_functions_and_objects_of_the_user_are_taken():
    class Fives(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return lamina.ops.full(shape, 5.0, dtype=dtype)

    class Gap(losses.Loss):
        def call(self, y_true, y_pred):
            return lamina.ops.mean(lamina.ops.absolute(y_true - y_pred), axis=-1)

    class SignDescent(optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, lamina.ops.sign(gradient) * learning_rate)

    def distance(y_true, y_pred):
        return lamina.ops.max(lamina.ops.absolute(y_true - y_pred), axis=-1)

    model = lamina.Sequential([lamina.Input((2,)), layers.Dense(1, kernel_initializer=Fives(), use_bias=False)])
    model.compile(SignDescent(0.5), Gap(), metrics=[distance, metrics.MeanMetricWrapper(distance, name="again")])
    history = model.fit(np.ones((4, 2), "float32"), np.zeros((4, 1), "float32"), batch_size=2, verbose=0).history
    np.testing.assert_allclose(model.get_weights()[0], 4.0)
    assert history["distance"] == history["again"] == [pytest.approx(9.5)]


def test_configurations_of_own_classes_are_derived():
    class Scaled(losses.Loss):
        def __init__(self, factor, name="scaled"):
            super().__init__(name=name)
            self.factor = factor

        def call(self, y_true, y_pred):
            return lamina.ops.mean(y_true - y_pred, axis=-1) * self.factor

    class Total(metrics.Metric):
        def __init__(self, start=0.0, **kwargs):
            super().__init__(**kwargs)
            self.start = start

    class Halving(SCHEDULES.LearningRateSchedule):
        def __init__(self, start):
            self.start = start

        def __call__(self, step):
            return self.start * 0.5 ** lamina.ops.cast(step, "float32")

    for made in (Scaled(2.0), Total(1.0, name="sum of all"), Halving(0.3)):
        assert type(made).from_config(made.get_config()).get_config() == made.get_config()
    assert Scaled(2.0).get_config() == {"factor": 2.0, "name": "scaled"}
    assert Total(1.0, name="all").get_config() == {"start": 1.0, "name": "all"}
    optimizer = optimizers.SGD(Halving(0.3))
    with lamina.saving.custom_object_scope({"Halving": Halving}):
        again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert float(again.learning_rate.numpy()) == pytest.approx(0.3)


def test_old_arguments_are_understood():
    assert layers.Dropout(p=0.3).get_config()["rate"] == 0.3
    assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1
    assert layers.AveragePooling2D().pool_size == (2, 2)
    assert layers.BatchNormalization(axis=[3]).axis == 3
    with pytest.warns(UserWarning, match="decay"):
        optimizers.SGD(decay=1e-3)
    table = np.arange(6.0).reshape(3, 2)
    for weights in (table, [table]):
        layer = layers.Embedding(3, 2, weights=weights)
        np.testing.assert_array_equal(layer.get_weights()[0], table)
    model = lamina.Sequential([layers.Embedding(10, 4, input_length=5), layers.Flatten(), layers.Dense(1)])
    assert model.output_shape == (None, 1)
    assert model.layers[1].output_shape == (None, 20)
