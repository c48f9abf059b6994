"""Layers of texts as they are used: what they learn from and take, in models, pipelines and files."""

import collections
import copy
import itertools
import pickle

import numpy as np
import pytest

import lamina
from lamina import _core, layers, ops
from lamina.ops import strings

TEXTS = ["the cat sat", "The dog, the cat!", "a mat über", ""]
OBJECTS = np.array(TEXTS, dtype=object)
VOCABULARY = ["", "[UNK]", "the", "cat", "über", "sat", "mat", "dog", "a"]
NUMBERS = [[2, 3, 5, 0], [2, 7, 2, 3], [8, 6, 4, 0], [0, 0, 0, 0]]


def adapted(**arguments):
    layer = layers.TextVectorization(**arguments)
    layer.adapt(OBJECTS)
    return layer


def model_of(*stack):
    return lamina.Sequential([lamina.Input((), dtype="string"), *stack])


# What is learned from.


class Batches(lamina.data.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return OBJECTS[2 * index : 2 * index + 2], np.zeros(2)


def generator():
    yield from (OBJECTS[:3], OBJECTS[3:])


DATA = {
    "list": lambda: TEXTS,
    "tuple": lambda: tuple(TEXTS),
    "objects": lambda: OBJECTS,
    "str": lambda: np.array(TEXTS),
    "column": lambda: OBJECTS[:, None],
    "bytes": lambda: [text.encode() for text in TEXTS],
    "fixed bytes": lambda: np.array([text.encode() for text in TEXTS]),
    "StringDType": lambda: np.array(TEXTS, dtype=np.dtypes.StringDType()),
    "tensor": lambda: ops.convert_to_tensor(TEXTS),
    "pandas": lambda: pytest.importorskip("pandas").Series(TEXTS),
    "Dataset": lambda: lamina.data.Dataset.from_tensor_slices(OBJECTS).batch(3),
    "Dataset without batches": lambda: lamina.data.Dataset.from_tensor_slices(OBJECTS),
    "Dataset with labels": lambda: lamina.data.Dataset.from_tensor_slices((OBJECTS, np.zeros(4))).batch(2),
    "generator": generator,
    "PyDataset": Batches,
}


@pytest.mark.parametrize("kind", DATA)
def test_adapt_takes_all_kinds_of_data(kind):
    layer = layers.TextVectorization()
    layer.adapt(DATA[kind]())
    assert layer.get_vocabulary() == VOCABULARY


@pytest.mark.parametrize("kind", [k for k in DATA if k not in ("generator", "PyDataset") and "Dataset" not in k])
def test_calls_and_models_take_all_kinds_of_texts(kind):
    layer, data = adapted(), DATA[kind]()
    np.testing.assert_array_equal(layer(data), NUMBERS)
    np.testing.assert_array_equal(model_of(layer).predict(data, verbose=0), NUMBERS)


def test_adapt_reads_folders_of_texts(tmp_path):
    for i, text in enumerate(TEXTS):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        (tmp_path / "ab"[i % 2] / f"{i}.txt").write_text(text, encoding="utf-8")
    dataset = lamina.utils.text_dataset_from_directory(tmp_path, batch_size=1, verbose=False)
    layer = layers.TextVectorization()
    layer.adapt(dataset.map(lambda x, y: x))
    assert layer.get_vocabulary() == VOCABULARY
    layer.adapt(dataset, steps=2)
    assert layer.vocabulary_size() < len(VOCABULARY)


def test_adapt_in_steps_is_one_adapt():
    layer = layers.TextVectorization(output_mode="tf_idf")
    layer.reset_state()
    for text in TEXTS:
        layer.update_state([text])
    layer.finalize_state()
    np.testing.assert_array_equal(layer(OBJECTS), adapted(output_mode="tf_idf")(OBJECTS))


def test_adapt_forgets_what_was_before():
    layer = adapted()
    layer.adapt(["new words"])
    assert layer.get_vocabulary() == ["", "[UNK]", "words", "new"]


def counted(documents):
    """The vocabulary by its definition, and in how many documents each token is."""
    counts = collections.Counter(token for tokens in documents for token in tokens)
    tokens = sorted(counts, key=lambda t: (counts[t], t.encode("utf-8", "surrogateescape")), reverse=True)
    return tokens, [sum(token in tokens for tokens in documents) for token in tokens]


@pytest.fixture(params=[1, 2])
def threads(request):
    before = _core.num_threads()
    _core.set_num_threads(request.param)
    yield
    _core.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_tokens_are_counted_as_they_should():
    words = ["the", "then", "cat", "c", "über", "ÿ", "日本", "😀", "\ud7ff", "\uffff", "\udcff", "a" * 40, "a" * 41]
    rng = np.random.default_rng(0)
    documents = [rng.choice(words, rng.integers(0, 9)).tolist() for _ in range(3000)]
    pairs = [[*row, *(" ".join(two) for two in itertools.pairwise(row))] for row in documents]
    texts = [" ".join(row) for row in documents]
    tokens, frequencies = counted(pairs)
    layer = layers.TextVectorization(ngrams=2, output_mode="tf_idf", standardize=None)
    for parts in (1, 7):
        layer.reset_state()
        for part in range(parts):
            layer.update_state(texts[part::parts])
        if parts > 1:  # what was counted goes along
            layer = copy.deepcopy(layer)
        layer.finalize_state()
        assert layer.get_vocabulary(include_special_tokens=False) == tokens
        wanted = np.log(1 + 3000 / (1 + np.array(frequencies)))
        np.testing.assert_allclose(layer._lookup_layer.idf_weights.numpy()[1:], wanted, rtol=1e-6)
    rows = rng.choice([*words, ""], (500, 6))
    lookup = layers.StringLookup(output_mode="tf_idf", max_tokens=9)
    lookup.adapt(rows.astype(object))
    tokens, frequencies = counted(rows.tolist())
    assert lookup.get_vocabulary(include_special_tokens=False) == tokens[:8]
    np.testing.assert_allclose(lookup.idf_weights.numpy()[1:], np.log(1 + 500 / (1 + np.array(frequencies[:8]))), 1e-6)
    numbers = rng.integers(-5, 5, (400, 3))
    integers = layers.IntegerLookup(output_mode="tf_idf")
    integers.adapt(numbers)
    wanted = np.array([(numbers == token).any(axis=1).sum() for token in integers.get_vocabulary()[1:]])
    np.testing.assert_allclose(integers.idf_weights.numpy()[1:], np.log(1 + 400 / (1 + wanted)), rtol=1e-6)


def test_lookups_adapt_too():
    layer = layers.StringLookup(num_oov_indices=2, mask_token="")
    layer.adapt(lamina.data.Dataset.from_tensor_slices(np.array(["b", "a", "", "b"], object)).batch(2))
    assert layer.get_vocabulary() == ["", "[UNK]", "[UNK]", "b", "a"]
    numbers = layers.IntegerLookup(max_tokens=3)
    numbers.adapt(iter([np.array([[5, -7, 5]]), np.array([[9, 9, 9]])]))
    assert numbers.get_vocabulary() == [-1, 9, 5]
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"word": ["x", "y", "x"]})
    layer.adapt(table["word"])
    assert layer(table["word"]).numpy().tolist() == [3, 4, 3]


