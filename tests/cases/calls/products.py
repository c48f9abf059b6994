"""Products, and sums of products."""

from cases.arrays import flags, integers, real
from cases.call import Call

INTS = {"dtype": "int32"}


def einsum(subscripts: str, *shapes: tuple[int, ...], batched: tuple[int, ...] = (), **fields) -> Call:
    return Call(
        "einsum",
        tuple(real(*shape) for shape in shapes),
        run=lambda ops, *xs: ops.einsum(subscripts, *xs),
        batched=batched,
        label=subscripts,
        **fields,
    )


CALLS: tuple[Call, ...] = (
    Call("matmul", (real(2, 3), real(3, 4)), batched=(0,)),
    Call("matmul", (real(3), real(3, 4)), label="vector first"),
    Call("matmul", (real(2, 3), real(3)), batched=(0,), label="vector second"),
    Call("matmul", (real(3), real(3)), label="vectors"),
    Call("matmul", (real(5, 2, 3), real(3, 4)), batched=(0,), label="shared second"),
    Call("matmul", (real(2, 3), real(5, 3, 4)), batched=(1,), label="shared first"),
    Call("matmul", (real(5, 2, 3), real(5, 3, 1)), batched=(0, 1), label="batch"),
    Call("matmul", (real(2, 1, 2, 3), real(4, 3, 2)), batched=(0,), label="broadcast"),
    Call("matmul", (real(1, 2, 3), real(4, 3, 2)), batched=(1,), label="broadcast one"),
    Call("matmul", (real(3), real(2, 3, 4)), batched=(1,), label="vector and batch"),
    Call("matmul", (real(2, 4, 3), real(3)), batched=(0,), label="batch and vector"),
    Call("matmul", (integers(9, 2, 3, **INTS), integers(9, 3, 4, **INTS)), batched=(0,), label="int"),
    Call("matmul", (integers(9, 2, 3, **INTS), real(3, 2)), wrt=(), batched=(0,), label="dtypes"),
    Call("matmul", (flags(2, 3), flags(3, 4)), label="bool"),
    Call("matmul", (integers(255, 2, 3, dtype="uint8"), integers(255, 3, 2, dtype="uint8")), label="bytes"),
    Call("dot", (real(3), real(3))),
    Call("dot", (real(), real(2, 3)), label="scalar"),
    Call("dot", (real(2, 3), real(3, 4)), batched=(0,), label="matrices"),
    Call("dot", (real(5, 2, 3), real(3)), batched=(0,), label="vector second"),
    Call("dot", (real(2, 3), real(5, 3, 4)), batched=(1,), label="rank 3 second"),
    Call("dot", (real(2, 1, 3), real(2, 3, 2)), batched=(0, 1), label="rank 3"),
    Call("dot", (real(3), real(2, 3, 4)), batched=(1,), label="vector first"),
    Call("dot", (integers(9, 2, 3, **INTS), integers(9, 3, 2, **INTS)), label="int"),
    Call("inner", (real(3), real(3))),
    Call("inner", (real(2, 3), real(4, 3)), batched=(0,), label="matrices"),
    Call("inner", (real(2, 2, 3), real(3)), batched=(0,), label="vector"),
    Call("inner", (real(2), real()), label="scalar"),
    Call("outer", (real(3), real(4)), batched=(0,)),
    Call("outer", (real(2, 2), real(3, 1)), batched=(1,), label="flattened"),
    Call("vdot", (real(5), real(5)), batched=(0, 1)),
    Call("vdot", (real(2, 3), real(3, 2)), label="flattened"),
    Call("vdot", (integers(9, 4, **INTS), integers(9, 4, **INTS)), label="int"),
    Call("tensordot", (real(2, 3, 4), real(3, 4, 2)), batched=(0,)),
    Call("tensordot", (real(2, 3), real(4, 2)), {"axes": 0}, batched=(1,), label="outer"),
    Call("tensordot", (real(2, 3, 4), real(4, 3, 2)), {"axes": ([1, 2], [1, 0])}, batched=(0,), label="axes"),
    Call("tensordot", (real(2, 3, 4), real(5, 3)), {"axes": (1, -1)}, batched=(0,), label="one axis"),
    Call("tensordot", (real(2, 3), real(2, 3)), {"axes": ((0, 1), (0, 1))}, batched=(0, 1), label="all"),
    Call("kron", (real(2, 3), real(3, 2)), batched=(0,)),
    Call("kron", (real(2), real(3)), batched=(1,), label="vectors"),
    Call("kron", (real(2, 2), real(3)), batched=(0,), label="ranks"),
    Call("cross", (real(2, 3), real(2, 3)), batched=(0, 1)),
    Call("cross", (real(3, 2), real(2, 3)), {"axisa": 0, "axisc": 0}, batched=(1,), label="axes"),
    Call("cross", (real(3, 2), real(3, 2)), {"axis": 0}, label="axis"),
    Call("cross", (real(4, 2), real(4, 2)), batched=(0, 1), label="plane"),
    Call("cross", (real(4, 2), real(4, 3)), batched=(0, 1), label="plane and space"),
    Call("cross", (real(4, 3), real(2)), batched=(0,), label="space and plane"),
    *(
        Call("correlate", (real(7), real(3)), {"mode": mode}, batched=(0,), label=mode)
        for mode in ("valid", "same", "full")
    ),
    *(
        Call("correlate", (real(4), real(7)), {"mode": mode}, label=f"{mode} swapped")
        for mode in ("valid", "same", "full")
    ),
    Call("correlate", (integers(9, 5, **INTS), integers(9, 4, **INTS)), {"mode": "same"}, label="int"),
    Call("cdist", (real(4, 3), real(5, 3)), batched=(0,)),
    Call("cdist", (real(2, 4, 3), real(2, 5, 3)), batched=(0, 1), label="batch"),
    Call("cdist", (real(2, 4, 3), real(5, 3)), batched=(0,), label="broadcast"),
    einsum("ij,jk->ik", (2, 3), (3, 4), batched=(0,)),
    einsum("ij,jk", (2, 3), (3, 4), batched=(0,)),
    einsum("ba,cb->ac", (3, 2), (4, 3), batched=(1,)),
    einsum("ij,kj->ki", (2, 3), (4, 3), batched=(1,)),
    einsum("ij,ij->", (2, 3), (2, 3), batched=(0, 1)),
    einsum("bi,bi->b", (4, 3), (4, 3), batched=(0, 1)),
    einsum("bi,bj->bij", (4, 3), (4, 2), batched=(0, 1)),
    einsum("i,j->ji", (3,), (4,), batched=(0,)),
    einsum("bij,bjk->bik", (2, 3, 4), (2, 4, 2), batched=(0, 1)),
    einsum("btnh,bsnh->bnts", (2, 3, 2, 4), (2, 5, 2, 4), batched=(0, 1)),
    einsum("bnts,bsnh->btnh", (2, 2, 3, 5), (2, 5, 2, 4), batched=(0, 1)),
    einsum("abc,cd->abd", (2, 3, 4), (4, 2), batched=(0,)),
    einsum("abc,cde->abde", (2, 3, 4), (4, 2, 3), batched=(0,)),
    einsum("abcd,cde->abe", (2, 3, 2, 2), (2, 2, 3), batched=(0,)),
    einsum("abc,bd->adc", (2, 3, 4), (3, 5), batched=(0,)),
    einsum("ii->i", (3, 3)),
    einsum("ii", (3, 3)),
    einsum("ibi,ij->bj", (3, 2, 3), (3, 2)),
    einsum("iii->i", (2, 2, 2)),
    einsum("ijk->kji", (2, 3, 4), batched=(0,)),
    einsum("ijk->j", (2, 3, 4), batched=(0,)),
    einsum("ba", (2, 3), batched=(0,)),
    einsum("ij,jk,kl->il", (2, 3), (3, 4), (4, 2), batched=(0,)),
    einsum("ij,ik,il->jkl", (3, 2), (3, 4), (3, 2), batched=(0, 1, 2)),
    einsum("i,i,i->", (4,), (4,), (4,), batched=(0, 1, 2)),
    einsum("a,b,c,d->dcba", (2,), (3,), (2,), (2,)),  # the order of pairs depends on the sizes that are known
    einsum("...ij,...jk->...ik", (2, 3, 4), (2, 4, 2), batched=(0, 1)),
    einsum("...ij,...jk", (5, 1, 2, 3), (2, 3, 2), batched=(0,)),
    einsum("...ij,jk->ik...", (2, 2, 3), (3, 2), batched=(0,)),
    einsum("i...,i...->...", (2, 3), (2, 3), batched=(0, 1)),
    einsum("...i->...", (2, 3, 4), batched=(0,)),
    einsum("ij,j->i", (2, 3), (1,), parity=False),  # NumPy's rule; JAX has it only for "..."
    einsum("bi,->bi", (2, 3), (), batched=(0,)),
    Call(
        "einsum",
        (integers(9, 2, 3, **INTS), integers(9, 3, **INTS)),
        run=lambda ops, a, b: ops.einsum("ij,j->i", a, b),
        batched=(0,),
        label="int",
    ),
    Call(
        "einsum",
        (real(2, 3), integers(9, 3, 2, **INTS)),
        run=lambda ops, a, b: ops.einsum(" i j , j k -> i k ", a, b, optimize="optimal"),
        wrt=(),
        batched=(0,),
        label="dtypes, spaces, options",
    ),
)
