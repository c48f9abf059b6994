"""Layers of attention against Keras, called in every way: masks, scores, gradients, what weights start from."""

import itertools
import warnings

import numpy as np
import pytest
from cases.oracle import build_theirs

import lamina
from lamina import layers, ops

HEADED = [
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "dropout": 0.3, "use_gate": True}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "sliding_window": 2}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "dropout": 0.3}),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 3, "num_key_value_heads": 1, "dropout": 0.3}),
]
# The second query and all keys of the last sample are masked: some rows have nothing to attend to.
QUERY_MASK = np.array([[1, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]], bool)
VALUE_MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
KEY_MASK = np.array([[0, 1, 1, 1, 0], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1]], bool)
PAIRS = np.arange(3 * 4 * 5).reshape(3, 4, 5) % 4 != 1
MASKS = {
    "none": {},
    "query": {"query": QUERY_MASK},
    "value": {"value": VALUE_MASK},
    "key": {"key": KEY_MASK},
    "all": {"query": QUERY_MASK, "value": VALUE_MASK, "key": KEY_MASK},
}


def close(ours, theirs, what, scale=1.0):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=2e-6 * scale, err_msg=what)


def all_close(ours, theirs, what):
    """Gradients of one computation: some are 0 by cancellation (the key's bias), they round like the largest."""
    scale = max(1.0, *(float(np.abs(gradient).max(initial=0.0)) for gradient in theirs))
    assert len(ours) == len(theirs)
    for found, gradient in zip(ours, theirs):
        close(np.zeros(gradient.shape) if found is None else found.numpy(), gradient, what, scale)


def data(rng):
    return {
        "query": rng.normal(size=(3, 4, 6)).astype("float32"),
        "value": rng.normal(size=(3, 5, 7)).astype("float32"),
        "key": rng.normal(size=(3, 5, 6)).astype("float32"),
    }


def pair(name, options, arrays, keras):
    """The layer of both libraries with the same weights, none of them zero."""
    ours, theirs = getattr(layers, name)(**options), getattr(keras.layers, name)(**options)
    ours(**arrays)
    build_theirs(keras, theirs, **arrays)
    random = np.random.default_rng(3)
    weights = [random.normal(size=v.shape).astype("float32") for v in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def with_masks(tensors, masks):
    for name, mask in masks.items():
        tensors[name]._keras_mask = mask
    return tensors


def run_both(ours, theirs, arrays, masks, call, keras):
    """Outputs of the call, and the gradients of inputs and weights of their sum with random factors."""
    import jax
    import jax.numpy as jnp
    from keras.src.backend import set_keras_mask

    tensors = {name: ops.convert_to_tensor(a) for name, a in arrays.items()}
    carried = {name: ops.convert_to_tensor(mask) for name, mask in masks.items()}
    with lamina.GradientTape() as tape:
        tape.watch(list(tensors.values()))
        outputs = lamina.tree.flatten(ours(**with_masks(tensors, carried), **call))
        factors = [np.random.default_rng(4).normal(size=t.shape).astype("float32") for t in outputs]
        total = sum(ops.sum(output * factor) for output, factor in zip(outputs, factors))
    gradients = tape.gradient(total, [*tensors.values(), *ours.trainable_weights])

    still = [v.value for v in theirs.non_trainable_variables]

    def run(weights, moved):
        # JAX's tracers carry no masks: they are given by name. MultiHeadAttention looks for the query's all the same.
        if "query" in masks:
            set_keras_mask(moved["query"], masks["query"])
        named = {f"{name}_mask": mask for name, mask in masks.items()}
        results, _ = theirs.stateless_call(weights, still, **moved, **named, **call)
        return jax.tree_util.tree_leaves(results)

    weights = [v.value for v in theirs.trainable_variables]
    expected, pull = jax.vjp(run, weights, {name: jnp.asarray(a) for name, a in arrays.items()})
    for_weights, for_inputs = pull([jnp.asarray(factor) for factor in factors])
    return (outputs, expected), (gradients, [*(for_inputs[name] for name in arrays), *for_weights])


@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize(("name", "options"), HEADED)
def test_heads_with_masks(name, options, masks, keras, rng):
    """All masks that tensors carry, with and without a given mask, causality and scores."""
    arrays = data(rng)
    ours, theirs = pair(name, options, arrays, keras)
    for pairs, causal, scores in itertools.product((False, True), repeat=3):
        call = {"use_causal_mask": causal, "return_attention_scores": scores}
        if pairs:
            call["attention_mask"] = PAIRS
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*mask")  # theirs warns of the projections in groups
            results, gradients = run_both(ours, theirs, arrays, MASKS[masks], call, keras)
        assert len(results[0]) == len(results[1]) == 1 + scores
        for found, expected in zip(*results):
            close(found.numpy(), expected, f"output {call}")
        all_close(*gradients, f"gradient {call}")


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5), (3, 1, 4, 5), (3, 2, 4, 5), (3, 4, 1)])
def test_shapes_of_attention_masks(shape, keras, rng):
    arrays = data(rng)
    ours, theirs = pair(*HEADED[0], arrays, keras)
    mask = np.arange(np.prod(shape)).reshape(shape) % 3 != 0
    for scores in (False, True):
        call = {"attention_mask": mask, "return_attention_scores": scores}
        found, expected = ours(**arrays, **call), theirs(**arrays, **call)
        for one, other in zip(lamina.tree.flatten(found), expected if scores else [expected]):
            close(one.numpy(), other, str(call))


