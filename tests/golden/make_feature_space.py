"""Makes feature_space.json: what FeatureSpace gives in Keras, which needs TensorFlow for it.

Run it with both installed:  KERAS_BACKEND=tensorflow python tests/golden/make_feature_space.py
Each case has the arguments (kinds of features as names, or as [method, arguments]), what is called, the result (None
where Keras refuses), its dtypes, what the layers learned and the configuration. The file feature_space.keras is the one
that Keras wrote of the first case.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow as tf
from keras.utils import FeatureSpace

HERE = Path(__file__).parent
D = dict
TABLE = {
    "age": [23.0, 31.5, 64.0, 47.0, 31.5, 18.0, 52.0, 40.5],
    "city": ["Bonn", "Köln", "Bonn", "Ulm", "日本", "Bonn", "Köln", "Trier"],
    "rooms": [1, 3, 3, 2, 5, 1, 3, 3],
    "code": [101, 7, -3, 101, 7, 7, 2, 101],
}
NEW = {"age": [25.0, 70.0, 31.5], "city": ["Ulm", "Rom", "Trier"], "rooms": [3, 9, 1], "code": [7, 7, -3]}
KINDS = D(age="float_normalized", city="string_categorical", rooms="integer_categorical", code="integer_hashed")

CASES = [
    D(features=KINDS, crosses=[["city", "rooms"]], crossing_dim=6, hashing_dim=5),
    D(features=KINDS, crosses=[["city", "rooms"]], crossing_dim=6, hashing_dim=5, output_mode="dict"),
    D(features=D(age="float", rooms=["float_rescaled", D(scale=0.5, offset=-1.0)])),
    D(features=D(age="float_discretized", rooms="float"), num_discretization_bins=3),
    D(
        features=D(age=["float_discretized", D(num_bins=4, output_mode="int")], city="string_hashed"),
        output_mode="dict",
    ),
    D(features=D(city=["string_categorical", D(max_tokens=3)], rooms=["integer_categorical", D(max_tokens=3)])),
    D(
        features=D(
            city=["string_categorical", D(num_oov_indices=2)], code=["integer_categorical", D(num_oov_indices=3)]
        )
    ),
    D(features=D(city=["string_hashed", D(num_bins=3)], code=["integer_hashed", D(num_bins=7)]), hashing_dim=2),
    D(
        features=D(
            city=["string_categorical", D(output_mode="int")],
            rooms=["integer_categorical", D(output_mode="int")],
            code=["integer_hashed", D(num_bins=9, output_mode="int")],
        ),
        crosses=[["cross", D(feature_names=["city", "code"], crossing_dim=11, output_mode="int")]],
        output_mode="dict",
    ),
    D(
        features=D(city="string_categorical", rooms="integer_categorical", code="integer_categorical"),
        crosses=[["rooms", "code"], ["cross", D(feature_names=["city", "rooms"], crossing_dim=3)]],
        crossing_dim=4,
    ),
    D(features=D(city=["string_categorical", D(output_mode="int")])),  # integers in a vector
    D(features=D(age="float_normalized", city="string_hashed"), crosses=[["age", "city"]]),  # a float in a cross
]


def kind(space, value):
    return value if isinstance(value, str) else getattr(space, value[0])(**value[1])


def made(space, case):
    """The FeatureSpace of a case."""
    features = {name: kind(space, value) for name, value in case["features"].items()}
    crosses = [space.cross(**c[1]) if c[0] == "cross" else tuple(c) for c in case.get("crosses", [])]
    return space(**{**case, "features": features, "crosses": crosses or None})


def numbers(encoded):
    if isinstance(encoded, dict):
        return {name: numbers(x) for name, x in encoded.items()}
    array = keras.ops.convert_to_numpy(encoded)
    return {"dtype": str(array.dtype), "values": array.tolist()}


def learned(layer):
    if hasattr(layer, "get_vocabulary"):
        return [str(token) for token in layer.get_vocabulary()]
    if isinstance(layer, keras.layers.Discretization):
        return layer.bin_boundaries
    if isinstance(layer, keras.layers.Normalization):
        return [np.ravel(keras.ops.convert_to_numpy(v)).tolist() for v in (layer.mean, layer.variance)]
    return None


def columns(table, case):
    return {name: np.array(values, "float32") if isinstance(values[0], float) else values
            for name, values in table.items() if name in case["features"]}  # fmt: skip


def result(case):
    keras.utils.clear_session()
    table, new = columns(TABLE, case), columns(NEW, case)
    try:
        space = made(FeatureSpace, case)
        space.adapt(tf.data.Dataset.from_tensor_slices(table))
        found = {"rows": numbers(space(new)), "row": numbers(space({name: v[0] for name, v in new.items()}))}
    except ValueError:
        return None
    if case is CASES[0]:
        space.save(HERE / "feature_space.keras")
    layers = {name: learned(layer) for name, layer in space.preprocessors.items()}
    names = [layer.name for layer in (*space.preprocessors.values(), *space.crossers.values())]
    return {**found, "learned": layers, "names": names, "config": json.loads(json.dumps(space.get_config()))}


if __name__ == "__main__":
    cases = [{"case": case, "result": result(case)} for case in CASES]
    text = json.dumps({"table": TABLE, "new": NEW, "cases": cases}, ensure_ascii=False, separators=(",", ":"))
    (HERE / "feature_space.json").write_text(text + "\n", encoding="utf-8")
