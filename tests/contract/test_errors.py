"""Wrong arguments, shapes and dtypes: what happened, what was expected, what came, how to fix it."""

import numpy as np
import pytest

import lamina
from lamina import constraints, initializers, layers, losses, metrics, optimizers, regularizers

X2, X3 = np.ones((2, 3), "float32"), np.ones((2, 3, 4), "float32")
IMAGE = np.ones((2, 5, 5, 3), "float32")
SCHEDULES = optimizers.schedules

# What is done, the kind of error, and what the text has to name.
MISTAKES = [
    # Constructor arguments of layers
    (lambda: layers.Dense(0), ValueError, "units"),
    (lambda: layers.Dense(-3), ValueError, "units=-3"),
    (lambda: layers.Dense(2.5), ValueError, "units=2.5"),
    (lambda: layers.Dense(3, activation="rleu"), ValueError, "'relu'"),
    (lambda: layers.Dense(3, kernel_initializer="glorot"), ValueError, "initializer"),
    (lambda: layers.Dense(3, kernel_regularizer="l3"), ValueError, "regularizer"),
    (lambda: layers.Dense(3, kernel_constraint="nonneg"), ValueError, "non_neg"),
    (lambda: layers.Dense(3, quantization_config="int8"), ValueError, "quantization_config"),
    (lambda: layers.Dense(3, unit=4), ValueError, "unit=4"),
    (lambda: layers.Embedding(0, 3), ValueError, "input_dim"),
    (lambda: layers.Embedding(3, -1), ValueError, "output_dim"),
    (lambda: layers.Lambda(3), TypeError, "function"),
    (lambda: layers.ReLU(max_value=-1.0), ValueError, "max_value"),
    (lambda: layers.ReLU(negative_slope=-1.0), ValueError, "negative_slope"),
    (lambda: layers.LeakyReLU("steep"), ValueError, "steep"),
    (lambda: layers.ThresholdedReLU(-1.0), ValueError, "theta"),
    (lambda: layers.Reshape((-1, -1)), ValueError, "target_shape"),
    (lambda: layers.Reshape((2.0, 3)), ValueError, "target_shape"),
    (lambda: layers.Permute((1, 3)), ValueError, "dims"),
    (lambda: layers.RepeatVector(0), ValueError, "n=0"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "padding"),
    (lambda: layers.ZeroPadding1D(-1), ValueError, "padding"),
    (lambda: layers.Cropping2D("x"), ValueError, "cropping"),
    (lambda: layers.Conv2D(0, 3), ValueError, "filters"),
    (lambda: layers.Conv2D(4, 0), ValueError, "kernel_size"),
    (lambda: layers.Conv2D(4, (3, 3, 3)), ValueError, "kernel_size"),
    (lambda: layers.Conv2D(4, 3, strides=0), ValueError, "strides"),
    (lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2), ValueError, "dilation_rate"),
    (lambda: layers.Conv2D(4, 3, padding="causal"), ValueError, "padding"),
    (lambda: layers.Conv2D(4, 3, padding="some"), ValueError, "padding"),
    (lambda: layers.Conv2D(4, 3, data_format="NHWC"), ValueError, "data_format"),
    (lambda: layers.Conv2D(4, 3, groups=3), ValueError, "groups=3"),
    (lambda: layers.Conv2D(4, 3, groups=0), ValueError, "groups"),
    (lambda: layers.MaxPooling2D(0), ValueError, "pool_size"),
    (lambda: layers.AveragePooling2D(2, padding="causal"), ValueError, "padding"),
    (lambda: layers.BatchNormalization(axis=[1, 2]), TypeError, "axis"),
    (lambda: layers.BatchNormalization(momentum=2.0), ValueError, "momentum"),
    (lambda: layers.BatchNormalization(epsilon=-1.0), ValueError, "epsilon"),
    (lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"max": 1.0}), ValueError, "renorm_clipping"),
    (lambda: layers.LayerNormalization(axis="last"), TypeError, "axis"),
    (lambda: layers.Dropout(1.5), ValueError, "rate=1.5"),
    (lambda: layers.Dropout(None), ValueError, "rate"),
    (lambda: layers.Dropout(0.5, noise_shape=(0, 1)), ValueError, "noise_shape"),
    (lambda: layers.GaussianNoise(-1.0), ValueError, "stddev"),
    (lambda: layers.GaussianDropout(-0.1), ValueError, "rate"),
    (lambda: layers.ActivityRegularization(l1=-1.0), ValueError, "l1"),
    (lambda: layers.Concatenate(axis=1.5), ValueError, "axis"),
    (lambda: layers.Dot(axes=(1, 2, 3)), ValueError, "axes"),
    # Inputs of layers
    (lambda: layers.Dense(3)(np.ones(4, "float32")), ValueError, "dense"),
    (lambda: [layer := layers.Dense(3), layer(X2), layer(np.ones((2, 5), "float32"))], ValueError, r"\(2, 5\)"),
    (lambda: layers.Dense(3).build((None, None)), ValueError, "features"),
    (lambda: layers.Embedding(4, 2)(np.array([[1, 4]])), (ValueError, IndexError), "4"),
    (lambda: layers.Embedding(4, 2, weights=np.ones((3, 2))), ValueError, r"\(4, 2\)"),
    (lambda: layers.Softmax()(X3, mask=np.ones((2, 3), bool)), ValueError, r"\(2, 3\)"),
    (lambda: layers.PReLU(shared_axes=[5])(X2), ValueError, "shared_axes"),
    (lambda: layers.Reshape((5,))(X2), ValueError, "target_shape"),
    (lambda: layers.Permute((2, 1))(X2), ValueError, "permute"),
    (lambda: layers.RepeatVector(2)(X3), ValueError, "repeat_vector"),
    (lambda: layers.Cropping1D(2)(X3), ValueError, r"\(2, 3, 4\)"),
    (lambda: layers.Conv2D(4, 3)(X3), ValueError, "conv2d"),
    (lambda: layers.Conv2D(4, 7)(IMAGE), ValueError, r"\(7, 7\)"),
    (lambda: layers.Conv2D(4, 3, groups=2)(IMAGE), ValueError, "groups=2"),
    (lambda: layers.MaxPooling2D(6)(IMAGE), ValueError, r"\(6, 6\)"),
    (lambda: layers.GlobalAveragePooling2D()(X3), ValueError, "global_average_pooling2d"),
    (lambda: layers.BatchNormalization(axis=4)(X3), ValueError, "axis=4"),
    (lambda: layers.BatchNormalization()(X3, training=True, mask=np.ones(2, bool)), ValueError, "mask"),
    (lambda: layers.LayerNormalization(axis=3)(X3), ValueError, "axis=3"),
    (lambda: layers.Dropout(0.5, noise_shape=(None, 1))(X3, training=True), ValueError, "noise_shape"),
    (lambda: layers.Add()(X2), ValueError, "list"),
    (lambda: layers.Add()([X2, X3[:, :2]]), ValueError, r"\(2, 3\)"),
    (lambda: layers.Add()([X2, X2[:1]]), ValueError, "batch"),
    (lambda: layers.Subtract()([X2, X2, X2]), ValueError, "exactly 2"),
    (lambda: layers.Concatenate()([X2, X3]), ValueError, r"\(2, 3, 4\)"),
    (lambda: layers.Concatenate(axis=1)([X3, X3[:, :, :2]]), ValueError, r"\(2, 3, 2\)"),
    (lambda: layers.Concatenate(axis=4)([X3, X3]), ValueError, "axis=4"),
    (lambda: layers.Dot(axes=1)([X2, X2[:, :2]]), ValueError, r"\(2, 2\)"),
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