def test_rows_without_keys_are_zeros_where_scores_are_computed(rng):
    arrays = data(rng)
    layer = layers.MultiHeadAttention(2, 3, use_bias=False)
    mask = np.zeros((3, 4, 5), bool)
    outputs, scores = layer(**arrays, attention_mask=mask, return_attention_scores=True)
    assert not outputs.numpy().any()
    assert not scores.numpy().any()
    dropping = layers.MultiHeadAttention(2, 3, use_bias=False, dropout=0.2)
    for training in (False, True):
        assert not dropping(**arrays, attention_mask=mask, training=training).numpy().any()


@pytest.mark.parametrize(("name", "options"), HEADED)
def test_given_masks_of_queries_count_too(name, options, keras, rng):
    """Keras forgets `query_mask` when it is given to MultiHeadAttention by name; here it is as if the query had it."""
    arrays = data(rng)
    ours, _ = pair(name, options, arrays, keras)
    named = {f"{key}_mask": mask for key, mask in MASKS["all"].items()}
    carried = with_masks(
        {key: ops.convert_to_tensor(a) for key, a in arrays.items()},
        {key: ops.convert_to_tensor(mask) for key, mask in MASKS["all"].items()},
    )
    expected = ours(**carried)
    close(ours(**arrays, **named).numpy(), expected.numpy(), "output")
    np.testing.assert_array_equal(expected._keras_mask.numpy(), QUERY_MASK)
    np.testing.assert_array_equal(carried["query"]._keras_mask.numpy(), QUERY_MASK)  # it stays for others
    swapped = ours(**dict(reversed(carried.items())))  # the order of keywords does not matter
    close(swapped.numpy(), expected.numpy(), "output")
    np.testing.assert_array_equal(swapped._keras_mask.numpy(), QUERY_MASK)


@pytest.mark.parametrize(("name", "options"), HEADED)
def test_weights_have_their_names(name, options, keras, rng):
    arrays = data(rng)
    ours, theirs = (getattr(library, name)(**options, name="heads") for library in (layers, keras.layers))
    shapes = {f"{key}_shape": array.shape for key, array in arrays.items()}
    ours.build(**shapes)
    theirs.build(**shapes)
    expected = [(v.path, tuple(v.shape)) for v in theirs.weights]
    assert [(v.path, v.shape) for v in ours.weights] == expected
    again = layers.deserialize(keras.layers.serialize(theirs))  # with what it was built for
    assert [(v.path, v.shape) for v in again.weights] == expected
    back = keras.layers.deserialize(layers.serialize(ours))
    assert [(v.path, tuple(v.shape)) for v in back.weights] == expected


def test_weights_start_like_theirs(keras):
    """The variance of a kernel follows from the axes that are summed; no two projections start equal."""
    for initializer in ("glorot_uniform", "he_normal", "lecun_uniform"):
        ours, theirs = (
            library.MultiHeadAttention(16, 32, value_dim=8, kernel_initializer=initializer)
            for library in (layers, keras.layers)
        )
        ours.build((1, 2, 64), (1, 2, 64))
        theirs.build((1, 2, 64), (1, 2, 64))
        for one, other in zip(ours.weights, theirs.weights):
            assert one.numpy().std() == pytest.approx(other.numpy().std(), rel=0.05), one.path
        query, key = ours.weights[0].numpy(), ours.weights[2].numpy()
        assert not np.array_equal(query, key)


