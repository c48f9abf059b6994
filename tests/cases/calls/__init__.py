"""One row or more for every public function of `lamina.ops`, by family."""

from cases.call import Call
from cases.calls import (
    control,
    creation,
    elementwise,
    flow,
    fourier,
    image,
    indexing,
    linalg,
    nn,
    ordering,
    products,
    reductions,
    shapes,
)

FAMILIES = (
    elementwise,
    creation,
    shapes,
    products,
    reductions,
    ordering,
    indexing,
    linalg,
    flow,
    fourier,
    nn,
    image,
    control,
)
CALLS: tuple[Call, ...] = tuple(call for family in FAMILIES for call in family.CALLS)