def test_models_follow_a_new_vocabulary():
    layer = adapted(output_sequence_length=3)
    model = model_of(layer)
    np.testing.assert_array_equal(model.predict(OBJECTS, verbose=0)[0], [2, 3, 5])
    layer.adapt(["sat sat the"])
    np.testing.assert_array_equal(model.predict(OBJECTS, verbose=0)[0], [3, 1, 2])
    np.testing.assert_array_equal(model.predict_on_batch(OBJECTS)[0], [3, 1, 2])
    layer.set_vocabulary(["cat"])
    np.testing.assert_array_equal(model.predict_on_batch(OBJECTS)[0], [1, 2, 1])
    np.testing.assert_array_equal(model(OBJECTS)[0], [1, 2, 1])


# What texts are.


def test_bytes_that_are_no_utf8_go_through():
    layer = layers.TextVectorization(standardize=None)
    layer.adapt([b"a\xff b", "b", b"a\xff"[:0]])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "a\udcff"]
    assert layer([b"a\xff", "a\udcff", "a"]).numpy().ravel().tolist() == [3, 3, 1]
    letters = layers.TextVectorization(split="character", vocabulary=["\ufffd", "a"])
    assert letters([b"a\xff"]).numpy().tolist() == [[3, 2]]


def test_zero_bytes_are_characters():
    layer = layers.TextVectorization(vocabulary=["a", "a\0b", "\0"])
    assert layer(["a a\0b \0"]).numpy().tolist() == [[2, 3, 4]]