@pytest.mark.parametrize("initializer", ["glorot_normal", "he_uniform", "orthogonal"])
@pytest.mark.parametrize(
    ("equation", "sizes", "shape"),
    [("abc,cde->abde", (None, 8, 30), (1, 1, 60)), ("abcd,cde->abe", (None, 50), (1, 1, 8, 40))],
)
def test_kernels_of_einsum_dense_start_like_theirs(initializer, equation, sizes, shape, keras):
    ours, theirs = (
        library.EinsumDense(equation, sizes, kernel_initializer=initializer) for library in (layers, keras.layers)
    )
    ours.build(shape)
    theirs.build(shape)
    assert ours.kernel.numpy().std() == pytest.approx(np.asarray(theirs.kernel).std(), rel=0.05)
    if initializer != "orthogonal":
        assert ours.get_config()["kernel_initializer"]["config"].get("input_axes") is None


def test_dropout_of_scores(rng):
    x = rng.normal(size=(2, 50, 8)).astype("float32")
    for layer in (
        layers.MultiHeadAttention(2, 4, dropout=0.5, seed=1),
        layers.GroupQueryAttention(4, 2, 1, dropout=0.5, seed=1),
    ):
        still, (first, scores) = layer(x, x), layer(x, x, training=True, return_attention_scores=True)
        assert np.abs(first.numpy() - still.numpy()).max() > 1e-3
        np.testing.assert_allclose(scores.numpy().sum(-1), 1.0, rtol=1e-5)  # the scores are those before dropout
        assert not np.array_equal(layer(x, x, training=True).numpy(), first.numpy())
    for layer in (layers.Attention(dropout=0.5, seed=1), layers.AdditiveAttention(dropout=0.5, seed=1)):
        still, (first, scores) = layer([x, x]), layer([x, x], training=True, return_attention_scores=True)
        assert np.abs(first.numpy() - still.numpy()).max() > 1e-3
        np.testing.assert_allclose(scores.numpy().sum(-1), 1.0, rtol=1e-5)


SINGLE = [
    ("Attention", {}),
    ("Attention", {"use_scale": True}),
    ("Attention", {"score_mode": "concat", "use_scale": True}),
    ("AdditiveAttention", {}),
]


