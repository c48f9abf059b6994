"""Convolution, pooling, patches and attention."""

from cases.arrays import distinct, flags, integers, real
from cases.call import Call

LINE, PLANE, SPACE = real(2, 7, 4), real(2, 6, 5, 4), real(1, 4, 3, 4, 2)
FIRST = {"data_format": "channels_first"}

CONVOLUTIONS: tuple[Call, ...] = (
    Call("conv", (LINE, real(3, 4, 2)), batched=(0,)),
    Call("conv", (LINE, real(2, 4, 2)), {"strides": 2, "padding": "same"}, batched=(0,), label="same"),
    Call("conv", (LINE, real(3, 4, 2)), {"padding": "causal"}, parity=False, label="causal"),  # of layers, in Keras
    Call("conv", (PLANE, real(3, 2, 4, 3)), {"strides": (2, 1), "padding": "same"}, batched=(0,), label="2d"),
    Call("conv", (PLANE, real(2, 3, 4, 3)), {"dilation_rate": (2, 1)}, label="dilation"),
    Call("conv", (PLANE, real(2, 2, 2, 6)), {"padding": "same"}, label="groups"),
    Call("conv", (real(2, 3, 6, 5), real(3, 3, 3, 2)), FIRST | {"strides": 2}, batched=(0,), label="first"),
    Call("conv", (SPACE, real(2, 2, 3, 2, 3)), batched=(0,), label="3d"),
    Call("depthwise_conv", (LINE, real(3, 4, 1)), batched=(0,)),
    Call("depthwise_conv", (PLANE, real(3, 2, 4, 2)), {"strides": 2, "padding": "same"}, batched=(0,), label="2d"),
    Call("depthwise_conv", (PLANE, real(2, 2, 4, 1)), {"dilation_rate": (2, 3)}, label="dilation"),
    Call("depthwise_conv", (real(2, 3, 6, 5), real(3, 3, 3, 2)), FIRST, label="first"),
    Call("depthwise_conv", (SPACE, real(2, 2, 2, 2, 2)), {"padding": "same"}, label="3d"),
    Call("separable_conv", (LINE, real(3, 4, 2), real(1, 8, 3)), {"padding": "same"}, batched=(0,)),
    Call("separable_conv", (PLANE, real(2, 3, 4, 1), real(1, 1, 4, 3)), {"strides": 2}, batched=(0,), label="2d"),
    Call(
        "separable_conv",
        (real(2, 3, 6, 5), real(2, 2, 3, 2), real(1, 1, 6, 2)),
        FIRST | {"dilation_rate": 2},
        label="first",
    ),
    Call("conv_transpose", (LINE, real(3, 2, 4)), batched=(0,)),
    *(
        Call("conv_transpose", (real(2, 4, 3), real(k, 2, 3)), o, label="-".join(map(str, (k, *o.values()))))
        for k, o in (
            (2, {"strides": 3}),  # a kernel smaller than its steps
            (3, {"strides": 3, "output_padding": 2}),
            (2, {"strides": 1, "output_padding": 2}),  # more than a step
            (3, {"strides": 2, "padding": "same"}),
            (2, {"strides": 3, "padding": "same"}),
            (4, {"strides": 2, "padding": "same"}),
            (3, {"strides": 2, "padding": "same", "output_padding": 0}),
            (3, {"strides": 2, "padding": "same", "output_padding": 1}),
            (4, {"strides": 2, "padding": "same", "output_padding": 0}),  # less than the convolution's own size
            (4, {"strides": 2, "padding": "same", "output_padding": 3}),
            (2, {"strides": 1, "padding": "same", "output_padding": 4}),
            (3, {"dilation_rate": 2}),
            (2, {"dilation_rate": 2, "padding": "same"}),
        )
    ),
    Call("conv_transpose", (PLANE, real(3, 2, 3, 4)), {"strides": (2, 1), "padding": "same"}, batched=(0,), label="2d"),
    Call("conv_transpose", (real(2, 3, 4, 5), real(2, 3, 2, 3)), FIRST | {"strides": 2}, batched=(0,), label="first"),
    Call(
        "conv_transpose",
        (PLANE, real(3, 2, 3, 4)),
        {"strides": (2, 3), "padding": "same", "output_padding": (1, 3)},
        batched=(0,),
        label="mixed",
    ),
    Call("conv_transpose", (SPACE, real(2, 2, 2, 3, 2)), {"strides": (1, 2, 1)}, label="3d"),
)  # fmt: skip

