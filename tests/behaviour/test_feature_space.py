"""FeatureSpace on tables of every kind, in models, pipelines and files."""

import pickle

import numpy as np
import pytest

import lamina
from lamina import layers
from lamina.utils import FeatureSpace

TABLE = {
    "size": np.array([1.0, 2.0, 3.0, 4.0], "float32"),
    "color": np.array(["red", "grün", "red", "blue"], dtype=object),
    "rooms": np.array([3, 1, 3, 2], "int32"),
}
KINDS = {"size": "float_normalized", "color": "string_categorical", "rooms": "integer_categorical"}


def fitted(**options):
    space = FeatureSpace(KINDS, crosses=[("color", "rooms")], crossing_dim=5, **options)
    space.adapt(TABLE)
    return space


def rows(table=TABLE):
    return [{name: column[i] for name, column in table.items()} for i in range(4)]


@pytest.mark.parametrize("output_mode", ["concat", "dict"])
def test_rows_batches_pipelines_and_predictions_agree(output_mode):
    space = fitted(output_mode=output_mode)
    flat = lambda x: np.concatenate([np.asarray(x[k]) for k in sorted(x)], -1) if isinstance(x, dict) else np.asarray(x)  # noqa: E731
    data = lamina.data.Dataset.from_tensor_slices(TABLE)
    expected = flat(space(TABLE))
    assert expected.shape == (4, 1 + 4 + 4 + 5)
    for found in (
        flat(space({name: column.tolist() for name, column in TABLE.items()})),
        flat(space({name: column[:, None] for name, column in TABLE.items()})),
        flat(space.predict(TABLE, verbose=0)),
        np.stack([flat(x) for x in data.map(space)]),
        np.stack([flat(x) for x in data.map(space, num_parallel_calls=2)]),
        np.concatenate([flat(x) for x in data.batch(3).map(space)]),
        np.concatenate([flat(x) for x, _ in data.batch(2).map(lambda x: (x, 1)).map(lambda x, y: (space(x), y))]),
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: {name: column.tolist() for name, column in TABLE.items()},
        lambda: {name: column[:, None] for name, column in TABLE.items()},
        lambda: lamina.data.Dataset.from_tensor_slices(TABLE),
        lambda: lamina.data.Dataset.from_tensor_slices(TABLE).batch(3),
        lambda: lamina.data.Dataset.from_tensor_slices((TABLE, np.zeros(4))).batch(2),
        lambda: iter(rows()),
        lambda: rows(),
        lambda: [{name: column[i : i + 2] for name, column in TABLE.items()} for i in (0, 2)],
    ],
)
def test_adapts_to_data_of_every_kind(make):
    space = FeatureSpace(KINDS, crosses=[("color", "rooms")], crossing_dim=5)
    space.adapt(make())
    np.testing.assert_allclose(space(TABLE).numpy(), fitted()(TABLE).numpy(), rtol=1e-6)


def test_adapts_to_frames_of_pandas():
    pandas = pytest.importorskip("pandas")
    space = FeatureSpace(KINDS, crosses=[("color", "rooms")], crossing_dim=5)
    frame = pandas.DataFrame(TABLE)
    for each in (frame, dict(frame), [frame[:1], frame[1:]]):
        space.adapt(each)
        np.testing.assert_allclose(space(frame).numpy(), fitted()(TABLE).numpy(), rtol=1e-6)
    np.testing.assert_allclose(space.predict(dict(frame), verbose=0), fitted()(TABLE).numpy(), rtol=1e-6)


def test_other_columns_are_left_alone():
    more = {**TABLE, "rent": np.ones(4, "float32"), "note": ["a", "b", "c", "d"]}
    space = FeatureSpace(KINDS, crosses=[("color", "rooms")], crossing_dim=5)
    space.adapt(more)
    np.testing.assert_array_equal(space(more).numpy(), fitted()(TABLE).numpy())


def test_copies():
    space = fitted(name="houses")
    again = pickle.loads(pickle.dumps(space))
    np.testing.assert_array_equal(again(TABLE).numpy(), space(TABLE).numpy())
    with pytest.raises(ValueError, match=r"does not know its data yet.*\['size', 'color', 'rooms'\]"):
        FeatureSpace.from_config(space.get_config())(TABLE)  # a configuration holds nothing that was learned


def test_adapting_again_forgets():
    space = fitted()
    space.adapt({**TABLE, "color": ["a", "b", "c", "d"]})
    assert space.preprocessors["color"].get_vocabulary()[1:] == ["d", "c", "b", "a"]
    assert space(TABLE).shape == (4, 1 + 5 + 4 + 5)
    assert space.get_encoded_features().shape == (None, 1 + 5 + 4 + 5)


def models(space):
    """The two ways into a model: as one layer, and as the layers in it."""
    inputs = {name: layers.Input((1,), dtype=x.dtype, name=name) for name, x in space.get_inputs().items()}
    yield lamina.Model(inputs, layers.Dense(2)(space(inputs)))
    yield lamina.Model(space.get_inputs(), layers.Dense(2)(space.get_encoded_features()))


@pytest.mark.parametrize("ending", ["lamina", "keras"])
def test_files(ending, tmp_path):
    path = tmp_path / f"space.{ending}"
    space = fitted(name="houses")
    space.save(path)
    again = lamina.saving.load_model(path)
    assert isinstance(again, FeatureSpace)
    assert again.get_config() == space.get_config()
    np.testing.assert_array_equal(again(TABLE).numpy(), space(TABLE).numpy())
    for model in models(space):
        model.compile("sgd", "mse")
        model.fit(TABLE, np.ones((4, 2)), epochs=2, verbose=0)
        model.save(path)
        again = lamina.saving.load_model(path)
        np.testing.assert_array_equal(again.predict(TABLE, verbose=0), model.predict(TABLE, verbose=0))
        again.fit(TABLE, np.ones((4, 2)), verbose=0)