def test_all_texts_may_be_empty():
    for mode, shape in (("int", (2, 0)), ("count", (2, 8))):
        assert adapted(output_mode=mode)(["", " \t"]).shape == shape
    layer = layers.TextVectorization()
    layer.adapt([""])
    assert layer.get_vocabulary() == ["", "[UNK]"]
    assert layer(["a b"]).numpy().tolist() == [[1, 1]]


def test_long_texts_and_wide_ngrams():
    text = "word " * 100_000
    layer = layers.TextVectorization(vocabulary=["word", "word word"], output_sequence_length=7, ngrams=10**9)
    assert layer([text]).numpy().tolist() == [[2] * 7]
    wide = layers.TextVectorization(vocabulary=["word"], ngrams=(10**12, 2), output_mode="count")
    assert wide(["word word word"]).numpy().tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$", "(.*)(.*)(.*)(.*)x", "(a?){60}a{60}b", "[a-z]+ing$"]
)
def test_expressions_that_explode_elsewhere(pattern):
    text = "a" * 3000
    assert strings.regex_replace([text], pattern, "-").shape == (1,)


def test_masks_and_trainable():
    layer = adapted()
    assert not layer.trainable_weights
    x = layers.Embedding(9, 2, mask_zero=True)(layer(OBJECTS))
    np.testing.assert_array_equal(x._keras_mask, np.array(NUMBERS) != 0)


# Functions of the user.


def shout(x):
    return np.char.upper(x)


def commas(x):
    return [text.split(",") for text in x.tolist()]


def test_functions_get_arrays_of_str():
    seen = []

    def standardize(x):
        seen.append(x)
        return np.char.lower(np.char.strip(x))

    layer = layers.TextVectorization(standardize=standardize, split=commas)
    layer.adapt([" B,A ", "a,C D"])
    assert layer.get_vocabulary() == ["", "[UNK]", "a", "c d", "b"]
    assert layer(["A,Ü", "C D,b,a"]).numpy().tolist() == [[2, 1, 0], [3, 4, 2]]
    assert all(isinstance(x, np.ndarray) and x.dtype.kind == "U" for x in seen)


@lamina.saving.register_keras_serializable("texts")
def without_tags(x):
    return strings.lower(strings.regex_replace(x, "<[^>]*>", " "))


@lamina.saving.register_keras_serializable("texts")
def at_bars(x):
    return strings.split(strings.regex_replace(x, r"\|", " "))


def test_functions_of_ops_are_compiled_and_saved(tmp_path):
    layer = layers.TextVectorization(standardize=without_tags, split=at_bars, output_mode="count")
    layer.adapt(["A<br/>b|c", "<p>C"])
    x = np.array(["a|a<i>C", ""], object)
    expected = [[0, 1, 0, 2], [0, 0, 0, 0]]
    assert layer.get_vocabulary() == ["[UNK]", "c", "b", "a"]
    model = model_of(layer)
    for ending in ("lamina", "keras"):
        model.save(tmp_path / f"m.{ending}")
        again = lamina.saving.load_model(tmp_path / f"m.{ending}")
        for each in (layer, model.predict_on_batch, again.predict_on_batch):
            np.testing.assert_array_equal(each(x), expected)


def test_functions_of_python_say_what_to_do_in_models():
    layer = layers.TextVectorization(standardize=shout, vocabulary=["A"])
    assert layer(["a b"]).numpy().tolist() == [[2, 1]]
    with pytest.raises((TypeError, ValueError), match=r"lamina.ops|traced|symbolic"):
        model_of(layer).predict(OBJECTS, verbose=0)


# In models and pipelines.


def test_measured_sizes_follow_the_batch():
    model = model_of(adapted(), layers.Embedding(9, 2, mask_zero=True), layers.LSTM(3), layers.Dense(1))
    model.compile("sgd", "mse")
    model.fit(OBJECTS[:3], np.zeros(3), batch_size=1, epochs=2, verbose=0)
    whole = model.predict(OBJECTS[:3], batch_size=3, verbose=0)
    np.testing.assert_allclose(model.predict(OBJECTS[:3], batch_size=1, verbose=0), whole, rtol=1e-5)
    assert np.isfinite(model.evaluate(OBJECTS, np.zeros(4), batch_size=2, verbose=0))


