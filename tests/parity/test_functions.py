"""Activations, initializers, regularizers, constraints, optimizers and schedules against Keras."""

import inspect

import numpy as np
import pytest
from cases import functions
from cases.arrays import make_all
from cases.compare import close
from cases.oracle import compiled

import lamina
from lamina import ops

ROW = {"ids": lambda row: row.id}


def value_and_gradient(function, x):
    tensor = ops.convert_to_tensor(x)
    with lamina.GradientTape() as tape:
        tape.watch(tensor)
        value = function(tensor)
        total = ops.sum(value)
    return value.numpy(), tape.gradient(total, tensor).numpy()


def their_value_and_gradient(function, x):
    import jax
    import jax.numpy as jnp

    @compiled
    def both(x):
        value, pull = jax.vjp(function, x)
        return value, pull(jnp.ones_like(value))[0]

    return both(jnp.asarray(x))


@pytest.mark.parametrize("axis", [0, -1])
def test_sparsemax_is_a_projection(axis, rng):
    """Keras 3.15.1 sums too much where several entries stay; this is the definition."""
    x = rng.normal(size=(6, 6))
    p = lamina.activations.sparsemax(x, axis=axis).numpy()
    assert p.min() == 0.0
    np.testing.assert_allclose(p.sum(axis), 1.0)
    # Nearest point of the simplex: x - p is the same wherever p > 0, and not larger elsewhere.
    gap = np.where(p > 0, x - p, np.nan)
    top = np.nanmax(gap, axis=axis, keepdims=True)
    np.testing.assert_allclose(top, np.nanmin(gap, axis=axis, keepdims=True))
    assert (np.where(p > 0, -np.inf, x) <= top).all()


@pytest.mark.parametrize("row", [row for row in functions.ACTIVATIONS if row.parity], **ROW)
def test_activations(row, keras):
    (x,) = make_all(row.inputs)
    ours = value_and_gradient(lambda t: getattr(lamina.activations, row.name)(t, **row.kwargs), x)
    theirs = their_value_and_gradient(lambda t: getattr(keras.activations, row.name)(t, **row.kwargs), x)
    for mine, wanted in zip(ours, theirs):
        close(mine, wanted, atol=4e-6)
    if row.name != "threshold" and not row.kwargs:
        function = getattr(lamina.activations, row.name)
        assert lamina.activations.get(lamina.activations.serialize(function)) is function
        assert lamina.activations.serialize(function) == keras.activations.serialize(
            getattr(keras.activations, row.name)
        )


SHAPES = ((6,), (4, 6), (2, 3, 4, 6))
KINKS = np.array([-8, -6, -3, -1, -0.5, 0, 0.5, 1, 3, 6, 7, 8], "float32")


@pytest.mark.parametrize("name", sorted(set(lamina.activations.FUNCTIONS) - {"sparsemax", "threshold"}))
def test_activations_of_many_inputs(name, keras, rng):
    """Values and gradients for several ranks, for large and for tiny numbers; values where pieces meet."""
    import jax
    import jax.numpy as jnp

    arrays = [real.astype("float32") for real in (rng.normal(size=shape) * 2.0 for shape in SHAPES)]
    arrays += [np.linspace(-61.3, 62.7, 24, dtype="float32"), np.linspace(-2.3e-4, 1.7e-4, 24, dtype="float32")]
    ours = [value_and_gradient(getattr(lamina.activations, name), x) for x in arrays]
    function = getattr(keras.activations, name)

    @compiled
    def everything(arrays):
        values, pull = jax.vjp(lambda xs: [function(x) for x in xs], arrays)
        return values, pull([jnp.ones_like(value) for value in values])[0]

    for i, (mine, value, gradient) in enumerate(zip(ours, *everything([jnp.asarray(x) for x in arrays]))):
        close(mine[0], value, atol=4e-6, what=f"value {i}")
        close(mine[1], gradient, atol=4e-6, what=f"gradient {i}")
    close(np.asarray(getattr(lamina.activations, name)(KINKS)), function(jnp.asarray(KINKS)), atol=4e-6)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((), {}),
        ((7,), {}),
        ((4, 6), {}),
        ((3, 4, 6), {}),
        ((3, 5, 4, 6), {}),
        ((2, 3, 5, 4, 6), {}),
        ((3, 5, 4, 6), {"input_axes": [0], "output_axes": [1, 2]}),
        ((3, 5, 4, 6), {"input_axes": [-1, 0], "output_axes": [-2]}),
    ],
    ids=str,
)
def test_fans(shape, axes, keras):
    from keras.src.initializers.random_initializers import compute_fans

    assert lamina.initializers.compute_fans(shape, **axes) == compute_fans(shape, **axes)


