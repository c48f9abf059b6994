"""Wrong arguments and inputs of layers of several inputs."""

import pytest
from cases.mistakes import Mistake, assert_refused

D = dict

MISTAKES: list[Mistake] = [
    *(
        row
        for layer in ("Add", "Average", "Multiply", "Maximum", "Minimum", "Subtract")
        for row in [
            (layer, D(), (2, 3), f"{layer}: the inputs do not come as a list.*one tensor of shape"),
            (layer, D(), [(2, 3), (2, 4)], f"{layer}: the inputs do not fit together.*\\(2, 3\\), \\(2, 4\\)"),
            (layer, D(), [(2, 3), (4, 3)], "same batch size"),
            (layer, D(), [(2, 5, 3), (2, 4)], "equal sizes"),
            (layer, D(axis=1), None, "axis=1"),
        ]
    ),
    ("Add", D(), [], "at least 1 tensors.*0 tensors"),
    ("Subtract", D(), [(2, 3)], "exactly 2 tensors"),
    ("Subtract", D(), [(2, 3)] * 3, "exactly 2 tensors.*3 tensors"),
    ("Concatenate", D(axis=1.5), None, "Concatenate: `axis`.*axis=1.5"),
    ("Concatenate", D(axis=[1]), None, r"axis=\[1\]"),
    ("Concatenate", D(axis=3), [(2, 3, 4), (2, 3, 4)], "axis=3"),
    ("Concatenate", D(), [(2, 3), (2, 3, 4)], r"equal ranks.*\(2, 3, 4\)"),
    ("Concatenate", D(axis=1), [(2, 3, 4), (2, 3, 5)], r"all axes but 1.*\(2, 3, 5\)"),
    ("Concatenate", D(), (2, 3), "one tensor of shape"),
    ("Dot", D(axes="x"), None, "Dot: `axes`.*axes='x'"),
    ("Dot", D(axes=(1, 2, 3)), None, r"axes=\(1, 2, 3\)"),
    ("Dot", D(axes=(1, 1.5)), None, r"axes=\(1, 1.5\)"),
    ("Dot", D(axes=1.0), None, "axes=1.0"),
    ("Dot", D(axes=((1, 2), 1)), None, "two integers"),
    ("Dot", D(axes=0), [(2, 3), (2, 3)], "other than the batch"),
    ("Dot", D(axes=2), [(2, 3), (2, 3)], "axes=2"),
    ("Dot", D(axes=1), [(2, 3), (2, 4)], r"axes of equal size.*\(2, 4\)"),
    ("Dot", D(axes=1), [(2, 3), (4, 3)], "batch"),
    ("Dot", D(axes=1), [(2, 3)] * 3, "exactly 2 tensors"),
    ("Dot", D(axes=1), (2, 3), "one tensor of shape"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)