def test_texts_beside_numbers():
    word, number = lamina.Input((1,), dtype="string", name="word"), lamina.Input((2,), name="number")
    lookup = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
    y = layers.Dense(1)(layers.Concatenate()([lookup(word), number]))
    model = lamina.Model({"word": word, "number": number}, y)
    model.compile("sgd", "mse", metrics=["mae"])
    x = {"word": np.array([["a"], ["b"], ["c"]], object), "number": np.ones((3, 2), "float32")}
    model.fit(x, np.zeros((3, 1)), batch_size=2, verbose=0)
    model.evaluate(x, np.zeros((3, 1)), verbose=0)
    assert model.predict(x, verbose=0).shape == (3, 1)
    dataset = lamina.data.Dataset.from_tensor_slices((x, np.zeros((3, 1)))).batch(2)
    model.fit(dataset, verbose=0)
    np.testing.assert_array_equal(model.predict(dataset, verbose=0), model.predict(x, batch_size=2, verbose=0))
    as_str = {"word": x["word"].astype(str), "number": x["number"]}
    np.testing.assert_array_equal(model.predict(as_str, verbose=0), model.predict(x, verbose=0))


def test_pipelines():
    layer = adapted(output_sequence_length=4)
    texts = lamina.data.Dataset.from_tensor_slices((OBJECTS, np.arange(4)))
    for mapped in (
        texts.batch(2).map(lambda x, y: (layer(x), y)),
        texts.map(lambda x, y: (layer(x), y), num_parallel_calls=2).batch(2),
    ):
        x, y = zip(*mapped)
        np.testing.assert_array_equal(np.concatenate(x), NUMBERS)
        np.testing.assert_array_equal(np.concatenate(y), [0, 1, 2, 3])


def test_to_numbers_and_back():
    lookup = layers.StringLookup(vocabulary=VOCABULARY[2:], mask_token="")
    back = layers.StringLookup(vocabulary=lookup.get_vocabulary(), mask_token="", invert=True)
    inputs = lamina.Input((None,), dtype="string")
    model = lamina.Model(inputs, back(lookup(inputs)))
    assert model.output.dtype == "string"
    x = np.array([["cat", "cow", ""]], object)
    assert model.predict(x, verbose=0).tolist() == [["cat", "[UNK]", ""]]


# Files.

KINDS = [
    (layers.TextVectorization, {"output_mode": mode}, OBJECTS) for mode in ("int", "multi_hot", "count", "tf_idf")
] + [
    (layers.TextVectorization, {"output_mode": "one_hot", "split": None}, OBJECTS),
    (layers.TextVectorization, {"output_mode": "tf_idf", "max_tokens": 20, "pad_to_max_tokens": True}, OBJECTS),
    (layers.StringLookup, {"output_mode": "tf_idf"}, OBJECTS),
    (layers.StringLookup, {"num_oov_indices": 3, "salt": [1, 2]}, OBJECTS),
    (layers.IntegerLookup, {"output_mode": "tf_idf", "num_oov_indices": 2}, np.array([5, -7, 5, 2**40])),
]


@pytest.mark.parametrize("ending", ["lamina", "keras", "pickle", "copy"])
@pytest.mark.parametrize("given", [False, True], ids=["adapted", "given"])
@pytest.mark.parametrize(("cls", "arguments", "x"), KINDS, ids=range(len(KINDS)))
def test_files_keep_everything(cls, arguments, x, given, ending, tmp_path):
    first = cls(**arguments)
    first.adapt(x)
    layer = first
    if given:
        weights = first._lookup_layer.idf_weights if hasattr(first, "_lookup_layer") else first.idf_weights
        known = {} if weights is None else {"idf_weights": weights.numpy()[: first.vocabulary_size()]}
        layer = cls(**arguments, vocabulary=first.get_vocabulary(), **known)
    model = lamina.Sequential([lamina.Input((), dtype="int64" if x.dtype == "int64" else "string"), layer])
    expected = model.predict_on_batch(x)
    np.testing.assert_array_equal(expected, first(x))
    if ending == "pickle":
        again = pickle.loads(pickle.dumps(model))
    elif ending == "copy":
        again = copy.deepcopy(model)
    else:
        model.save(tmp_path / f"m.{ending}")
        again = lamina.saving.load_model(tmp_path / f"m.{ending}")
    np.testing.assert_array_equal(again.predict_on_batch(x), expected)
    np.testing.assert_array_equal(again.layers[-1](x), expected)
    assert again.layers[-1].get_vocabulary() == layer.get_vocabulary()
    assert again.layers[-1].get_config() == layer.get_config()