def test_a_layer_after_it_gets_its_own_vocabulary_from_a_file(tmp_path):
    """The number of layers in it does not depend on what has been loaded."""
    space = fitted()
    lookup = layers.StringLookup()
    lookup.adapt(["red", "blue"])
    inputs = {name: layers.Input((1,), dtype=x.dtype, name=name) for name, x in space.get_inputs().items()}
    model = lamina.Model(inputs, [space(inputs), lookup(inputs["color"])])
    model.save(tmp_path / "model.lamina")
    again = lamina.saving.load_model(tmp_path / "model.lamina")
    for mine, other in zip(model.predict(TABLE, verbose=0), again.predict(TABLE, verbose=0)):
        np.testing.assert_array_equal(mine, other)


def test_layers_of_your_own():
    texts = layers.TextVectorization(output_mode="multi_hot")
    space = FeatureSpace(
        {
            "text": FeatureSpace.feature(dtype="string", preprocessor=texts, output_mode="float"),
            "place": FeatureSpace.feature("int32", layers.CategoryEncoding(4, "one_hot"), "float"),
            "bins": FeatureSpace.float_discretized(None, bin_boundaries=[0.0, 1.0]),
            "raw": FeatureSpace.float_rescaled(0.5),
        }
    )
    table = {"text": ["a b", "b"], "place": [3, 1], "bins": [0.5, 2.0], "raw": [1.0, 4.0]}
    space.adapt(table)
    assert texts.get_vocabulary() == ["[UNK]", "b", "a"]
    expected = [[0, 1, 0, 0, 0, 0, 1, 0.5, 0, 1, 1], [0, 0, 1, 0, 1, 0, 0, 2, 0, 1, 0]]
    assert space(table).numpy().tolist() == expected


def test_nothing_to_learn_needs_no_adapt(tmp_path):
    space = FeatureSpace({"size": "float", "color": "string_hashed"}, hashing_dim=3)
    assert space.get_encoded_features().shape == (None, 4)
    space.save(tmp_path / "space.lamina")
    assert lamina.saving.load_model(tmp_path / "space.lamina")({"size": [1.0], "color": ["red"]}).shape == (1, 4)


MISTAKES = [
    (lambda: FeatureSpace({}), "there are no features"),
    (lambda: FeatureSpace(["size"]), "there are no features"),
    (lambda: FeatureSpace({"size": "floats"}), "the kind of feature 'size' is not known"),
    (lambda: FeatureSpace({"size": "adapt"}), "the kind of feature 'size' is not known"),
    (lambda: FeatureSpace(KINDS, output_mode="list"), "output_mode"),
    (lambda: FeatureSpace(KINDS, crosses=[("size", "age")]), "cannot be crossed"),
    (lambda: FeatureSpace(KINDS, crosses=["size"]), "cannot be crossed"),
    (lambda: FeatureSpace(KINDS, crosses=[("color", "rooms")], crossing_dim=0), "crossing_dim"),
    (lambda: FeatureSpace.cross(("a", "b"), 4, output_mode="multi_hot"), "output_mode"),
    (lambda: FeatureSpace.string_categorical(output_mode="multi_hot"), "output_mode"),
    (lambda: FeatureSpace.feature("string", "StringLookup", "int"), "is no layer"),
    (lambda: FeatureSpace(KINDS)(TABLE), "does not know its data yet"),
    (lambda: FeatureSpace(KINDS).get_inputs(), "does not know its data yet"),
    (lambda: FeatureSpace(KINDS).save("space.keras"), "does not know its data yet"),
    (lambda: FeatureSpace(KINDS).build_from_config({"size": 3}), "cannot be built"),
    (lambda: FeatureSpace(KINDS).build_from_config({"color": {"cardinality": -1}}), "num_tokens"),
    (lambda: FeatureSpace(KINDS).adapt(TABLE["size"]), "cannot adapt"),
    (lambda: FeatureSpace(KINDS).adapt("table.csv"), "cannot adapt"),
    (lambda: FeatureSpace(KINDS).adapt(iter([])), "cannot adapt"),
    (lambda: FeatureSpace(KINDS).adapt(lamina.data.Dataset.from_tensor_slices(TABLE).repeat()), "cannot adapt"),
    (lambda: FeatureSpace(KINDS).adapt({"size": [1.0], "rooms": [1]}), r"\['color'\] are missing"),
    (lambda: fitted()({"size": [1.0], "color": ["red"]}), r"\['rooms'\] are missing"),
    (lambda: fitted()(TABLE["size"]), "the data are no table"),
    (lambda: FeatureSpace({"i": FeatureSpace.integer_hashed(3, output_mode="int")})({"i": [1]}), "vector of floats"),
    (
        lambda: FeatureSpace({"f": FeatureSpace.feature("float32", layers.Rescaling(2.0), "one_hot")})({"f": [1.0]}),
        "one-",
    ),
]


@pytest.mark.parametrize(("call", "said"), MISTAKES)
def test_mistakes(call, said):
    with pytest.raises((ValueError, TypeError), match=f"(?s){said}.*Expected: .*Received: .*Fix: "):
        call()
