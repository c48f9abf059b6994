"""One row or more for every public function of `lamina.ops`, by family."""

from cases.call import Call
from cases.calls import (
    complex,
    control,
    creation,
    elementwise,
    flow,
    fourier,
    image,
    indexing,
    linalg,
    nn,
    nn_images,
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
    complex,
    nn,
    nn_images,
    image,
    control,
)
CALLS: tuple[Call, ...] = tuple(call for family in FAMILIES for call in family.CALLS)
