"""Layers that turn texts and integers into numbers, which have a contract of their own."""

from cases.arrays import integers, texts
from cases.layers.case import Case, D, rows

WORDS = ["a", "b", "The", "quick"]
NUMBERS = [5, 0, -3, 7]

ROWS: list[Case] = [
    *rows(
        "TextVectorization",
        (D(vocabulary=WORDS, output_sequence_length=5), texts(3)),
        (D(vocabulary=WORDS, standardize="lower"), texts(3, 1)),
        (D(vocabulary=WORDS, standardize=None, split="character", output_mode="multi_hot"), texts(4)),
        (D(vocabulary=WORDS, ngrams=2, output_mode="count", max_tokens=9, pad_to_max_tokens=True), texts(4)),
        (D(vocabulary=WORDS, idf_weights=[0.5, 1.0, 2.0, 3.0], output_mode="tf_idf"), texts(4)),
        (D(vocabulary=WORDS, ngrams=(1, 3), standardize="strip_punctuation"), texts(4)),
        (D(vocabulary=WORDS, split=None), texts(4)),
        parity=False,
    ),
    *rows(
        "StringLookup",
        (D(vocabulary=WORDS), texts(3, 2)),
        (D(vocabulary=WORDS, num_oov_indices=3, mask_token=""), texts(3, 2)),
        (D(vocabulary=WORDS, num_oov_indices=2, salt=[1, 2], output_mode="one_hot"), texts(4)),
        (D(vocabulary=WORDS, output_mode="multi_hot"), texts(3, 2)),
        (D(vocabulary=WORDS, output_mode="count", mask_token=""), texts(3, 2)),
        (D(vocabulary=WORDS, invert=True), integers(7, 3, 2)),
        parity=False,
    ),
    *rows(
        "IntegerLookup",
        (D(vocabulary=NUMBERS), integers(9, 3, 2)),
        (D(vocabulary=NUMBERS, num_oov_indices=3, mask_token=1), integers(9, 3, 2)),
        (
            D(vocabulary=NUMBERS, num_oov_indices=2, oov_method="farmhash", salt=3, output_mode="one_hot"),
            integers(9, 4),
        ),
        (D(vocabulary=NUMBERS, output_mode="multi_hot"), integers(9, 3, 2)),
        (D(vocabulary=NUMBERS, invert=True), integers(7, 3, 2)),
        parity=False,
    ),
    *rows(
        "Hashing",
        (D(num_bins=5), texts(3, 2)),
        (D(num_bins=5, mask_value=""), texts(3, 2)),
        (D(num_bins=5, mask_value=3, salt=[7, -8]), integers(9, 3, 2)),
        (D(num_bins=5, output_mode="multi_hot"), texts(3, 2)),
        (D(num_bins=5, output_mode="count", salt=1337), texts(3, 2)),
        parity=False,
    ),
    *rows(
        "HashedCrossing",
        (D(num_bins=5), (texts(3), integers(9, 3))),
        (D(num_bins=7), (texts(3, 1), texts(3, 1), integers(9, 3, 1))),
        (D(num_bins=4, output_mode="one_hot"), (texts(4, 1), integers(9, 4, 1))),
        (D(num_bins=4, dtype="int32"), (integers(5, 3), integers(9, 3))),
        (D(num_bins=1), (texts(3), texts(3))),
        parity=False,
    ),
]