@pytest.mark.parametrize("row", functions.INITIALIZERS, **ROW)
def test_initializers(row, keras):
    ours, theirs = (getattr(library.initializers, row.name)(**row.kwargs) for library in (lamina, keras))
    shape = {"Identity": (40, 60), "STFT": (16, 1, 9)}.get(row.name, (3, 3, 40, 60))
    if row.kwargs.get("input_axes") == [1]:
        shape = (90, 300)
    mine, wanted = np.asarray(ours(shape).numpy()), np.asarray(theirs(shape))
    assert mine.shape == wanted.shape
    assert mine.dtype == wanted.dtype
    if "seed" not in row.kwargs:
        close(mine, wanted, atol=1e-5)
    elif row.name == "Orthogonal":
        for matrix in (mine.reshape(-1, 60), np.asarray(ours((20, 50)).numpy()).T):
            close(matrix.T @ matrix, np.eye(matrix.shape[1]) * ours.gain**2, atol=1e-5)
    else:
        assert mine.mean() == pytest.approx(wanted.mean(), abs=5 * wanted.std() / np.sqrt(wanted.size))
        assert mine.std() == pytest.approx(wanted.std(), rel=0.03)
        assert np.abs(mine).max() == pytest.approx(np.abs(wanted).max(), rel=0.15)
        np.testing.assert_array_equal(mine, ours(shape).numpy())
    np.testing.assert_array_equal(mine, type(ours).from_config(ours.get_config())(shape).numpy())
    keras.initializers.deserialize(lamina.initializers.serialize(ours))
    lamina.initializers.deserialize(keras.initializers.serialize(theirs))


@pytest.mark.parametrize("kind", ["REGULARIZERS", "CONSTRAINTS"])
def test_regularizers_and_constraints(kind, keras):
    for row in getattr(functions, kind):
        (x,) = make_all(row.inputs)
        ours, theirs = (getattr(getattr(library, kind.lower()), row.name)(**row.kwargs) for library in (lamina, keras))
        mine = value_and_gradient(ours, x)
        wanted = their_value_and_gradient(theirs, x)
        close(mine[0], wanted[0], what=row.id)
        close(mine[1], wanted[1], what=row.id)
        namespace, other = getattr(lamina, kind.lower()), getattr(keras, kind.lower())
        close(other.deserialize(namespace.serialize(ours))(keras.ops.convert_to_tensor(x)), wanted[0])
        close(namespace.deserialize(other.serialize(theirs))(x).numpy(), wanted[0])


def needs_arguments(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


@pytest.mark.parametrize(
    "namespace", ["losses", "metrics", "optimizers", "initializers", "activations", "regularizers", "constraints"]
)
def test_names_are_theirs(namespace, keras):
    """Each string that our `get` knows means the same in Keras, apart from a few names of our own."""
    own = {
        "exp",
        "LossFunctionWrapper",
        "Metric",
        "MeanMetricWrapper",
        "mean_metric_wrapper",
        "Loss",
        "Regularizer",
        "regularizer",
    }
    own |= {
        "categorical_generalized_cross_entropy",
        "l1_l2",
        "constant",
        "Constant",
        "CategoricalGeneralizedCrossEntropy",
    }  # no name, or a failing one, there
    own |= {"LossScaleOptimizer", "MultiOptimizer", "OptimizerMap", "Lamb"}  # need arguments; not in Keras' table
    own |= {"Constraint", "constraint", "Initializer", "initializer", "Optimizer", "metric"}
    for name in getattr(lamina, namespace).NAMESPACE.objects:
        if name in own:
            continue
        found = getattr(lamina, namespace).NAMESPACE.find(name)
        if namespace == "metrics" and needs_arguments(found):
            with pytest.raises(TypeError, match=rf"^{found.__name__}\.__init__\(\) missing"):
                keras.metrics.get(name)
            continue
        theirs = getattr(keras, namespace).get(name)
        ours = getattr(lamina, namespace).get(name)
        assert getattr(theirs, "__name__", type(theirs).__name__) == getattr(ours, "__name__", type(ours).__name__), (
            name
        )


@pytest.mark.parametrize("namespace", ["optimizers", "initializers", "regularizers", "constraints"])
def test_signatures_are_theirs(namespace, keras):
    for cls in {v for v in getattr(lamina, namespace).NAMESPACE.objects.values() if inspect.isclass(v)}:
        if cls.__name__ in ("LossFunctionWrapper", "Regularizer", "Constraint", "Initializer"):
            continue
        ours, theirs = (
            [
                (p.name, p.default)
                for p in inspect.signature(c.__init__).parameters.values()
                if p.kind is not p.VAR_KEYWORD
            ]
            for c in (cls, getattr(getattr(keras, namespace), cls.__name__))
        )
        assert [n for n, _ in ours] == [n for n, _ in theirs], cls
        for (name, mine), (_, wanted) in zip(ours, theirs):
            assert mine == wanted or (wanted is inspect.Parameter.empty), (cls, name)


@pytest.mark.parametrize(
    "namespace",
    ["layers", "losses", "metrics", "optimizers", "initializers", "activations", "regularizers", "constraints"],
)
def test_public_names_are_theirs(namespace, keras):
    """Whatever of Keras is here, is here under all names it has there."""
    ours, theirs = getattr(lamina, namespace), getattr(keras, namespace)
    checked = 0
    for name, value in vars(theirs).items():
        own_name = getattr(value, "__name__", "")
        if name.startswith("_") or not callable(value) or not hasattr(ours, own_name):
            continue
        assert getattr(getattr(ours, name), "__name__", None) == own_name, name
        checked += 1
    assert checked > 5
