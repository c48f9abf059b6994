"""Wrong arguments and inputs of attention, EinsumDense, embeddings and LoRA: refused with what was expected."""

import numpy as np
import pytest

from lamina import layers

D = dict
ONE = (2, 3, 4)
TWO = (ONE, (2, 5, 4))
HEADS = D(num_heads=2, key_dim=3)
GROUPS = D(head_dim=3, num_query_heads=4, num_key_value_heads=2)

# Layer, its arguments, the shape or shapes it is called on (None: the constructor refuses), what the text names.
REFUSED = [
    ("EinsumDense", D(equation="abc", output_shape=4), None, "the equation.*'abc'"),
    ("EinsumDense", D(equation=3, output_shape=4), None, "the equation.*3"),
    ("EinsumDense", D(equation="ab,bc->", output_shape=4), None, "the equation"),
    ("EinsumDense", D(equation="ab,bc->ad", output_shape=4), None, "the equation"),
    ("EinsumDense", D(equation="ab,bcd->ac", output_shape=4), None, "the equation"),
    ("EinsumDense", D(equation="aab,bc->ac", output_shape=4), None, "each once"),
    ("EinsumDense", D(equation="...ab,bc->ac", output_shape=4), None, "one side of both"),
    ("EinsumDense", D(equation="...ab,bc->ac...", output_shape=4), None, "one side of both"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=0), None, "output_shape=0"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=2.5), None, "output_shape=2.5"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=4, bias_axes="d"), None, "bias_axes='d'"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=4, bias_axes=""), None, "bias_axes=''"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=4, activation="rleu"), None, "relu"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=4, quantization_config="int8"), None, "quantization_config"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=4, lora_rank=0), None, "lora_rank=0"),
    ("EinsumDense", D(equation="ab,bc->ac", output_shape=4), ONE, r"do not fit.*\(2, 3, 4\)"),
    ("EinsumDense", D(equation="abc,cd->abd", output_shape=4), ONE, r"do not fit.*output_shape=\(4,\)"),
    ("EinsumDense", D(equation="abc,cd->abd", output_shape=(5, 4)), ONE, r"do not fit.*\(5, 4\)"),
    ("EinsumDense", D(equation="abcd,de->abce", output_shape=(None, None, 4)), ONE, r"do not fit.*\(2, 3, 4\)"),
    ("EinsumDense", D(equation="abc,cd->abd", output_shape=(None, None)), ONE, "known size of axis 'd'"),
    ("Attention", D(score_mode="dots"), None, "score_mode='dots'"),
    ("Attention", D(dropout=1.5), None, "dropout=1.5"),
    ("Attention", D(dropout=0.5, seed="x"), None, "seed='x'"),
    ("Attention", D(), ONE, r"a list \[query, value\]"),
    ("Attention", D(), (ONE,), r"a list \[query, value\].*1 of them"),
    ("Attention", D(), (ONE, ONE, ONE, ONE), "4 of them"),
    ("Attention", D(), (ONE, (2, 5, 6)), r"do not fit.*\(2, 5, 6\)"),
    ("Attention", D(), (ONE, (2, 6, 4), (2, 5, 4)), r"do not fit.*\(2, 6, 4\)"),
    ("Attention", D(), ((2, 4), (2, 4)), r"do not fit.*\(2, 4\)"),
    ("AdditiveAttention", D(dropout=-0.1), None, "dropout=-0.1"),
    ("AdditiveAttention", D(), ONE, r"a list \[query, value\]"),
    ("AdditiveAttention", D(), (ONE, (2, 5, 6)), r"AdditiveAttention.*do not fit"),
    ("MultiHeadAttention", D(num_heads=0, key_dim=3), None, "num_heads=0"),
    ("MultiHeadAttention", D(num_heads=2, key_dim=2.5), None, "key_dim=2.5"),
    ("MultiHeadAttention", D(**HEADS, value_dim=-1), None, "value_dim=-1"),
    ("MultiHeadAttention", D(**HEADS, dropout=2.0), None, "dropout=2.0"),
    ("MultiHeadAttention", D(**HEADS, output_shape=0), None, "output_shape=0"),
    ("MultiHeadAttention", D(**HEADS, attention_axes="time"), None, "attention_axes='time'"),
    ("MultiHeadAttention", D(**HEADS, sliding_window=0), None, "sliding_window=0"),
    ("MultiHeadAttention", D(**HEADS, kernel_initializer="glorot"), None, "initializer"),
    ("MultiHeadAttention", D(**HEADS, heads=3), None, "heads=3"),
    ("MultiHeadAttention", HEADS, ((2, 4), (2, 4)), r"do not fit.*query \(2, 4\)"),
    ("MultiHeadAttention", HEADS, (ONE, (2, 5, 3, 4)), r"do not fit.*value \(2, 5, 3, 4\)"),
    ("MultiHeadAttention", HEADS, (ONE, (2, 5, 4), (2, 6, 4)), r"do not fit.*key \(2, 6, 4\)"),
    ("MultiHeadAttention", D(**HEADS, attention_axes=2), TWO, "attended over.*attention_axes=.2"),
    ("MultiHeadAttention", D(**HEADS, attention_axes=[0]), TWO, "attended over"),
    ("MultiHeadAttention", D(**HEADS, attention_axes=[1, 1]), TWO, "different axes"),
    ("MultiHeadAttention", D(**HEADS, attention_axes=5), TWO, "attention_axes=5"),
    ("MultiHeadAttention", D(**HEADS, sliding_window=2), ((2, 3, 2, 4), (2, 3, 2, 4)), "several axes have no order"),
    ("GroupQueryAttention", D(head_dim=0, num_query_heads=4, num_key_value_heads=2), None, "head_dim=0"),
    ("GroupQueryAttention", D(head_dim=3, num_query_heads=0, num_key_value_heads=2), None, "num_query_heads=0"),
    ("GroupQueryAttention", D(head_dim=3, num_query_heads=4, num_key_value_heads=0), None, "num_key_value_heads=0"),
    ("GroupQueryAttention", D(head_dim=3, num_query_heads=4, num_key_value_heads=3), None, "split into groups"),
    ("GroupQueryAttention", D(**GROUPS, dropout=-1.0), None, "dropout=-1.0"),
    ("GroupQueryAttention", D(**GROUPS, sliding_window=1.5), None, "sliding_window=1.5"),
    ("GroupQueryAttention", GROUPS, ((2, 4), (2, 4)), "do not fit"),
    ("Embedding", D(input_dim=3, output_dim=0), None, "output_dim=0"),
    ("Embedding", D(input_dim=3, output_dim=2, lora_rank=-1), None, "lora_rank=-1"),
    ("Embedding", D(input_dim=3, output_dim=2, lora_rank=1.5), None, "lora_rank=1.5"),
    ("Embedding", D(input_dim=3, output_dim=2, quantization_config="int8"), None, "quantization_config"),
    ("ReversibleEmbedding", D(input_dim=0, output_dim=2), None, "ReversibleEmbedding.*input_dim=0"),
    ("ReversibleEmbedding", D(input_dim=3, output_dim=2, logit_soft_cap=0.0), None, "logit_soft_cap=0.0"),
    ("ReversibleEmbedding", D(input_dim=3, output_dim=2, logit_soft_cap="high"), None, "logit_soft_cap='high'"),
    ("ReversibleEmbedding", D(input_dim=3, output_dim=2, reverse_dtype="float"), None, "float"),
    ("Dense", D(units=3, lora_rank="two"), None, "lora_rank='two'"),
    ("Dense", D(units=3, lora_rank=2, lora_alpha="much"), None, "lora_alpha='much'"),
    ("Dense", D(units=3, lora_rank=2, kernel_constraint="non_neg"), (2, 4), "kernel_constraint=None"),
    ("Conv2D", D(filters=3, kernel_size=2, lora_rank=0), None, "lora_rank=0"),
]


