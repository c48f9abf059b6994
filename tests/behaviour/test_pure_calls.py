"""Pure calls, scopes and functions."""

import numpy as np
import pytest
from cases.custom import Linear, X, Y, real, same_both_ways

import lamina
from lamina import layers, ops


def ready_model(**arguments):
    lamina.utils.set_random_seed(4)
    model = lamina.Sequential(
        [
            lamina.Input((6,)),
            Linear(8, penalty=0.1),
            layers.BatchNormalization(),
            layers.Dropout(0.3, seed=2),
            layers.Dense(2, kernel_regularizer="l2"),
        ]
    )
    model.compile(lamina.optimizers.Adam(0.01), "mse", metrics=["mae"], **arguments)
    model.optimizer.build(model.trainable_variables)
    return model


def values(variables):
    return [v.value for v in variables]


def test_a_step_without_state_is_the_compiled_step():
    model, other = ready_model(), ready_model()
    before = [v.numpy() for v in model.variables]
    trainable, state = values(model.trainable_variables), values(model.non_trainable_variables)
    slots = values(model.optimizer.variables)
    for start in (0, 16, 32):
        x, y = X[start : start + 16], Y[start : start + 16]
        with lamina.GradientTape() as tape:
            tape.watch(trainable)
            y_pred, state, losses = model.stateless_call(trainable, state, x, training=True, return_losses=True)
            loss = ops.mean(ops.square(y - y_pred)) + sum(losses)
        gradients = tape.gradient(loss, trainable)
        trainable, slots = model.optimizer.stateless_apply(slots, gradients, trainable)
    for a, b in zip(model.variables, before):
        np.testing.assert_array_equal(a.numpy(), b)  # nothing has changed yet
    assert int(model.optimizer.iterations.numpy()) == 0
    for group, new in (
        (model.trainable_variables, trainable),
        (model.non_trainable_variables, state),
        (model.optimizer.variables, slots),
    ):
        for variable, value in zip(group, new):
            variable.assign(value)
    other.fit(X, Y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    for a, b in zip(model.variables, other.variables):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5, err_msg=a.path)
    for a, b in zip(model.optimizer.variables, other.optimizer.variables):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-5, err_msg=a.path)


def test_stateless_compute_loss():
    model = ready_model()
    trainable, state = values(model.trainable_variables), values(model.non_trainable_variables)
    y_pred, state = model.stateless_call(trainable, state, X, training=False)
    halved = [t * 0.5 for t in trainable]
    metrics = values(model.metrics_variables)
    loss, (same, _, new_metrics) = model.stateless_compute_loss(halved, state, metrics, X, Y, y_pred, None)
    assert same is halved
    assert len(new_metrics) == len(metrics)
    penalty = 0.01 * 0.25 * (model.layers[-1].kernel.numpy() ** 2).sum()
    added = 0.1 * (X**2).mean()  # what `add_loss` was given in the last call
    assert float(loss) == pytest.approx(((Y - y_pred.numpy()) ** 2).mean() + penalty + added, rel=1e-4)


def test_metrics_without_state():
    metric = lamina.metrics.Mean()
    start = metric.stateless_reset_state()
    state = metric.stateless_update_state(start, [1.0, 3.0])
    state = metric.stateless_update_state(state, [5.0], sample_weight=[2.0])
    assert float(metric.stateless_result(state)) == 3.5
    assert [float(v) for v in metric.variables] == [0.0, 0.0]
    metric.update_state([7.0])
    assert [float(v) for v in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.result()) == 7.0


def test_pure_calls_inside_a_traced_step():
    class Pure(lamina.Model):
        def __init__(self):
            super().__init__()
            self.net = lamina.Sequential([lamina.Input((6,)), layers.BatchNormalization(), layers.Dense(2)])

        def call(self, x):
            return self.net(x)

        def train_step(self, data):
            x, y = data
            trainable = [v.value for v in self.net.trainable_variables]
            state = [v.value for v in self.net.non_trainable_variables]
            with lamina.GradientTape() as tape:
                tape.watch(trainable)
                y_pred, state = self.net.stateless_call(trainable, state, x, training=True)
                loss = ops.mean(ops.square(y - y_pred))
            for variable, gradient in zip(self.net.trainable_variables, tape.gradient(loss, trainable)):
                variable.assign_sub(0.1 * gradient)
            for variable, value in zip(self.net.non_trainable_variables, state):
                variable.assign(value)
            return {"loss": loss}

    same_both_ways(Pure)


