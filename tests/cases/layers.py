"""Rows of layers: constructor arguments and input shapes. The first row of a class is trained by the contract tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.arrays import Array, distinct, integers, real, unit


@dataclass(frozen=True)
class Case:
    layer: str
    kwargs: dict[str, Any]
    inputs: tuple[Array, ...]  # the batch is part of the shapes
    random: bool = False  # draws numbers in training
    masks: bool | None = None  # whether it knows masks; None: not asked in this row
    parity: bool = True  # Keras has it and computes the same
    unknown: tuple[
        int, ...
    ] = ()  # axes of the first input besides the batch that may be unknown when the graph is made
    spread: bool = False  # the call takes its inputs one by one, not as a list
    seed: int = field(default=3)

    def arguments(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """These values as the positional arguments of a call."""
        return tuple(values) if self.spread or len(values) == 1 else (list(values),)

    @property
    def id(self) -> str:
        text = ",".join(f"{k}={getattr(v, '__name__', v)}" for k, v in self.kwargs.items())
        return f"{self.layer}({text})".replace(" ", "")

    def make(self, layers: Any, **more: Any) -> Any:
        """The layer, of the library that `layers` belongs to; a `dtype` is for the layers inside too."""
        dtype = {k: v for k, v in more.items() if k == "dtype"}

        def made(value: Any) -> Any:
            if isinstance(value, list) and any(isinstance(v, Case) for v in value):
                return [made(v) for v in value]
            return value.make(layers, **dtype) if isinstance(value, Case) else value

        return getattr(layers, self.layer)(**{k: made(v) for k, v in self.kwargs.items()}, **more)

    def inside(self) -> "list[Case]":
        """The rows among its arguments, and theirs."""
        found = [v for values in self.kwargs.values() for v in (values if isinstance(values, list) else [values])]
        return [row for v in found if isinstance(v, Case) for row in (v, *v.inside())]

    def __str__(self) -> str:
        return self.id

    __repr__ = __str__


def rows(layer: str, *cases: tuple[dict[str, Any], Any], masks: bool = False, **options: Any) -> list[Case]:
    """Cases of one class; inputs may be one array or a tuple of them. `unknown` counts for the first row only."""
    unknown = options.pop("unknown", ())
    made = []
    for i, (kwargs, inputs) in enumerate(cases):
        arrays = inputs if isinstance(inputs, tuple) else (inputs,)
        made.append(Case(layer, kwargs, arrays, masks=masks, unknown=() if i else unknown, **options))
    return made


def inner(layer: str, /, **kwargs: Any) -> Case:
    """A layer among the arguments of another one: made anew each time."""
    return Case(layer, {"name": "inner", **kwargs}, ())


def squared_plus(x, amount=1.0):
    """For Lambda: a function with a name, so that it can be saved; it works on tensors of any library."""
    return x * x + amount


def halved(x):
    return x * 0.5


def every_second(x):
    return x[:, ::2]


FUNCTIONS = {"squared_plus": squared_plus, "halved": halved, "every_second": every_second}

D = dict
IMAGE, ODD = real(2, 8, 7, 3), real(2, 5, 9, 4)
VOLUME, VOLUME_OF_4 = real(1, 2, 3, 4, 2), real(2, 2, 3, 2, 4)
STEPS = real(3, 5, 2)

LAYERS: list[Case] = [
    *rows(
        "Dense",
        (D(units=4), real(3, 5)),
        (D(units=3, activation="tanh", use_bias=False), real(2, 4, 5)),
        (D(units=6, activation="softmax", kernel_initializer="he_normal", bias_initializer="ones"), real(2, 3, 2, 5)),
        (D(units=1, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"), real(4, 2)),
        (D(units=2, kernel_constraint="non_neg", bias_constraint="max_norm"), real(4, 3)),
        (D(units=4, lora_rank=2, kernel_regularizer="l2"), real(3, 5)),
        masks=True,
    ),
    *rows("Dense", (D(units=4), real(3, 5, 2)), masks=True, unknown=(1,)),
    *rows(
        "EinsumDense",
        (D(equation="abc,cd->abd", output_shape=[None, 4], bias_axes="d"), real(2, 3, 5)),
        (D(equation="ab,bc->ac", output_shape=4, activation="tanh"), real(3, 5)),
        (D(equation="abc,cde->abde", output_shape=[None, 2, 3], bias_axes="de"), real(2, 3, 5)),
        (D(equation="abcd,cde->abe", output_shape=[None, 3], bias_axes="e", lora_rank=2), real(2, 3, 2, 4)),
        (D(equation="...x,xy->...y", output_shape=4, bias_axes="y"), real(2, 3, 2, 5)),
        (D(equation="...bx,xy->...by", output_shape=[3, 4], bias_axes="by", activation="relu"), real(2, 3, 5)),
        (D(equation="...x,xy->...y", output_shape=4, bias_axes="y"), real(3, 5)),
        (D(equation="ab...,bc->ac...", output_shape=4, bias_axes="c", bias_initializer="ones"), real(2, 3, 5)),
        (D(equation="abc,bcd->abd", output_shape=[3, 4], bias_axes="b", kernel_regularizer="l2"), real(2, 3, 5)),
        (
            D(equation="abc,cd->adb", output_shape=[4, None], bias_axes="d", kernel_initializer="he_normal"),
            real(2, 3, 5),
        ),
        (D(equation="abc,cd->abd", output_shape=[None, 2], activity_regularizer="l2"), real(2, 3, 5)),
        unknown=(1,),
    ),
    *rows(
        "Embedding",
        (D(input_dim=9, output_dim=4), integers(9, 3, 5)),
        (D(input_dim=9, output_dim=2, mask_zero=True), integers(9, 3, 5, dtype="int32")),
        (D(input_dim=5, output_dim=3, embeddings_regularizer="l2"), integers(5, 4)),
        (D(input_dim=5, output_dim=1, embeddings_initializer="he_normal"), integers(5, 2, 3, 4)),
        (D(input_dim=5, output_dim=3, embeddings_constraint="unit_norm", activity_regularizer="l1"), integers(5, 4, 1)),
        (D(input_dim=9, output_dim=4, lora_rank=2, embeddings_regularizer="l1"), integers(9, 3, 5)),
        unknown=(1,),
    ),
    *rows(
        "ReversibleEmbedding",
        (D(input_dim=9, output_dim=4), integers(9, 3, 5)),
        (D(input_dim=9, output_dim=2, mask_zero=True, reverse_dtype="float32"), integers(9, 3, 5, dtype="int32")),
        (D(input_dim=5, output_dim=3, embeddings_regularizer="l2", logit_soft_cap=2.0), integers(5, 4)),
        (
            D(input_dim=5, output_dim=3, embeddings_initializer="normal", embeddings_constraint="max_norm"),
            integers(5, 4),
        ),
        (D(input_dim=5, output_dim=3, lora_rank=2), integers(5, 4)),
        unknown=(1,),
    ),
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
    *rows(
        "Activation",
        (D(activation="tanh"), real(3, 5)),
        (D(activation="softmax"), real(3, 2, 5)),
        (D(activation="leaky_relu"), IMAGE),
        (D(activation="linear"), real(3, 5)),
        (D(activation=halved), real(3, 2, 5)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "Lambda",
        (D(function=squared_plus), real(3, 5)),
        (D(function=squared_plus, arguments={"amount": 2.5}), real(3, 5)),
        (D(function=squared_plus, output_shape=[5]), real(3, 5)),
        (D(function=halved), IMAGE),
        (D(function=every_second, output_shape=[3, 2]), real(3, 5, 2)),
        unknown=(1,),
    ),
    *rows(
        "Identity",
        (D(), real(3, 5)),
        (D(), real(3, 2, 4)),
        (D(), IMAGE),
        (D(activity_regularizer="l2"), real(3, 5)),
        (D(trainable=False), real(4, 1)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "Masking",
        (D(), real(3, 5, 2)),
        (D(mask_value=-1.0), real(3, 5, 2)),
        (D(mask_value=1), real(4, 6, 1)),
        (D(mask_value=0.5), real(2, 3, 4, 2)),
        (D(), real(5, 3)),
        unknown=(1,),
    ),
    *rows(
        "ReLU",
        (D(), real(3, 5)),
        (D(max_value=1.0), real(3, 5)),
        (D(negative_slope=0.2), real(3, 5)),
        (D(max_value=1.2, negative_slope=0.1, threshold=0.3), real(3, 5)),
        (D(threshold=0.3), real(3, 5)),
        (D(max_value=6.0), real(3, 5)),
        masks=True,
    ),
    *rows(
        "LeakyReLU",
        (D(), real(3, 5)),
        (D(negative_slope=0.1), real(3, 5)),
        (D(negative_slope=0.0), real(3, 5)),
        (D(negative_slope=2.0), real(3, 2, 4)),
        (D(), IMAGE),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ELU",
        (D(), real(3, 5)),
        (D(alpha=0.5), real(3, 5)),
        (D(alpha=2.0), IMAGE),
        (D(alpha=0.0), real(3, 5)),
        (D(alpha=-1.0), real(3, 2, 4)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "PReLU",
        (D(alpha_initializer="ones"), real(3, 5)),
        (D(alpha_initializer="random_normal", shared_axes=[1, 2]), IMAGE),
        (D(alpha_initializer="random_normal", shared_axes=2), real(3, 4, 5)),
        (D(alpha_initializer="ones", alpha_regularizer="l2", alpha_constraint="non_neg"), real(3, 4, 5)),
        (D(alpha_initializer="random_normal", shared_axes=[1, 2, 3]), IMAGE),
        masks=True,
    ),
    *rows("PReLU", (D(alpha_initializer="ones", shared_axes=[1]), real(3, 4, 5)), masks=True, unknown=(1,)),
    *rows(
        "Softmax",
        (D(), real(3, 5)),
        (D(axis=1), real(3, 5, 2)),
        (D(axis=[1, 2]), real(3, 5, 2)),
        (D(axis=[-1]), real(3, 5, 2)),
        (D(axis=[-2, -1]), IMAGE),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ThresholdedReLU",
        (D(theta=0.6), real(3, 5)),
        (D(), real(3, 5)),
        (D(theta=0.0), real(3, 5)),
        (D(theta=2.0), real(3, 4, 2)),
        (D(theta=0.1), IMAGE),
        masks=True,
        parity=False,
        unknown=(1,),
    ),
    *rows(
        "Flatten",
        (D(), real(2, 3, 4)),
        (D(data_format="channels_first"), IMAGE),
        (D(), real(4)),
        (D(), real(4, 3)),
        (D(data_format="channels_first"), real(2, 3, 4)),
        unknown=(1,),
    ),
    *rows("Flatten", (D(data_format="channels_first"), IMAGE), unknown=(2, 3)),
    *rows(
        "Reshape",
        (D(target_shape=[6, 2]), real(2, 3, 4)),
        (D(target_shape=[-1, 2]), real(2, 3, 4)),
        (D(target_shape=[12]), real(2, 3, 4)),
        (D(target_shape=[2, 2, -1]), real(2, 3, 4)),
        (D(target_shape=[3, 1, 1]), real(2, 3)),
    ),
    *rows("Reshape", (D(target_shape=[-1, 2]), real(2, 3, 4)), unknown=(1,)),
    *rows(
        "Permute",
        (D(dims=[2, 1]), real(2, 3, 4)),
        (D(dims=[3, 1, 2]), IMAGE),
        (D(dims=[1, 2]), real(2, 3, 4)),
        (D(dims=[1]), real(2, 3)),
        (D(dims=[4, 2, 1, 3]), VOLUME),
        unknown=(1,),
    ),
    *rows(
        "RepeatVector",
        (D(n=3), real(2, 4)),
        (D(n=1), real(2, 4)),
        (D(n=7), real(3, 1)),
        (D(n=2), real(1, 5)),
        (D(n=4, activity_regularizer="l2"), real(2, 3)),
        unknown=(1,),
    ),
    *rows(
        "ZeroPadding1D",
        (D(padding=2), real(2, 5, 3)),
        (D(padding=[1, 2]), real(2, 5, 3)),
        (D(), real(2, 1, 3)),
        (D(padding=[0, 3]), real(2, 5, 1)),
        (D(padding=[2, 1], data_format="channels_first"), real(2, 3, 5)),
        unknown=(1,),
    ),
    *rows(
        "ZeroPadding2D",
        (D(padding=[1, 2]), IMAGE),
        (D(padding=[[1, 0], [2, 3]]), IMAGE),
        (D(padding=1, data_format="channels_first"), IMAGE),
        (D(), ODD),
        (D(padding=[[0, 2], [3, 0]], data_format="channels_first"), real(2, 3, 4, 5)),
        unknown=(1, 2),
    ),
    *rows(
        "ZeroPadding3D",
        (D(padding=1), VOLUME),
        (D(padding=[[0, 1], [1, 0], [2, 1]]), VOLUME),
        (D(), VOLUME),
        (D(padding=[2, 0, 1]), VOLUME),
        (D(padding=[[0, 1], [1, 0], [2, 1]], data_format="channels_first"), VOLUME),
        unknown=(1, 2, 3),
    ),
    *rows(
        "Cropping1D",
        (D(cropping=1), real(2, 5, 3)),
        (D(cropping=[0, 2]), real(2, 5, 3)),
        (D(), real(2, 3, 3)),
        (D(cropping=0), real(2, 5, 3)),
        (D(cropping=[4, 0]), real(2, 5, 1)),
        unknown=(1,),
    ),
    *rows(
        "Cropping2D",
        (D(cropping=[[1, 0], [2, 1]]), IMAGE),
        (D(cropping=[1, 2], data_format="channels_first"), real(2, 3, 6, 7)),
        (D(), IMAGE),
        (D(cropping=2), ODD),
        (D(cropping=[[0, 3], [1, 1]], data_format="channels_first"), real(2, 3, 4, 5)),
        unknown=(1, 2),
    ),
    *rows(
        "Cropping3D",
        (D(), real(1, 4, 5, 4, 2)),
        (D(cropping=[[0, 1], [1, 0], [1, 1]]), real(1, 3, 3, 4, 2)),
        (D(cropping=1), real(1, 3, 4, 5, 2)),
        (D(cropping=[0, 1, 2]), real(1, 2, 3, 5, 2)),
        (D(cropping=[[0, 1], [1, 0], [1, 1]], data_format="channels_first"), real(1, 2, 3, 3, 4)),
        unknown=(1, 2, 3),
    ),
    *rows(
        "UpSampling1D",
        (D(), real(2, 5, 3)),
        (D(size=3), real(2, 4, 2)),
        (D(size=1), real(2, 4, 2)),
        (D(size=5), real(2, 1, 3)),
        (D(size=2), real(1, 7, 1)),
        unknown=(1,),
    ),
    *rows(
        "UpSampling2D",
        (D(), real(2, 4, 3, 2)),
        (D(size=[1, 3]), real(2, 3, 4, 2)),
        (D(size=3, data_format="channels_first"), real(2, 3, 2, 3)),
        (D(interpolation="bilinear"), real(2, 4, 3, 2)),
        (D(size=[3, 2], interpolation="bicubic"), real(1, 5, 4, 2)),
        (D(size=[2, 1], interpolation="bilinear", data_format="channels_first"), real(1, 2, 3, 4)),
        (D(size=2, interpolation="lanczos3"), real(1, 7, 8, 1)),
        (D(size=[2, 3], interpolation="lanczos5"), real(1, 4, 12, 1)),
        (D(size=1, interpolation="bicubic"), real(1, 3, 4, 2)),
        unknown=(1, 2),
    ),
    *rows("UpSampling2D", (D(interpolation="bilinear"), real(2, 4, 3, 2)), unknown=(1, 2)),
    *rows(
        "UpSampling2D",
        (D(size=[3, 2], interpolation="bicubic", data_format="channels_first"), real(1, 2, 5, 4)),
        unknown=(2, 3),
    ),
    *rows(
        "UpSampling3D",
        (D(), real(1, 2, 3, 2, 2)),
        (D(size=[1, 2, 3]), real(1, 2, 3, 2, 2)),
        (D(size=3), real(2, 1, 2, 1, 1)),
        (D(size=[2, 1, 1]), real(1, 3, 2, 2, 2)),
        (D(size=[1, 2, 3], data_format="channels_first"), real(1, 2, 3, 2, 2)),
        unknown=(1, 2, 3),
    ),
    *rows(
        "Conv1D",
        (D(filters=4, kernel_size=3), real(2, 9, 3)),
        (D(filters=4, kernel_size=2, strides=2, padding="same", activation="relu"), real(2, 7, 3)),
        (D(filters=4, kernel_size=3, dilation_rate=2, padding="causal"), real(2, 9, 3)),
        (D(filters=4, kernel_size=3, groups=2, use_bias=False), real(2, 9, 6)),
        (D(filters=4, kernel_size=4, padding="same", data_format="channels_first"), real(2, 3, 9)),
        (D(filters=4, kernel_size=3, lora_rank=2), real(2, 9, 3)),
        (D(filters=2, kernel_size=2, strides=3, activation="softmax"), real(2, 9, 3)),
        (D(filters=3, kernel_size=3, strides=2, padding="causal", data_format="channels_first"), real(2, 2, 8)),
        (D(filters=3, kernel_size=4, dilation_rate=2, padding="same", groups=3), real(1, 8, 3)),
        (
            D(filters=2, kernel_size=2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"),
            real(2, 4, 3),
        ),
        (D(filters=2, kernel_size=2, kernel_initializer="he_normal", bias_initializer="ones"), real(2, 4, 3)),
        (D(filters=2, kernel_size=2, kernel_constraint="non_neg", bias_constraint="unit_norm"), real(2, 4, 3)),
        unknown=(1,),
    ),
    *rows(
        "Conv1D",
        (D(filters=3, kernel_size=3, strides=2, padding="same", data_format="channels_first"), real(2, 3, 8)),
        unknown=(2,),
    ),
    *rows("Conv1D", (D(filters=3, kernel_size=3, dilation_rate=2, padding="causal"), real(2, 7, 3)), unknown=(1,)),
    *rows(
        "Conv2D",
        (D(filters=5, kernel_size=3), IMAGE),
        (D(filters=5, kernel_size=3, padding="same", activation="relu"), ODD),
        (D(filters=4, kernel_size=[2, 4], strides=[2, 1], padding="same"), IMAGE),
        (D(filters=4, kernel_size=[4, 2], strides=3), real(2, 9, 11, 3)),
        (D(filters=4, kernel_size=3, strides=2, padding="same"), real(1, 6, 5, 2)),
        (D(filters=3, kernel_size=3, dilation_rate=[2, 1], padding="same"), IMAGE),
        (D(filters=3, kernel_size=2, dilation_rate=3), real(1, 9, 8, 2)),
        (D(filters=8, kernel_size=3, groups=4, padding="same"), real(2, 6, 5, 4)),
        (D(filters=6, kernel_size=[3, 2], groups=2, strides=2), real(2, 6, 5, 4)),
        (D(filters=5, kernel_size=1, use_bias=False), IMAGE),
        (
            D(filters=4, kernel_size=3, data_format="channels_first", padding="same", activation="tanh"),
            real(2, 3, 7, 6),
        ),
        (D(filters=4, kernel_size=3, data_format="channels_first", activation="softmax"), real(2, 3, 7, 6)),
        (D(filters=17, kernel_size=5, padding="same"), real(1, 6, 7, 9)),
        (D(filters=33, kernel_size=3), real(2, 5, 5, 17)),
        unknown=(1, 2),
    ),
    *rows(
        "Conv3D",
        (D(filters=3, kernel_size=2), real(1, 4, 5, 4, 2)),
        (D(filters=3, kernel_size=[1, 2, 3], strides=[1, 2, 2], padding="same"), real(1, 4, 5, 4, 2)),
        (D(filters=2, kernel_size=2, data_format="channels_first"), real(1, 2, 4, 3, 4)),
        (
            D(filters=4, kernel_size=[2, 1, 2], groups=2, dilation_rate=[1, 2, 2], activation="tanh"),
            real(1, 3, 4, 5, 2),
        ),
        (D(filters=2, kernel_size=[1, 2, 1], strides=3, use_bias=False), real(2, 4, 5, 4, 2)),
        (D(filters=3, kernel_size=[2, 4, 2], padding="same"), real(1, 3, 5, 4, 2)),
        unknown=(1, 2, 3),
    ),
    *rows(
        "Conv1DTranspose",
        (D(filters=4, kernel_size=3, strides=2), real(2, 5, 3)),
        (D(filters=4, kernel_size=3, strides=2, padding="same", activation="relu"), real(2, 5, 3)),
        (D(filters=2, kernel_size=2, strides=3), real(2, 4, 3)),
        (D(filters=2, kernel_size=4, strides=3, padding="same", output_padding=1), real(2, 4, 3)),
        (D(filters=2, kernel_size=3, strides=2, output_padding=1, use_bias=False), real(2, 4, 3)),
        (D(filters=2, kernel_size=3, dilation_rate=2, padding="same"), real(2, 5, 3)),
        (D(filters=2, kernel_size=4, dilation_rate=3), real(2, 4, 3)),
        (D(filters=3, kernel_size=5, strides=2, padding="same", data_format="channels_first"), real(2, 3, 5)),
        (
            D(filters=2, kernel_size=2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"),
            real(2, 4, 3),
        ),
        (D(filters=2, kernel_size=2, kernel_initializer="he_normal", bias_initializer="ones"), real(2, 4, 3)),
        (D(filters=2, kernel_size=2, kernel_constraint="non_neg", bias_constraint="unit_norm"), real(2, 4, 3)),
        unknown=(1,),
    ),
    *rows(
        "Conv1DTranspose",
        (D(filters=3, kernel_size=2, strides=3, padding="same", data_format="channels_first"), real(2, 3, 5)),
        unknown=(2,),
    ),
    *rows(
        "Conv2DTranspose",
        (D(filters=4, kernel_size=3, strides=2), real(2, 4, 5, 3)),
        (D(filters=4, kernel_size=3, strides=2, padding="same", activation="relu"), real(2, 4, 5, 3)),
        (D(filters=3, kernel_size=[2, 4], strides=[1, 3], padding="same"), real(2, 3, 4, 2)),
        (D(filters=3, kernel_size=[2, 1], strides=3), real(2, 3, 2, 2)),
        (D(filters=2, kernel_size=3, strides=[3, 2], output_padding=[2, 0]), real(2, 3, 2, 2)),
        (D(filters=2, kernel_size=[2, 3], strides=[3, 2], output_padding=1, padding="same"), real(2, 3, 2, 2)),
        (D(filters=2, kernel_size=[2, 3], dilation_rate=[3, 2]), real(1, 3, 4, 2)),
        (D(filters=2, kernel_size=[2, 3], dilation_rate=2, padding="same", use_bias=False), real(1, 3, 4, 2)),
        (D(filters=3, kernel_size=3, strides=2, data_format="channels_first", activation="softmax"), real(2, 2, 3, 4)),
        (D(filters=17, kernel_size=5, strides=2, padding="same"), real(1, 3, 4, 9)),
        unknown=(1, 2),
    ),
    *rows(
        "Conv2DTranspose",
        (D(filters=2, kernel_size=4, strides=[3, 2], padding="same", output_padding=[2, 1]), real(2, 3, 4, 2)),
        unknown=(1, 2),
    ),
    *rows(
        "Conv3DTranspose",
        (D(filters=2, kernel_size=2, strides=2), real(1, 2, 3, 2, 2)),
        (D(filters=3, kernel_size=[1, 2, 3], strides=[1, 3, 2], padding="same"), real(1, 2, 3, 2, 2)),
        (D(filters=2, kernel_size=[2, 3, 1], strides=[2, 3, 2], output_padding=[1, 2, 0]), real(1, 2, 2, 2, 2)),
        (D(filters=2, kernel_size=3, strides=2, output_padding=0, padding="same"), real(1, 2, 2, 2, 2)),
        (D(filters=2, kernel_size=2, dilation_rate=[1, 2, 3], use_bias=False), real(1, 2, 2, 2, 2)),
        (
            D(filters=2, kernel_size=3, strides=2, padding="same", data_format="channels_first", activation="tanh"),
            real(1, 3, 2, 3, 2),
        ),
        unknown=(1, 2, 3),
    ),
    *rows(
        "DepthwiseConv1D",
        (D(kernel_size=3), real(2, 7, 3)),
        (D(kernel_size=4, padding="same", depth_multiplier=3, activation="tanh"), real(2, 7, 2)),
        (D(kernel_size=2, strides=3, use_bias=False), real(2, 9, 3)),
        (D(kernel_size=3, dilation_rate=2, padding="same"), real(2, 6, 3)),
        (D(kernel_size=2, strides=2, depth_multiplier=2, data_format="channels_first"), real(2, 3, 8)),
        (D(kernel_size=3, strides=2, dilation_rate=2, padding="same"), real(2, 8, 2)),
        unknown=(1,),
    ),
    *rows(
        "DepthwiseConv1D",
        (D(kernel_size=3, dilation_rate=2, padding="causal"), real(2, 7, 3)),
        (D(kernel_size=2, strides=2, padding="causal", data_format="channels_first"), real(2, 3, 7)),
        unknown=(1,),
        parity=False,
    ),
    *rows(
        "DepthwiseConv2D",
        (D(kernel_size=3), IMAGE),
        (D(kernel_size=[2, 4], padding="same", depth_multiplier=2, activation="relu"), IMAGE),
        (D(kernel_size=[1, 2], strides=3, use_bias=False), ODD),
        (D(kernel_size=3, strides=2, padding="same"), ODD),
        (D(kernel_size=2, dilation_rate=[2, 3]), real(1, 6, 7, 2)),
        (D(kernel_size=[3, 2], strides=[2, 1], dilation_rate=2, padding="same"), real(1, 6, 7, 2)),
        (D(kernel_size=3, depth_multiplier=3, data_format="channels_first", activation="softmax"), real(2, 2, 5, 4)),
        (
            D(
                kernel_size=2,
                depthwise_regularizer="l2",
                bias_regularizer="l1",
                activity_regularizer="l2",
                depthwise_initializer="he_normal",
                bias_initializer="ones",
            ),
            real(2, 4, 5, 3),
        ),
        (D(kernel_size=2, depthwise_constraint="non_neg", bias_constraint="unit_norm"), real(2, 4, 5, 3)),
        (D(kernel_size=3, padding="same"), real(1, 4, 5, 17)),
        unknown=(1, 2),
    ),
    *rows(
        "DepthwiseConv2D",
        (D(kernel_size=3, strides=2, padding="same", data_format="channels_first"), real(2, 3, 6, 5)),
        unknown=(2, 3),
    ),
    *rows(
        "SeparableConv1D",
        (D(filters=4, kernel_size=3), real(2, 7, 3)),
        (D(filters=2, kernel_size=4, padding="same", depth_multiplier=3, activation="tanh"), real(2, 7, 2)),
        (D(filters=2, kernel_size=2, strides=3, use_bias=False), real(2, 9, 3)),
        (D(filters=2, kernel_size=3, dilation_rate=2, padding="same"), real(2, 6, 3)),
        (D(filters=4, kernel_size=2, strides=2, data_format="channels_first"), real(2, 3, 8)),
        (D(filters=3, kernel_size=3, strides=2, dilation_rate=2), real(2, 8, 2)),
        unknown=(1,),
    ),
    *rows(
        "SeparableConv1D",
        (D(filters=2, kernel_size=3, dilation_rate=2, padding="causal"), real(2, 7, 3)),
        (D(filters=2, kernel_size=2, strides=2, padding="causal", data_format="channels_first"), real(2, 3, 7)),
        unknown=(1,),
        parity=False,
    ),
    *rows(
        "SeparableConv2D",
        (D(filters=4, kernel_size=3), IMAGE),
        (D(filters=3, kernel_size=[2, 4], padding="same", depth_multiplier=2, activation="relu"), IMAGE),
        (D(filters=3, kernel_size=[1, 2], strides=3, use_bias=False), ODD),
        (D(filters=3, kernel_size=2, dilation_rate=[2, 3]), real(1, 6, 7, 2)),
        (D(filters=2, kernel_size=[3, 2], strides=[2, 1], dilation_rate=2, padding="same"), real(1, 6, 7, 2)),
        (D(filters=3, kernel_size=3, data_format="channels_first", activation="softmax"), real(2, 2, 5, 4)),
        (
            D(
                filters=2,
                kernel_size=2,
                depthwise_regularizer="l2",
                pointwise_regularizer="l1",
                bias_regularizer="l1",
                activity_regularizer="l2",
                depthwise_initializer="he_normal",
                pointwise_initializer="he_uniform",
                bias_initializer="ones",
            ),
            real(2, 4, 5, 3),
        ),
        (
            D(
                filters=2,
                kernel_size=2,
                depthwise_constraint="non_neg",
                pointwise_constraint="max_norm",
                bias_constraint="unit_norm",
            ),
            real(2, 4, 5, 3),
        ),
        unknown=(1, 2),
    ),
    *rows(
        "LocallyConnected1D",
        (D(filters=4, kernel_size=3), real(2, 7, 3)),
        (D(filters=2, kernel_size=2, strides=3, use_bias=False, activation="tanh"), real(2, 9, 3)),
        (D(filters=2, kernel_size=4, padding="same", implementation=2), real(2, 5, 3)),
        (D(filters=2, kernel_size=3, strides=2, padding="same", implementation=3), real(2, 6, 3)),
        (D(filters=2, kernel_size=2, data_format="channels_first"), real(2, 3, 6)),
        (D(filters=2, kernel_size=2, data_format="channels_first", implementation=2), real(2, 3, 6)),
        (D(filters=2, kernel_size=2, kernel_regularizer="l2", bias_initializer="ones"), real(2, 4, 3)),
        (D(filters=2, kernel_size=2, kernel_constraint="non_neg", activity_regularizer="l2"), real(2, 4, 3)),
        parity=False,
    ),
    *rows(
        "LocallyConnected2D",
        (D(filters=4, kernel_size=3), real(2, 5, 6, 3)),
        (D(filters=2, kernel_size=[1, 2], strides=[3, 2], use_bias=False, activation="relu"), real(2, 5, 6, 3)),
        (D(filters=2, kernel_size=[2, 3], implementation=2), real(2, 4, 5, 2)),
        (D(filters=2, kernel_size=[4, 3], strides=2, padding="same", implementation=3), real(2, 5, 4, 2)),
        (D(filters=2, kernel_size=2, padding="same", implementation=2), real(1, 4, 3, 2)),
        (
            D(filters=3, kernel_size=2, strides=2, data_format="channels_first", activation="softmax"),
            real(2, 2, 5, 4),
        ),
        (D(filters=3, kernel_size=3, padding="same", data_format="channels_first", implementation=3), real(2, 2, 3, 4)),
        parity=False,
    ),
    *rows(
        "MaxPooling1D",
        (D(), distinct(2, 7, 3)),
        (D(pool_size=3, strides=2, padding="same"), distinct(2, 8, 3)),
        (D(pool_size=2, data_format="channels_first"), distinct(2, 3, 8)),
        (D(pool_size=2, strides=3), distinct(2, 9, 3)),
        (D(pool_size=4, strides=1, padding="same"), distinct(2, 5, 3)),
        unknown=(1,),
    ),
    *rows(
        "MaxPooling2D",
        (D(), distinct(2, 8, 7, 3)),
        (D(pool_size=3, strides=2, padding="same"), distinct(2, 8, 7, 3)),
        (D(pool_size=[2, 3], strides=1), distinct(2, 5, 9, 4)),
        (D(pool_size=[3, 2], strides=[1, 2], padding="same"), distinct(2, 5, 9, 4)),
        (D(data_format="channels_first"), distinct(2, 3, 7, 6)),
        (D(pool_size=1, strides=[2, 3]), distinct(2, 5, 7, 3)),
        (D(pool_size=[2, 4], strides=[3, 1], padding="same"), distinct(1, 7, 5, 2)),
        unknown=(1, 2),
    ),
    *rows(
        "MaxPooling3D",
        (D(), distinct(1, 4, 5, 4, 2)),
        (D(pool_size=3, strides=1, padding="same"), distinct(1, 3, 4, 3, 2)),
        (D(pool_size=[1, 2, 3], strides=[2, 3, 1]), distinct(1, 3, 5, 4, 2)),
        (D(pool_size=2, padding="same"), distinct(1, 3, 5, 1, 2)),
        (D(data_format="channels_first"), distinct(1, 2, 4, 5, 2)),
        unknown=(1, 2, 3),
    ),
    *rows(
        "AveragePooling1D",
        (D(pool_size=2), real(2, 7, 3)),
        (D(pool_size=3, strides=2, padding="same"), real(2, 8, 3)),
        (D(pool_size=2, strides=3), real(2, 9, 3)),
        (D(pool_size=4, strides=1, padding="same"), real(2, 5, 3)),
        (D(pool_size=2, data_format="channels_first"), real(2, 3, 8)),
        unknown=(1,),
    ),
    *rows(
        "AveragePooling2D",
        (D(pool_size=2), IMAGE),
        (D(pool_size=2, strides=1, padding="same"), IMAGE),
        (D(pool_size=3, strides=2, padding="same"), ODD),
        (D(pool_size=[3, 2], strides=[2, 3]), ODD),
        (D(pool_size=2, data_format="channels_first"), real(2, 3, 7, 6)),
        unknown=(1, 2),
    ),
    *rows(
        "AveragePooling3D",
        (D(pool_size=2), real(1, 4, 5, 4, 2)),
        (D(pool_size=3, strides=2, padding="same"), real(1, 3, 4, 5, 2)),
        (D(pool_size=[1, 2, 3], strides=[2, 3, 1]), real(1, 3, 5, 4, 2)),
        (D(pool_size=2, strides=1, padding="same"), real(1, 3, 2, 1, 2)),
        (D(pool_size=2, data_format="channels_first"), real(1, 2, 4, 5, 2)),
        unknown=(1, 2, 3),
    ),
    *(
        row
        for name, draw in (("AdaptiveMaxPooling", distinct), ("AdaptiveAveragePooling", real))
        for case in (
            rows(
                f"{name}1D",
                (D(output_size=3), draw(2, 7, 3)),
                (D(output_size=2), draw(2, 8, 3)),
                (D(output_size=[5]), draw(2, 3, 2)),
                (D(output_size=1), draw(2, 7, 3)),
                (D(output_size=4, data_format="channels_first"), draw(2, 3, 9)),
            ),
            rows(
                f"{name}2D",
                (D(output_size=3), draw(2, 8, 7, 3)),
                (D(output_size=[2, 4]), draw(2, 4, 8, 3)),
                (D(output_size=[5, 1]), draw(2, 7, 5, 2)),
                (D(output_size=4), draw(1, 3, 6, 2)),
                (D(output_size=[2, 3], data_format="channels_first"), draw(2, 3, 5, 7)),
            ),
            rows(
                f"{name}3D",
                (D(output_size=2), draw(1, 3, 5, 4, 2)),
                (D(output_size=[1, 2, 3]), draw(1, 2, 4, 6, 2)),
                (D(output_size=3), draw(1, 2, 4, 5, 1)),
                (D(output_size=1), draw(2, 3, 2, 3, 2)),
                (D(output_size=[2, 3, 1], data_format="channels_first"), draw(1, 2, 3, 5, 4)),
            ),
        )
        for row in case
    ),
    *(
        row
        for name, draw in (("GlobalMaxPooling", distinct), ("GlobalAveragePooling", real))
        for rank, shape in ((1, (2, 5, 3)), (2, (2, 4, 5, 3)), (3, (2, 2, 3, 4, 3)))
        for row in rows(
            f"{name}{rank}D",
            (D(), draw(*shape)),
            (D(keepdims=True), draw(*shape)),
            (D(data_format="channels_first"), draw(*shape)),
            (D(keepdims=True, data_format="channels_first"), draw(*shape)),
            (D(), draw(3, *[1] * rank, 4)),
            masks=name == "GlobalAveragePooling" and rank == 1,
            unknown=tuple(range(1, rank + 1)),
        )
    ),
    *rows(
        "BatchNormalization",
        (D(), real(6, 4)),
        (D(momentum=0.8, epsilon=1e-2), IMAGE),
        (D(axis=1), real(2, 3, 6, 7)),
        (D(center=False), real(6, 4)),
        (D(scale=False, axis=-1), real(3, 5, 4)),
        (D(center=False, scale=False), real(3, 5, 4)),
        (D(gamma_initializer="random_normal", beta_initializer="ones"), real(6, 5, 4)),
        (D(gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg"), real(6, 4)),
        (D(moving_mean_initializer="ones", moving_variance_initializer="ones", trainable=False), real(6, 4)),
        (D(renorm=True, renorm_clipping={"rmin": 0.5, "rmax": 2.0, "dmax": 1.0}), real(6, 4)),
        (D(renorm=True, renorm_momentum=0.7, center=False, axis=1), real(6, 4, 3)),
        masks=True,
    ),
    *rows("BatchNormalization", (D(), IMAGE), masks=True, unknown=(1, 2)),
    *rows("BatchNormalization", (D(synchronized=True), real(6, 4)), masks=True, parity=False),  # there with TensorFlow
    *rows(
        "LayerNormalization",
        (D(), real(6, 4)),
        (D(axis=[1, 2], epsilon=1e-2), real(3, 5, 4)),
        (D(axis=1), real(3, 5, 4)),
        (D(axis=[1, 3], gamma_initializer="random_normal", beta_initializer="random_normal"), IMAGE),
        (D(center=False), real(3, 5, 4)),
        (D(scale=False), real(3, 5, 4)),
        (D(center=False, scale=False, axis=[2, 1]), IMAGE),
        (D(rms_scaling=True, gamma_initializer="random_normal"), real(3, 5, 4)),
        (D(rms_scaling=True, axis=[1, 2]), real(3, 5, 4)),
        (D(gamma_regularizer="l2", beta_regularizer="l1", beta_constraint="non_neg"), real(3, 4)),
        masks=True,
    ),
    *rows("LayerNormalization", (D(), real(3, 5, 4)), masks=True, unknown=(1,)),
    *rows("LayerNormalization", (D(center=False, scale=False, axis=1), real(3, 5, 4)), masks=True, unknown=(1,)),
    *rows(
        "GroupNormalization",
        (D(groups=2), real(6, 4)),
        (D(groups=3, epsilon=1e-2), real(2, 4, 5, 6)),
        (D(groups=-1, gamma_initializer="random_normal", beta_initializer="random_normal"), IMAGE),
        (D(groups=1), IMAGE),
        (D(groups=2, axis=1, gamma_initializer="random_normal"), real(2, 4, 5, 3)),
        (D(groups=2, axis=-2, center=False), real(2, 4, 6, 3)),
        (D(groups=4, scale=False), real(2, 5, 8)),
        (D(groups=4, scale=False, center=False), VOLUME_OF_4),
        (D(groups=2, gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg"), real(2, 3, 4)),
        masks=True,
    ),
    *rows("GroupNormalization", (D(groups=2), real(2, 5, 6, 4)), masks=True, unknown=(1, 2)),
    *rows(
        "RMSNormalization",
        (D(), real(6, 4)),
        (D(epsilon=1e-2), IMAGE),
        (D(axis=[1, 2]), real(3, 5, 4)),
        (D(axis=[3, 2, 1]), IMAGE),
        (D(axis=[-1]), real(3, 5, 4)),
    ),
    *rows("RMSNormalization", (D(), real(3, 5, 4)), unknown=(1,)),
    # Keras lays the weights of inner axes along the last ones.
    *rows("RMSNormalization", (D(axis=1), real(3, 5, 4)), (D(axis=[1, 3]), IMAGE), parity=False),
    *rows(
        "UnitNormalization",
        (D(), real(6, 4)),
        (D(axis=1), real(3, 5, 4)),
        (D(axis=[1, 2]), real(3, 5, 4)),
        (D(axis=[1, 2, 3]), IMAGE),
        (D(axis=[-1]), real(3, 5, 1)),
        masks=True,
        unknown=(1,),
    ),
    *rows("UnitNormalization", (D(axis=[1, -1]), real(3, 5, 4)), masks=True, unknown=(1,)),
    *rows(
        "SpectralNormalization",
        (D(layer=inner("Dense", units=4)), real(3, 5)),
        (D(layer=inner("Conv2D", filters=4, kernel_size=3), power_iterations=2), IMAGE),
        (D(layer=inner("Conv1D", filters=3, kernel_size=2, use_bias=False), power_iterations=5), real(2, 7, 4)),
        (D(layer=inner("Dense", units=1, activation="tanh", kernel_regularizer="l2")), real(3, 4, 5)),
        (D(layer=inner("Dense", units=3), trainable=False), real(3, 5)),
    ),
    *rows(
        "SpectralNormalization",
        (D(layer=inner("Embedding", input_dim=5, output_dim=3)), integers(5, 4, 2)),
        parity=False,  # Keras rounds the outputs to whole numbers, as the inputs are
        unknown=(1,),
    ),
    *rows(
        "Dropout",
        (D(rate=0.4, seed=5), real(3, 5)),
        (D(rate=0.4, noise_shape=[None, 1, 5], seed=5), real(3, 4, 5)),
        (D(rate=0.0), real(3, 5)),
        (D(rate=0.1, seed=5), real(3, 1, 2, 5)),
        (D(rate=0.7, noise_shape=[None, 1, 1, 3], seed=5), IMAGE),
        masks=True,
        random=True,
        unknown=(1,),
    ),
    *rows(
        "Dropout",
        (D(rate=0.4, noise_shape=[None, None, 1], seed=5), real(3, 4, 5)),
        masks=True,
        random=True,
        unknown=(1,),
    ),
    *rows(
        "SpatialDropout1D",
        (D(rate=0.4, seed=5), real(3, 4, 5)),
        (D(rate=0.0), real(3, 4, 5)),
        (D(rate=0.5, seed=7), real(3, 4, 5)),
        (D(rate=0.9, seed=5), real(2, 1, 3)),
        (D(rate=0.1, seed=5, name="subject"), real(2, 7, 1)),
        masks=True,
        random=True,
        unknown=(1,),
    ),
    *rows(
        "SpatialDropout2D",
        (D(rate=0.4, seed=5), IMAGE),
        (D(rate=0.4, seed=5, data_format="channels_first"), IMAGE),
        (D(rate=0.0), ODD),
        (D(rate=0.6, data_format="channels_first", seed=5), ODD),
        (D(rate=0.8, seed=5), real(2, 1, 3, 4)),
        masks=True,
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "SpatialDropout3D",
        (D(rate=0.4, seed=5), real(2, 2, 3, 2, 4)),
        (D(rate=0.4, seed=5, data_format="channels_first"), real(2, 4, 2, 3, 2)),
        (D(rate=0.0), VOLUME),
        (D(rate=0.7, seed=7), VOLUME),
        (D(rate=0.2, seed=5), VOLUME_OF_4),
        masks=True,
        random=True,
        unknown=(1, 2, 3),
    ),
    *rows(
        "GaussianDropout",
        (D(rate=0.4, seed=5), real(3, 5)),
        (D(rate=0.0), real(3, 5)),
        (D(rate=0.9, seed=5), real(3, 4, 5)),
        (D(rate=0.1, seed=5), IMAGE),
        (D(rate=0.5, seed=5), real(6, 1)),
        masks=True,
        random=True,
        unknown=(1,),
    ),
    *rows(
        "GaussianNoise",
        (D(stddev=0.4, seed=5), real(3, 5)),
        (D(stddev=0.0), real(3, 5)),
        (D(stddev=1.0, seed=5), real(3, 4, 5)),
        (D(stddev=0.1, seed=5), IMAGE),
        (D(stddev=0.5, seed=5), real(6, 1)),
        masks=True,
        random=True,
        unknown=(1,),
    ),
    *rows(
        "AlphaDropout",
        (D(rate=0.4, seed=5), real(3, 5)),
        (D(rate=0.4, noise_shape=[None, 1], seed=5), real(3, 5)),
        (D(rate=0.0), real(3, 5)),
        (D(rate=0.9, seed=5), real(3, 4, 5)),
        (D(rate=0.2, noise_shape=[1, 8, 1, None], seed=5), IMAGE),
        masks=True,
        random=True,
        unknown=(1,),
    ),
    *rows(
        "ActivityRegularization",
        (D(l1=0.1, l2=0.2), real(3, 5)),
        (D(l1=0.3), real(3, 4, 5)),
        (D(l2=0.3), IMAGE),
        (D(), real(3, 5)),
        (D(l1=1, l2=2), real(6, 1)),
        masks=True,
        unknown=(1,),
    ),
    *(
        row
        for name in ("Add", "Average", "Multiply", "Maximum", "Minimum")
        for row in rows(
            name,
            (D(), (real(3, 5), real(3, 5), real(3, 5))),
            (D(), (real(3, 4, 5), real(3, 5))),
            (D(), (real(3, 1, 5), real(3, 4, 1))),
            (D(), (real(3, 5), real(3, 2, 4, 5), real(3, 4, 1))),
            (D(), (real(3, 4, 5, 2), real(3, 1, 1, 1))),
            masks=True,
        )
    ),
    *rows(
        "Subtract",
        (D(), (real(3, 5), real(3, 5))),
        (D(), (real(3, 4, 5), real(3, 5))),
        (D(), (real(3, 5), real(3, 2, 4, 5))),
        (D(), (real(3, 1, 5), real(3, 4, 1))),
        (D(), (real(3, 4, 5, 2), real(3, 1, 1, 1))),
        masks=True,
    ),
    *(
        row
        for name in ("Add", "Subtract", "Multiply", "Maximum", "Dot", "Concatenate")
        for row in rows(
            name,
            (D(axes=2) if name == "Dot" else D(), (real(3, 4, 5), real(3, 4, 5))),
            masks=True,
            unknown=(1,),
        )
    ),
    *rows(
        "Concatenate",
        (D(), (real(3, 5), real(3, 2))),
        (D(axis=1), (real(3, 2, 4), real(3, 5, 4), real(3, 1, 4))),
        (D(axis=-2), (real(3, 2, 4, 2), real(3, 2, 1, 2))),
        (D(axis=2), (real(3, 2, 4), real(3, 2, 1))),
        (D(axis=3), (IMAGE, IMAGE, IMAGE, IMAGE)),
        masks=True,
    ),
    *rows(
        "Dot",
        (D(axes=1), (real(3, 5), real(3, 5))),
        (D(axes=-1, normalize=True), (real(3, 5), real(3, 5))),
        (D(axes=[2, 1]), (real(3, 4, 5), real(3, 5, 2))),
        (D(axes=[1, 1]), (real(3, 5, 4), real(3, 5))),
        (D(axes=[1, 2]), (real(3, 5), real(3, 4, 5))),
        (D(axes=[3, 2]), (real(2, 3, 4, 5), real(2, 6, 5))),
        (D(axes=[-2, -1], normalize=True), (real(2, 3, 4), real(2, 6, 3))),
        masks=True,
    ),
    *rows(
        "SimpleRNN",
        (D(units=4, return_sequences=True), STEPS),
        (D(units=3), STEPS),
        (D(units=4, activation="relu", use_bias=False, go_backwards=True), STEPS),
        (D(units=1, unroll=True, return_sequences=True), real(1, 1, 2)),
        (D(units=3, kernel_regularizer="l2", recurrent_regularizer="l1", bias_regularizer="l2"), STEPS),
        (D(units=3, kernel_initializer="he_normal", recurrent_constraint="unit_norm"), STEPS),
        (D(units=5, dropout=0.3, recurrent_dropout=0.2, seed=4, return_sequences=True, go_backwards=True), STEPS),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "LSTM",
        (D(units=4, return_sequences=True), STEPS),
        (D(units=3), STEPS),
        (D(units=4, activation="relu", recurrent_activation="hard_sigmoid", return_sequences=True), STEPS),
        (D(units=3, use_bias=False, go_backwards=True, return_sequences=True), STEPS),
        (D(units=2, unit_forget_bias=False, bias_initializer="ones", unroll=True), STEPS),
        (D(units=3, activity_regularizer="l2", kernel_regularizer="l2", recurrent_regularizer="l1"), STEPS),
        (D(units=1, kernel_constraint="non_neg", bias_constraint="unit_norm"), real(1, 1, 1)),
        (D(units=5, dropout=0.3, seed=4), STEPS),
        (D(units=5, dropout=0.3, recurrent_dropout=0.2, seed=4, return_sequences=True), STEPS),
        (D(units=3, activation="softmax", recurrent_activation="softmax"), STEPS),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "GRU",
        (D(units=4, return_sequences=True), STEPS),
        (D(units=3), STEPS),
        (D(units=4, reset_after=False, return_sequences=True), STEPS),
        (D(units=3, reset_after=False, use_bias=False, go_backwards=True), STEPS),
        (D(units=3, use_bias=False, go_backwards=True, return_sequences=True), STEPS),
        (D(units=2, activation="relu", recurrent_activation="hard_sigmoid", unroll=True), STEPS),
        (D(units=3, activity_regularizer="l2", bias_regularizer="l2", recurrent_initializer="glorot_normal"), STEPS),
        (D(units=1), real(1, 1, 1)),
        (D(units=5, dropout=0.3, seed=4), STEPS),
        (D(units=5, dropout=0.3, recurrent_dropout=0.2, seed=4, return_sequences=True), STEPS),
        (D(units=4, dropout=0.1, recurrent_dropout=0.4, seed=4, reset_after=False), STEPS),
        (D(units=3, reset_after=False, activation="softmax", recurrent_activation="softmax"), STEPS),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "RNN",
        (D(cell=inner("LSTMCell", units=4), return_sequences=True), STEPS),
        (D(cell=inner("SimpleRNNCell", units=4, activation="relu"), go_backwards=True), STEPS),
        (D(cell=[inner("LSTMCell", units=3), inner("GRUCell", units=2)], return_sequences=True), STEPS),
        (D(cell=[inner("GRUCell", units=3, reset_after=False), inner("SimpleRNNCell", units=5)], unroll=True), STEPS),
        (
            D(
                cell=inner(
                    "StackedRNNCells",
                    cells=[inner("LSTMCell", units=2, name="a"), inner("LSTMCell", units=4, name="b")],
                )
            ),
            STEPS,
        ),
        (D(cell=inner("LSTMCell", units=3, dropout=0.4, seed=3), zero_output_for_mask=True), STEPS),
        (
            D(
                cell=[
                    inner("GRUCell", units=3, dropout=0.4, seed=3),
                    inner("GRUCell", units=3, recurrent_dropout=0.4, seed=1),
                ]
            ),
            STEPS,
        ),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "Bidirectional",
        (D(layer=inner("LSTM", units=3, return_sequences=True)), STEPS),
        (D(layer=inner("GRU", units=3), merge_mode="sum"), STEPS),
        (D(layer=inner("SimpleRNN", units=4, return_sequences=True), merge_mode="mul"), STEPS),
        (D(layer=inner("LSTM", units=2, unroll=True), merge_mode="ave"), STEPS),
        (D(layer=inner("RNN", cell=inner("GRUCell", units=3), return_sequences=True), merge_mode="ave"), STEPS),
        (
            D(
                layer=inner("LSTM", units=3, return_sequences=True),
                backward_layer=inner("GRU", units=2, go_backwards=True, return_sequences=True, name="back"),
            ),
            STEPS,
        ),
        (D(layer=inner("ConvLSTM1D", filters=2, kernel_size=2, return_sequences=True)), real(2, 3, 4, 2)),
        (D(layer=inner("GRU", units=2, kernel_regularizer="l2", activity_regularizer="l1")), STEPS),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "TimeDistributed",
        (D(layer=inner("Dense", units=4, activation="tanh")), STEPS),
        (D(layer=inner("Conv2D", filters=3, kernel_size=2, strides=2)), real(2, 3, 5, 6, 2)),
        (D(layer=inner("Flatten")), real(2, 3, 2, 4)),
        (D(layer=inner("LSTM", units=3)), real(2, 3, 4, 2)),
        (D(layer=inner("TimeDistributed", layer=inner("Dense", units=2, name="deep"))), real(2, 3, 4, 3)),
        (D(layer=inner("Bidirectional", layer=inner("GRU", units=2, name="deep"))), real(2, 2, 3, 2)),
        (D(layer=inner("LayerNormalization")), STEPS),
        (D(layer=inner("Dropout", rate=0.4, seed=3)), STEPS),
        (D(layer=inner("MaxPooling1D")), real(2, 3, 5, 2)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ConvLSTM1D",
        (D(filters=2, kernel_size=3, return_sequences=True), real(2, 3, 6, 2)),
        (D(filters=3, kernel_size=2, padding="same"), real(2, 3, 5, 2)),
        (D(filters=2, kernel_size=3, strides=2, padding="same", use_bias=False), real(2, 2, 7, 3)),
        (D(filters=2, kernel_size=2, dilation_rate=3, return_sequences=True, go_backwards=True), real(1, 3, 7, 2)),
        (D(filters=2, kernel_size=3, data_format="channels_first", return_sequences=True), real(2, 3, 2, 6)),
        (D(filters=2, kernel_size=2, unit_forget_bias=False, activation="relu"), real(2, 1, 4, 1)),
        (D(filters=2, kernel_size=2, dropout=0.3, recurrent_dropout=0.2, seed=2), real(2, 3, 4, 2)),
        (D(filters=2, kernel_size=1, kernel_regularizer="l2", activity_regularizer="l1"), real(2, 3, 4, 2)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ConvLSTM2D",
        (D(filters=2, kernel_size=2, return_sequences=True), real(2, 3, 4, 5, 2)),
        (D(filters=3, kernel_size=(3, 2), padding="same"), real(2, 2, 5, 4, 2)),
        (D(filters=2, kernel_size=2, strides=(2, 1), use_bias=False, go_backwards=True), real(1, 3, 5, 4, 2)),
        (D(filters=2, kernel_size=2, dilation_rate=2, recurrent_activation="hard_sigmoid"), real(2, 2, 5, 5, 1)),
        (
            D(filters=2, kernel_size=3, strides=3, padding="same", data_format="channels_first", return_sequences=True),
            real(2, 2, 3, 5, 4),
        ),
        (
            D(filters=2, kernel_size=2, data_format="channels_first", dropout=0.3, recurrent_dropout=0.2, seed=2),
            real(2, 2, 2, 3, 3),
        ),
        (D(filters=2, kernel_size=2, recurrent_constraint="non_neg", bias_regularizer="l2"), real(2, 2, 3, 3, 2)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ConvLSTM3D",
        (D(filters=2, kernel_size=2, return_sequences=True), real(2, 2, 3, 3, 3, 2)),
        (D(filters=1, kernel_size=(1, 2, 3), padding="same"), real(2, 2, 2, 3, 4, 2)),
        (D(filters=2, kernel_size=2, strides=2, use_bias=False), real(1, 3, 4, 3, 5, 1)),
        (D(filters=2, kernel_size=2, dilation_rate=(1, 2, 1), go_backwards=True), real(1, 2, 3, 4, 2, 2)),
        (D(filters=2, kernel_size=2, data_format="channels_first", return_sequences=True), real(2, 2, 2, 3, 3, 2)),
        masks=True,
        unknown=(1,),
    ),
]