@pytest.mark.parametrize("arguments", [{}, {"output_mode": "tf_idf"}], ids=["int", "tf_idf"])
def test_layers_are_copied(arguments):
    layer = adapted(**arguments)
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(again(OBJECTS), layer(OBJECTS))
        again.adapt(["new"])
        assert layer.vocabulary_size() > again.vocabulary_size()


def test_configurations_have_no_vocabulary_that_was_found():
    model = model_of(adapted(output_mode="count"))
    copies = [
        lamina.models.clone_model(model),
        lamina.models.model_from_json(model.to_json()),
        lamina.Sequential.from_config(model.get_config()),
    ]
    for each in copies:
        assert each.output_shape == model.output_shape
        with pytest.raises(RuntimeError, match=r"no vocabulary yet.*the 8 tokens.*adapt"):
            each.predict(OBJECTS, verbose=0)
        each.layers[-1].adapt(OBJECTS)
        np.testing.assert_array_equal(each.predict(OBJECTS, verbose=0), model.predict(OBJECTS, verbose=0))


def test_a_new_vocabulary_is_saved_although_another_was_given(tmp_path):
    layer = layers.StringLookup(vocabulary=["a"])
    layer.set_vocabulary([b"b", "c"])
    assert layer.get_config()["vocabulary"] == ["b", "c"]
    model = model_of(layer)
    model.save(tmp_path / "m.lamina")
    assert lamina.saving.load_model(tmp_path / "m.lamina").layers[-1].get_vocabulary() == ["[UNK]", "b", "c"]


def test_odd_tokens_are_saved(tmp_path):
    texts = np.array(["a\nb", "c\r", "", "\udcff", "\u2028", "a\x0bb", "\x1c"], object)
    layer = layers.StringLookup(num_oov_indices=0)
    layer.adapt(texts)
    model = model_of(layer)
    model.save(tmp_path / "m.lamina")
    assert lamina.saving.load_model(tmp_path / "m.lamina").layers[-1].get_vocabulary() == layer.get_vocabulary()
    with pytest.raises(ValueError, match=r"cannot be written.*\.lamina"):
        model.save(tmp_path / "m.keras")
    layer.adapt(texts[2:])
    model.save(tmp_path / "m.keras")
    assert lamina.saving.load_model(tmp_path / "m.keras").layers[-1].get_vocabulary() == layer.get_vocabulary()


def test_vocabulary_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("cat\nüber\n", encoding="utf-8")
    layer = layers.TextVectorization(vocabulary=path)
    assert layer.get_vocabulary() == ["", "[UNK]", "cat", "über"]
    model = model_of(layer)
    model.save(tmp_path / "m.lamina")
    path.unlink()
    assert lamina.saving.load_model(tmp_path / "m.lamina").layers[-1].get_vocabulary() == layer.get_vocabulary()


def test_padding_of_the_weights_is_not_the_vocabulary(tmp_path):
    layer = adapted(output_mode="tf_idf", max_tokens=30, pad_to_max_tokens=True)
    assert layer(OBJECTS).shape == (4, 30)
    assert layer.get_config()["vocabulary_size"] == 8


def test_many_alike_batches_of_a_generator():
    """Texts have no size that room could be made for, so they are not gathered as numbers are."""
    lamina.utils.set_random_seed(3)
    layer = layers.TextVectorization(vocabulary=VOCABULARY, output_sequence_length=4)
    model = model_of(layer, layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1))
    model.compile("sgd", "mse")
    y = np.arange(4.0, dtype="float32")[:, None]
    weights = model.get_weights()
    losses = model.fit(((OBJECTS, y) for _ in range(30)), epochs=1, verbose=0).history["loss"]
    found = model.get_weights()
    model.set_weights(weights)
    model.fit(np.tile(OBJECTS, 30), np.tile(y, (30, 1)), batch_size=4, shuffle=False, verbose=0)
    for one, other in zip(found, model.get_weights()):
        np.testing.assert_array_equal(one, other)
    assert np.isfinite(losses).all()