def test_errors_of_pure_calls():
    model = ready_model()
    trainable, state = values(model.trainable_variables), values(model.non_trainable_variables)
    with pytest.raises(ValueError, match="`trainable_variables` does not fit"):
        model.stateless_call(trainable[1:], state, X)
    with pytest.raises(ValueError, match="`non_trainable_variables` does not fit"):
        model.stateless_call(trainable, [], X)
    with pytest.raises(ValueError, match="no weights yet"):
        Linear(3).stateless_call([], [], X)
    with pytest.raises(ValueError, match="does not have its shape"):
        model.stateless_call([trainable[1], trainable[0], *trainable[2:]], state, X)
    with pytest.raises(ValueError, match="`optimizer_variables` does not fit"):
        model.optimizer.stateless_apply([], trainable, trainable)
    with pytest.raises(ValueError, match="build"):
        lamina.optimizers.SGD(0.1).stateless_apply([], trainable, trainable)
    with pytest.raises(ValueError, match="`metric_variables` does not fit"):
        lamina.metrics.Mean().stateless_update_state([0.0], [1.0])
    with pytest.raises(ValueError, match="belongs to no variable"):
        lamina.StatelessScope([(1.0, 2.0)])


def test_stateless_scope():
    v, w = lamina.Variable([1.0, 2.0]), lamina.Variable(3.0)
    with lamina.StatelessScope([(v, [5.0, 6.0])]) as scope:
        assert (v + 1.0).numpy().tolist() == [6.0, 7.0]
        assert v.numpy().tolist() == [5.0, 6.0]
        v.assign_sub([1.0, 1.0])
        with lamina.StatelessScope() as inner:
            w.assign(9.0)
            assert float(w) == 9.0
        assert float(w) == 3.0
        assert float(inner.get_current_value(w)) == 9.0
    assert scope.get_current_value(v).numpy().tolist() == [4.0, 5.0]
    assert scope.get_current_value(w) is None
    assert v.numpy().tolist() == [1.0, 2.0]
    model = ready_model()
    with lamina.StatelessScope([(p, p * 0.0) for p in model.trainable_weights]):
        assert (model(X).numpy() == 0).all()
    assert (model(X).numpy() != 0).any()


def test_name_scope_and_device():
    with lamina.name_scope("outer"), lamina.name_scope("inner"):
        assert lamina.Variable(1.0, name="v").path == "outer/inner/v"
    with lamina.device("cpu"), lamina.device("CPU:0"):
        assert float(ops.sum([1.0, 2.0])) == 3.0
    for name in ("gpu", "gpu:0", "cpu:1", 0):
        with pytest.raises(ValueError, match="device: there is no such device"), lamina.device(name):
            pass


def test_symbolic_scope():
    with lamina.SymbolicScope():
        assert ops.sum(lamina.Variable([1.0, 2.0])).is_symbolic
    assert not ops.sum(lamina.Variable([1.0, 2.0])).is_symbolic


def test_function():
    a, b = lamina.KerasTensor((None, 2, 3)), lamina.KerasTensor((None, 2, 3))
    function = lamina.Function(inputs=[a, b], outputs={"y": ops.sigmoid(a + b), "z": ops.sum(a, axis=-1)})
    x, y = real(4, 2, 3), real(4, 2, 3, seed=1)
    found = function([x, y])
    np.testing.assert_allclose(found["y"].numpy(), 1 / (1 + np.exp(-x - y)), rtol=1e-5)
    assert function.compute_output_shape([(5, 2, 3), (5, 2, 3)]) == {"y": (5, 2, 3), "z": (5, 2)}
    assert len(function.inputs) == 2
    assert len(function.outputs) == 2
    c = lamina.Input((2, 3))
    model = lamina.Model(c, function([c, c * 2.0])["z"])
    np.testing.assert_allclose(model.predict(x, verbose=0), x.sum(-1), rtol=1e-5, atol=1e-6)
    for inputs, outputs in (([], [a]), ([a], [])):
        with pytest.raises(ValueError, match="Function: there are no"):
            lamina.Function(inputs, outputs)
    with pytest.raises(ValueError, match="not among its inputs"):
        lamina.Function([a], ops.sigmoid(b))


def test_variable():
    v = lamina.Variable(lambda shape, dtype: ops.ones(shape, dtype), shape=(2, 3), dtype="float32", name="v")
    assert (v.shape, v.dtype, v.ndim, v.trainable, v.name) == ((2, 3), "float32", 2, True, "v")
    v.assign(v * 2.0)
    v.assign_add(np.ones((2, 3)))
    assert (v.numpy() == 3.0).all()
    assert ops.sum(v[0] @ ops.transpose(v)).numpy() == 54.0
    assert np.asarray(v).shape == (2, 3)