@pytest.mark.parametrize("given", [2, 3])
@pytest.mark.parametrize(("name", "options"), SINGLE)
def test_attention_with_masks(name, options, given, keras, rng):
    import jax
    import jax.numpy as jnp

    arrays = [rng.normal(size=shape).astype("float32") for shape in ((3, 4, 6), (3, 5, 6), (3, 5, 6))[:given]]
    ours, theirs = getattr(layers, name)(**options), getattr(keras.layers, name)(**options)
    ours(arrays)
    theirs(arrays)
    weights = [rng.normal(size=v.shape).astype("float32") for v in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    assert [(v.name, v.shape) for v in ours.weights] == [(v.name, tuple(v.shape)) for v in theirs.weights]
    for query_mask, value_mask, causal, scores in itertools.product(
        (None, QUERY_MASK), (None, VALUE_MASK), (False, True), (False, True)
    ):
        mask = None if query_mask is None and value_mask is None else [query_mask, value_mask, *[None] * (given - 2)]
        call = {"use_causal_mask": causal, "return_attention_scores": scores}
        tensors = [ops.convert_to_tensor(a) for a in arrays]
        with lamina.GradientTape() as tape:
            tape.watch(tensors)
            outputs = lamina.tree.flatten(ours(tensors, mask=mask, **call))
            factors = [np.random.default_rng(4).normal(size=t.shape).astype("float32") for t in outputs]
            total = sum(ops.sum(output * factor) for output, factor in zip(outputs, factors))
        gradients = tape.gradient(total, [*tensors, *ours.trainable_weights])

        def run(weights, moved, mask=mask, call=call):
            return jax.tree_util.tree_leaves(theirs.stateless_call(weights, [], moved, mask=mask, **call)[0])

        expected, pull = jax.vjp(run, [v.value for v in theirs.trainable_variables], [jnp.asarray(a) for a in arrays])
        for_weights, for_inputs = pull([jnp.asarray(factor) for factor in factors])
        for found, wanted in zip(outputs, expected, strict=True):
            close(found.numpy(), wanted, f"output {call}")
        all_close(gradients, [*for_inputs, *for_weights], f"gradient {call}")


def test_masks_of_attention_come_from_its_inputs(keras, rng):
    x, y = rng.normal(size=(3, 4, 6)).astype("float32"), rng.normal(size=(3, 5, 6)).astype("float32")
    x[~QUERY_MASK], y[~VALUE_MASK] = 0.0, 0.0
    results = []
    for library in (layers, keras.layers):
        outputs = library.Attention()([library.Masking()(x), library.Masking()(y)])
        np.testing.assert_array_equal(np.asarray(outputs._keras_mask), QUERY_MASK)
        results.append(np.asarray(outputs))
    close(*results, "output")


def test_half_precision_with_masks(rng):
    """Scores that are masked stay numbers in float16, with their gradients."""
    x = rng.normal(size=(3, 4, 6)).astype("float16")
    for layer in (layers.MultiHeadAttention(2, 3, dtype="float16"), layers.Attention(use_scale=True, dtype="float16")):
        x_given = [x, x] if isinstance(layer, layers.MultiHeadAttention) else [[x, x]]
        with lamina.GradientTape() as tape:
            outputs, scores = layer(*x_given, use_causal_mask=True, return_attention_scores=True)
            total = ops.sum(outputs)
        assert outputs.dtype == scores.dtype == "float16"
        for gradient in tape.gradient(total, list(layer.trainable_weights)):
            assert np.isfinite(gradient.numpy()).all()


REVERSED = [{}, {"tie_weights": False}, {"logit_soft_cap": 1.5}, {"tie_weights": False, "logit_soft_cap": 1.5}]


@pytest.mark.parametrize("options", REVERSED, ids=str)
def test_reversed_embedding(options, keras, rng):
    """Scores, and the gradients of a table that is used in both directions."""
    import jax

    numbers = rng.integers(0, 7, (3, 4))
    ours, theirs = layers.ReversibleEmbedding(7, 4, **options), keras.layers.ReversibleEmbedding(7, 4, **options)
    ours.build()
    theirs.build()
    weights = [rng.normal(size=v.shape).astype("float32") for v in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    assert [(v.path, v.shape) for v in ours.weights] == [(v.path, tuple(v.shape)) for v in theirs.weights]

    with lamina.GradientTape() as tape:
        scores = ours(ops.tanh(ours(numbers)), reverse=True)
        total = ops.sum(ops.square(scores))
    gradients = tape.gradient(total, list(ours.trainable_weights))

    def run(values):
        scope = [(v, value) for v, value in zip(theirs.trainable_variables, values)]
        with keras.StatelessScope(state_mapping=scope):
            scores = theirs(keras.ops.tanh(theirs(numbers)), reverse=True)
        return keras.ops.sum(keras.ops.square(scores)), scores

    (_, expected), wanted = jax.value_and_grad(run, has_aux=True)([v.value for v in theirs.trainable_variables])
    close(scores.numpy(), expected, "scores")
    for found, gradient in zip(gradients, wanted):
        np.testing.assert_allclose(found.numpy(), gradient, rtol=1e-4, atol=1e-4)


def test_dtype_of_reversed_embedding():
    layer = layers.ReversibleEmbedding(5, 4, reverse_dtype="float64")
    assert layer(layer(np.array([1, 2])), reverse=True).dtype == "float64"


def test_mask_of_reversible_embedding(keras):
    numbers = np.array([[1, 2, 0], [3, 0, 0]])
    for library in (layers, keras.layers):
        layer = library.ReversibleEmbedding(5, 4, mask_zero=True)
        vectors = layer(numbers)
        np.testing.assert_array_equal(np.asarray(vectors._keras_mask), numbers != 0)
        assert getattr(layer(vectors, reverse=True), "_keras_mask", None) is None


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("name", "options"), HEADED)
def test_heads_take_the_masks_of_their_inputs(name, options, causal, keras, rng):
    arrays = data(rng)
    arrays["value"] = arrays["value"][..., :6]  # in graphs Keras wants the query's features in groups
    for key, mask in MASKS["all"].items():
        arrays[key][~mask] = 0.0
    models = []
    for library in (lamina, keras):
        inputs = [library.layers.Input(array.shape[1:]) for array in arrays.values()]
        masked = [library.layers.Masking()(x) for x in inputs]
        heads = getattr(library.layers, name)(**options)
        models.append(library.Model(inputs, heads(*masked, use_causal_mask=causal)))
    random = np.random.default_rng(3)
    weights = [random.normal(size=v.shape).astype("float32") for v in models[0].weights]
    results = []
    for model in models:
        model.set_weights(weights)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*mask")
            results.append(model.predict(list(arrays.values()), verbose=0))
    close(*results, "output")
