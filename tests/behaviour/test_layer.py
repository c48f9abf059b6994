"""What every layer can: weights, lazy building, names, trainable, masks, losses, configuration."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

Layer = layers.Layer


class Scale(Layer):
    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), lamina.initializers.Constant(self.start), name="factor")
        self.calls = self.add_weight((), "zeros", dtype="int32", trainable=False, name="calls")

    def call(self, inputs):
        self.calls.assign_add(1)
        return inputs * self.factor


class Block(Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.stack = [layers.Dense(units, name="first"), layers.Dropout(0.5)]
        self.named = {"out": layers.Dense(units, name="second")}
        self.modes = []

    def call(self, inputs, training=None):
        self.modes.append(training)
        for layer in self.stack:
            inputs = layer(inputs)
        return self.named["out"](inputs)


def test_builds_at_first_call():
    layer = Scale(3.0)
    assert not layer.built
    assert layer.weights == []
    with pytest.raises(ValueError, match="has no weights yet"):
        layer.get_weights()
    with pytest.raises(ValueError, match="has no weights yet"):
        layer.count_params()
    np.testing.assert_array_equal(layer(np.ones((2, 3), "float32")), 3 * np.ones((2, 3)))
    assert layer.built
    assert [w.path for w in layer.weights] == ["scale/factor", "scale/calls"]
    assert layer.count_params() == 4
    assert int(layer.calls.numpy()) == 1


def test_weights_of_sublayers_in_lists_and_dicts():
    block = Block(4)
    block(np.ones((2, 3), "float32"))
    assert [w.path for w in block.weights] == [
        "block/first/kernel",
        "block/first/bias",
        "block/second/kernel",
        "block/second/bias",
    ]
    assert len(block.variables) == 5  # and the seed of the dropout
    weights = block.get_weights()
    block.set_weights([w + 1 for w in weights])
    np.testing.assert_array_equal(block.get_weights()[0], weights[0] + 1)


def test_set_weights_checks_all_before_it_changes_any():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    for wrong in ([before[0]], [before[0] + 1, np.zeros(3)], [before[0].T, before[1]]):
        with pytest.raises(ValueError, match="do not fit"):
            layer.set_weights(wrong)
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])


def test_automatic_names():
    lamina.utils.clear_session()
    assert [layers.Dense(1).name, layers.Dense(1).name, layers.BatchNormalization().name] == [
        "dense",
        "dense_1",
        "batch_normalization",
    ]
    for bad in ("a/b", 3):
        with pytest.raises(ValueError, match="name of a Dense"):
            layers.Dense(1, name=bad)


def test_trainable_is_passed_down():
    block = Block(4)
    block(np.ones((1, 3), "float32"))
    assert len(block.trainable_weights) == 4
    block.trainable = False
    assert block.trainable_weights == []
    assert len(block.non_trainable_weights) == 4
    assert not block.stack[0].kernel.trainable
    block.trainable = True
    block.stack[0].trainable = False
    assert [w.name for w in block.trainable_weights] == ["kernel", "bias"]
    frozen = Scale(trainable=False)
    frozen.build((None, 2))
    assert frozen.trainable_weights == []
    frozen.trainable = True
    assert [w.name for w in frozen.trainable_weights] == ["factor"]
    assert [w.name for w in frozen.non_trainable_weights] == ["calls"]


def test_training_is_handed_to_inner_layers():
    block = Block(64)
    x = np.ones((8, 3), "float32")
    still = block(x, training=False)
    np.testing.assert_array_equal(still, block(x))
    assert not np.array_equal(still, block(x, training=True))
    assert block.modes == [False, None, True]

    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Block(4)

        def call(self, inputs):
            return self.inner(inputs)

    outer = Outer()
    outer(x, training=True)
    outer(x)
    assert outer.inner.modes == [True, None]


def test_dtypes():
    layer = layers.Dense(2, dtype="float64")
    y = layer(np.ones((1, 3), "float32"))
    assert (y.dtype, layer.kernel.dtype, layer.compute_dtype) == ("float64", "float64", "float64")
    assert layers.Dense(2)(np.ones((1, 3), "float64")).dtype == "float32"
    with pytest.raises(ValueError, match="dtype is not supported"):
        layers.Dense(2, dtype="float8")


def test_input_is_checked():
    layer = layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r"size 3 along axis -1.*\(1, 4\)"):
        layer(np.ones((1, 4), "float32"))
    with pytest.raises(ValueError, match=r"rank 2 or more.*\(3,\)"):
        layer(np.ones(3, "float32"))
    with pytest.raises(ValueError, match="no tensor"):
        layer("text")
    with pytest.raises(ValueError, match=r"no such argument.*unit"):
        layers.Dense(2, unit=3)
    with pytest.raises(ValueError, match="not a bool"):
        layers.Dense(2, trainable="no")


def test_what_is_missing_is_named():
    class Empty(Layer):
        pass

    with pytest.raises(NotImplementedError, match="cannot be called"):
        Empty()(np.ones(2))

    class Careless(Layer):
        def __init__(self):
            self.units = 3  # and no super().__init__()

        def call(self, inputs):
            return inputs

    with pytest.raises(RuntimeError, match="constructor of Careless"):
        Careless()(np.ones((2, 2)))
    with pytest.raises(ValueError, match="add_metric"):
        Scale().add_metric(1.0)


def test_output_shape_is_traced():
    assert layers.Dense(5).compute_output_shape((None, 7, 3)) == (None, 7, 5)
    assert layers.Conv2D(4, 3).compute_output_shape((None, None, 9, 2)) == (None, None, 7, 4)
    assert layers.Concatenate().compute_output_shape([(None, 2), (None, 3)]) == (None, 5)
    assert Block(6).compute_output_shape((2, 3)) == (2, 6)


def test_configuration_of_own_layers():
    layer = Scale(start=2.5, name="mine", trainable=False)
    config = layer.get_config()
    assert (config["start"], config["name"], config["trainable"]) == (2.5, "mine", False)
    again = Scale.from_config(config)
    assert (again.start, again.name, again.trainable) == (2.5, "mine", False)

    class Positional(Layer):
        def __init__(self, *sizes):
            super().__init__()

    with pytest.raises(NotImplementedError, match="cannot be derived"):
        Positional(1, 2).get_config()


def test_configuration_holds_objects():
    layer = layers.Dense(
        3, activation="relu", kernel_initializer=lamina.initializers.HeNormal(seed=3), kernel_regularizer="l2"
    )
    config = layer.get_config()
    assert config["activation"] == "relu"
    assert config["kernel_initializer"]["class_name"] == "HeNormal"
    again = layers.Dense.from_config(config)
    assert again.kernel_initializer.seed == 3
    assert type(again.kernel_regularizer).__name__ == "L2"
    assert again.get_config() == config


def test_losses():
    class Penalty(Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(inputs))
            return inputs

    layer = Penalty()
    layer(ops.ones((2, 2)))
    layer(ops.ones((3, 2)))
    assert [float(v) for v in layer.losses] == [6.0]  # of the last call
    dense = layers.Dense(
        2, kernel_regularizer=lamina.regularizers.L2(0.5), kernel_initializer="ones", activity_regularizer="l1"
    )
    dense(ops.ones((4, 3)))
    assert [round(float(v), 4) for v in dense.losses] == [round(0.01 * 24 / 4, 4), 3.0]
    dense.trainable = False
    assert len(dense.losses) == 1


def test_masks_travel():
    seen = {}

    class Consumer(Layer):
        def call(self, inputs, mask=None):
            seen["mask"] = mask
            return inputs

    x = ops.convert_to_tensor([[1, 0], [2, 3]])
    embedded = layers.Embedding(5, 2, mask_zero=True)(x)
    y = layers.Dropout(0.1)(layers.Dense(3)(embedded))
    np.testing.assert_array_equal(y._keras_mask, [[True, False], [True, True]])
    with pytest.warns(UserWarning, match="ignores masks"):
        z = Consumer()(y)
    np.testing.assert_array_equal(seen["mask"], y._keras_mask)
    assert not hasattr(layers.Dense(1)(ops.ones((1, 2))), "_keras_mask")
    assert z.shape == (2, 2, 3)
    with pytest.warns(UserWarning, match="ignores masks"):
        Consumer()(ops.ones((1, 2)), mask=ops.ones((1,), dtype="bool"))
    assert seen["mask"].shape == (1,)


def test_masks_of_several_inputs():
    x = ops.convert_to_tensor([[1, 0]])
    a = layers.Embedding(5, 2, mask_zero=True)(x)
    b = layers.Embedding(5, 2)(x)
    np.testing.assert_array_equal(layers.Concatenate(axis=1)([a, b])._keras_mask, [[True, False, True, True]])
    assert not hasattr(layers.Add()([a, b]), "_keras_mask")


def test_attributes_can_be_replaced_and_deleted():
    layer = Layer()
    layer.part = layers.Dense(2)
    layer.part.build((None, 1))
    assert len(layer.weights) == 2
    layer.part = layers.Dense(3)
    assert layer.weights == []
    layer.v = lamina.Variable(1.0)
    assert len(layer.weights) == 1
    del layer.v
    assert layer.weights == []


def test_weights_must_have_known_shapes():
    class Bad(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[1], 2))

        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match="cannot have this shape"):
        Bad()(lamina.Input((None, 3)))


def test_nested_lazy_build_inside_a_traced_step():
    class Net(lamina.Model):
        def __init__(self):
            super().__init__(name="net")
            self.block = Block(4, name="block")
            self.head = layers.Dense(1)

        def call(self, inputs, training=None):
            return self.head(self.block(inputs))

    model = Net()
    model.compile("sgd", "mse")
    x = np.ones((8, 3), "float32")
    model.fit(x, x[:, :1], verbose=0)
    assert [w.path for w in model.weights][:2] == ["net/block/first/kernel", "net/block/first/bias"]
    assert all(np.isfinite(w.numpy()).all() for w in model.weights)


def test_errors_of_ops_name_the_innermost_layer_and_all_its_inputs():
    class Product(layers.Layer):
        def call(self, inputs):
            return ops.matmul(*inputs)

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = Product(name="inner")

        def call(self, a, b):
            return self.inner([a, b])

    text = r"matmul: .*This was in layer 'inner' \(Product\), called on float32 \(2, 3\), float32 \(4, 5\)\.$"
    with pytest.raises(ValueError, match=text):
        Outer()(np.ones((2, 3), "float32"), np.ones((4, 5), "float32"))
    with pytest.raises(ValueError, match=r"float32 \(None, 3, 4\), float32 \(None, 5, 6\)\.$"):
        Outer()(lamina.Input((3, 4)), lamina.Input((5, 6)))