def zeros(shape):
    return np.zeros(shape, "float32")


@pytest.mark.parametrize(("name", "arguments", "shape", "names"), REFUSED)
def test_refused(name, arguments, shape, names):
    def run():
        layer = getattr(layers, name)(**arguments)
        if shape is None:
            return
        inputs = list(map(zeros, shape)) if isinstance(shape[0], tuple) else zeros(shape)
        layer(*inputs) if name in ("MultiHeadAttention", "GroupQueryAttention") else layer(inputs)

    with pytest.raises((ValueError, TypeError), match=names) as caught:
        run()
    text = str(caught.value)
    assert text.index("Expected: ") < text.index("Received: ") < text.index("Fix: ")


CALLS = [
    (lambda: layers.MultiHeadAttention(**HEADS)(*map(zeros, TWO), attention_mask=np.ones(5, bool)), "attention_mask"),
    (
        lambda: layers.MultiHeadAttention(**HEADS)(*map(zeros, TWO), attention_mask=np.ones((1, 1, 1, 3, 5), bool)),
        "attention_mask.*rank 2 to 4",
    ),
    (lambda: layers.MultiHeadAttention(**HEADS)(*map(zeros, TWO), attention_mask=np.ones((2, 5, 3))), "mask"),
    (
        lambda: layers.MultiHeadAttention(**HEADS)(zeros((2, 3, 2, 4)), zeros((2, 3, 2, 4)), use_causal_mask=True),
        "several axes have no order",
    ),
    (
        lambda: layers.MultiHeadAttention(**HEADS)(*map(zeros, TWO), value_mask=np.ones((2, 3, 5), bool)),
        r"rank 2.*\(2, 3, 5\).*`attention_mask`",
    ),
    (lambda: layers.Attention()([*map(zeros, TWO)], mask=np.ones((2, 3), bool)), r"its masks likewise"),
    (lambda: layers.Dense(3).enable_lora(2), "no weights yet"),
    (lambda: [layer := layers.Dense(3), layer.build((None, 4)), layer.enable_lora(0)], "rank=0"),
    (
        lambda: [layer := layers.Dense(3), layer.build((None, 4)), layer.enable_lora(2, lora_alpha="x")],
        "lora_alpha='x'",
    ),
    (
        lambda: [layer := layers.Dense(3), layer.build((None, 4)), layer.enable_lora(2, a_initializer="he")],
        "initializer",
    ),
    (lambda: [layer := layers.Dense(3, lora_rank=2), layer.build((None, 4)), layer.enable_lora(2)], "enabled already"),
    (
        lambda: [
            layer := layers.Embedding(3, 4, embeddings_constraint="non_neg"),
            layer.build(),
            layer.enable_lora(2),
        ],
        "embeddings_constraint=None",
    ),
]


@pytest.mark.parametrize(("mistake", "names"), CALLS, ids=range(len(CALLS)))
def test_wrong_calls(mistake, names):
    with pytest.raises(ValueError, match=names):
        mistake()


def test_a_failed_adaptation_changes_nothing():
    layer = layers.Dense(3)
    layer.build((None, 4))
    with pytest.raises(ValueError, match="initializer"):
        layer.enable_lora(2, b_initializer="hee")
    assert [v.name for v in layer.weights] == ["kernel", "bias"]
    assert all(v.trainable for v in layer.weights)
    layer.enable_lora(2)
