"""Attention."""

from cases.arrays import real, unit
from cases.layers.case import Case, D, rows

ROWS: list[Case] = [
    *rows(
        "Attention",
        (D(use_scale=True), (real(2, 3, 4), real(2, 5, 4))),
        (D(), (real(2, 3, 4), real(2, 5, 6), real(2, 5, 4))),
        (D(score_mode="concat"), (real(2, 3, 4), real(2, 5, 4))),
        (D(score_mode="concat", use_scale=True), (real(2, 3, 4), real(2, 5, 3), real(2, 5, 4))),
        (D(dropout=0.4, seed=5), (real(2, 3, 4), real(2, 5, 4))),
        (D(use_scale=True), (real(2, 2, 3, 4), real(2, 2, 5, 4))),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "AdditiveAttention",
        (D(), (real(2, 3, 4), real(2, 5, 4))),
        (D(use_scale=False), (real(2, 3, 4), real(2, 5, 4))),
        (D(), (real(2, 3, 4), real(2, 5, 6), real(2, 5, 4))),
        (D(dropout=0.4, seed=5), (real(2, 3, 4), real(2, 5, 4))),
        (D(use_scale=False), (real(2, 2, 3, 4), real(2, 2, 5, 4))),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "MultiHeadAttention",
        (D(num_heads=2, key_dim=3), (unit(2, 4, 5), unit(2, 6, 5))),
        (
            D(num_heads=3, key_dim=2, value_dim=4, use_bias=False, dropout=0.2),
            (unit(2, 4, 5), unit(2, 6, 3), unit(2, 6, 7)),
        ),
        (D(num_heads=1, key_dim=2, output_shape=6, use_gate=True), (unit(2, 4, 5), unit(2, 3, 5))),
        (D(num_heads=2, key_dim=3, output_shape=[2, 3], kernel_regularizer="l2"), (unit(2, 4, 5), unit(2, 3, 5))),
        (D(num_heads=2, key_dim=3, sliding_window=2, bias_initializer="ones"), (unit(2, 5, 4), unit(2, 5, 4))),
        (D(num_heads=2, key_dim=3, attention_axes=2), (unit(2, 3, 4, 5), unit(2, 3, 4, 5))),
        (D(num_heads=2, key_dim=3, attention_axes=[1]), (unit(2, 3, 4, 5), unit(2, 6, 4, 5))),
        (D(num_heads=2, key_dim=3), (unit(2, 3, 2, 5), unit(2, 2, 3, 5))),
        (D(num_heads=2, key_dim=3, dropout=0.4, seed=5), (unit(2, 4, 5), unit(2, 6, 5))),
        (D(num_heads=2, key_dim=3, activity_regularizer="l2", bias_regularizer="l1"), (unit(2, 4, 5), unit(2, 6, 5))),
        masks=True,
        unknown=(1,),
        spread=True,
    ),
    *rows(
        "GroupQueryAttention",
        (D(head_dim=3, num_query_heads=4, num_key_value_heads=2), (unit(2, 4, 5), unit(2, 6, 5))),
        (
            D(head_dim=2, num_query_heads=3, num_key_value_heads=1, use_bias=False),
            (unit(2, 4, 5), unit(2, 6, 3), unit(2, 6, 7)),
        ),
        (D(head_dim=3, num_query_heads=2, num_key_value_heads=2, use_gate=True), (unit(2, 4, 5), unit(2, 3, 5))),
        (
            D(head_dim=3, num_query_heads=4, num_key_value_heads=2, sliding_window=2, kernel_initializer="he_normal"),
            (unit(2, 5, 4), unit(2, 5, 4)),
        ),
        (
            D(head_dim=3, num_query_heads=4, num_key_value_heads=2, dropout=0.4, seed=5),
            (unit(2, 4, 5), unit(2, 6, 5)),
        ),
        (
            D(head_dim=3, num_query_heads=4, num_key_value_heads=2, activity_regularizer="l2", kernel_regularizer="l1"),
            (unit(2, 4, 5), unit(2, 6, 5)),
        ),
        masks=True,
        unknown=(1,),
        spread=True,
    ),
]