POOLINGS: tuple[Call, ...] = (
    *(
        call
        for name, draw in (("max_pool", distinct), ("average_pool", real))
        for call in (
            Call(name, (draw(2, 7, 3),), {"pool_size": 2, "strides": 2}, batched=(0,)),
            Call(name, (draw(2, 7, 3),), {"pool_size": 3}, parity=False, label="window"),  # Keras fails on JAX
            Call(name, (draw(2, 7, 3),), {"pool_size": 3, "strides": 2, "padding": "same"}, label="same"),
            Call(name, (draw(2, 6, 5, 3),), {"pool_size": (2, 3), "strides": (1, 2)}, batched=(0,), label="2d"),
            Call(
                name,
                (draw(2, 5, 6, 3),),
                {"pool_size": 3, "strides": (2, 1), "padding": "SAME"},
                batched=(0,),
                label="2d-same",
            ),
            Call(name, (draw(2, 3, 6, 5),), FIRST | {"pool_size": 2, "strides": 1}, batched=(0,), label="first"),
            Call(name, (draw(1, 4, 5, 4, 2),), {"pool_size": 2, "strides": 2, "padding": "same"}, label="3d"),
            Call(f"adaptive_{name}", (draw(2, 8, 3),), {"output_size": 4}, batched=(0,)),
            Call(f"adaptive_{name}", (draw(2, 7, 3),), {"output_size": 3}, batched=(0,), label="7to3"),
            Call(f"adaptive_{name}", (draw(2, 3, 2),), {"output_size": 5}, label="3to5"),
            Call(f"adaptive_{name}", (draw(2, 5, 6, 2),), {"output_size": (3, 4)}, batched=(0,), label="2d"),
            Call(f"adaptive_{name}", (draw(2, 6, 6, 2),), {"output_size": 4}, label="square"),
            Call(f"adaptive_{name}", (draw(2, 3, 5, 6),), FIRST | {"output_size": (1, 4)}, label="first"),
            Call(f"adaptive_{name}", (draw(1, 4, 5, 3, 2),), {"output_size": (2, 3, 1)}, label="3d"),
        )
    ),
)

IMAGE = real(2, 3, 5, 6)
PATCHES: tuple[Call, ...] = (
    Call("unfold", (IMAGE,), {"kernel_size": 2}, batched=(0,)),
    Call("unfold", (IMAGE,), {"kernel_size": (2, 3), "dilation": (1, 2), "padding": (1, 0), "stride": 2}, label="all"),
    Call("unfold", (integers(9, 1, 2, 3, 3, dtype="int32"),), {"kernel_size": 2}, label="ints"),
    Call("fold", (real(2, 12, 20),), {"output_size": (5, 6), "kernel_size": 2}, batched=(0,)),
    Call(
        "fold",
        (real(2, 18, 6),),
        {"output_size": (4, 7), "kernel_size": (2, 3), "dilation": (1, 2), "padding": (1, 0), "stride": 2},
        batched=(0,),
        label="all",
    ),
    # The last column belongs to no block; Keras on JAX forgets it.
    Call("fold", (real(2, 4, 4),), {"output_size": (4, 5), "kernel_size": 2, "stride": 2}, parity=False, label="rest"),
    Call("depth_to_space", (real(2, 2, 3, 8),), {"block_size": 2}, batched=(0,)),
    Call("depth_to_space", (real(2, 18, 2, 1),), FIRST | {"block_size": 3}, batched=(0,), label="first"),
    Call("space_to_depth", (real(2, 4, 6, 3),), {"block_size": 2}, batched=(0,)),
    Call("space_to_depth", (real(2, 2, 3, 6),), FIRST | {"block_size": 3}, batched=(0,), label="first"),
)

QUERY, KEY = real(2, 3, 4, 5), real(2, 6, 4, 5)
HEADS = (QUERY, KEY, KEY)
ATTENTION: tuple[Call, ...] = (
    Call("dot_product_attention", HEADS, batched=(0, 1, 2)),
    Call("dot_product_attention", (QUERY, real(2, 6, 2, 5), real(2, 6, 2, 5)), batched=(0, 1, 2), label="groups"),
    Call("dot_product_attention", (QUERY, real(2, 6, 1, 5), real(2, 6, 1, 5)), {"scale": 0.3}, label="one_group"),
    Call("dot_product_attention", (*HEADS, real(2, 4, 3, 6)), batched=(0, 1, 2, 3), label="bias"),
    Call("dot_product_attention", (*HEADS, real(1, 1, 3, 6)), {"is_causal": True}, label="causal"),
    Call(
        "dot_product_attention",
        (QUERY, real(2, 3, 2, 5), real(2, 3, 2, 5)),
        {"is_causal": True, "scale": 0.5},
        batched=(0, 1, 2),
        label="causal_groups",
    ),
    Call(
        "dot_product_attention",
        (*HEADS, flags(6)),
        run=lambda ops, q, k, v, mask: ops.dot_product_attention(q, k, v, mask=ops.reshape(mask, (1, 1, 1, 6))),
        batched=(0, 1, 2),
        label="keys",
    ),
    Call(
        "dot_product_attention",
        (*HEADS, flags(2, 1, 3, 6)),
        run=lambda ops, q, k, v, mask: ops.dot_product_attention(q, k, v, mask=mask, is_causal=True),
        batched=(0, 1, 2, 3),
        label="mask",
    ),
    Call("dot_product_attention", HEADS, {"attn_logits_soft_cap": 2.0}, parity=False, label="cap"),  # TPU only there
)

CALLS = (*CONVOLUTIONS, *POOLINGS, *PATCHES, *ATTENTION)
