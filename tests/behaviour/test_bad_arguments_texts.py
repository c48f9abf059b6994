"""Wrong arguments and inputs of the layers and functions of texts."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

import lamina
from lamina import layers
from lamina.ops import strings
from lamina.preprocessing import sequence, text
from lamina.saving.assets import take_texts

D = dict
W = ["a", "b"]

MISTAKES: list[Mistake] = [
    ("TextVectorization", D(max_tokens=1), None, "max_tokens=1"),
    ("TextVectorization", D(max_tokens=2.5), None, "max_tokens=2.5"),
    ("TextVectorization", D(standardize="upper"), None, "standardize='upper'"),
    ("TextVectorization", D(split="words"), None, "split='words'"),
    ("TextVectorization", D(ngrams=0), None, "ngrams=0"),
    ("TextVectorization", D(ngrams=(1, "2")), None, "ngrams="),
    ("TextVectorization", D(ngrams=()), None, r"ngrams=\(\)"),
    ("TextVectorization", D(output_mode="sum"), None, "output_mode='sum'"),
    ("TextVectorization", D(output_sequence_length=-1), None, "output_sequence_length=-1"),
    ("TextVectorization", D(output_mode="count", output_sequence_length=3), None, "output_mode='int'"),
    ("TextVectorization", D(output_mode="count", ragged=True), None, "ragged"),
    ("TextVectorization", D(pad_to_max_tokens=True, output_mode="count"), None, "how far to pad"),
    ("TextVectorization", D(vocabulary=[]), None, "empty"),
    ("TextVectorization", D(vocabulary=["a", "a"]), None, r"repeated ones, such as \['a'\]"),
    ("TextVectorization", D(vocabulary=["a", ""]), None, "'' at place 1"),
    ("TextVectorization", D(vocabulary=[1, 2]), None, "another kind"),
    ("TextVectorization", D(vocabulary=W, max_tokens=3), None, "at most max_tokens=3"),
    ("TextVectorization", D(vocabulary=W, idf_weights=[1.0, 2.0]), None, "`idf_weights` have no use"),
    ("TextVectorization", D(vocabulary=W, output_mode="tf_idf"), None, "do not go together"),
    ("TextVectorization", D(vocabulary=W, output_mode="tf_idf", idf_weights=[1.0]), None, "2 numbers"),
    ("TextVectorization", D(vocabulary=W, output_mode="tf_idf", idf_weights=["x", "y"]), None, "idf_weights"),
    ("TextVectorization", D(vocabulary=W, output_mode="tf_idf", idf_weights=[1.0, float("nan")]), None, "idf_weights"),
    ("TextVectorization", D(vocabulary="/no/such/file"), None, "cannot be read"),
    ("TextVectorization", D(vocabulary="/tmp"), None, "cannot be read"),
    ("TextVectorization", D(output_mode="tf_idf"), "call", "frequencies are not known"),
    ("TextVectorization", D(vocabulary=W, sparse=True), None, "sparse=True"),
    ("TextVectorization", D(vocabulary=W, encoding="latin-1"), None, "encoding='latin-1'"),
    ("TextVectorization", D(vocabulary=W), (2, 1), "float32"),
    ("StringLookup", D(num_oov_indices=-1), None, "num_oov_indices=-1"),
    ("StringLookup", D(max_tokens=1), None, "max_tokens=1"),
    ("StringLookup", D(salt="x"), None, "salt='x'"),
    ("StringLookup", D(salt=[1, 2, 3]), None, r"salt=\[1, 2, 3\]"),
    ("StringLookup", D(sparse=True), None, "sparse=True"),
    ("StringLookup", D(invert=True, output_mode="count"), None, "output_mode='int'"),
    ("StringLookup", D(vocabulary=["a", "[UNK]"], invert=True), None, "'\\[UNK\\]' at place 1"),
    ("StringLookup", D(vocabulary=["a", "m"], mask_token="m"), None, "'m' at place 1"),
    ("StringLookup", D(vocabulary=W, num_oov_indices=0), "call", "num_oov_indices=0"),
    ("StringLookup", D(vocabulary=W), (2, 1), "float32"),
    ("StringLookup", D(vocabulary=W, encoding="utf-16"), None, "encoding='utf-16'"),
    ("StringLookup", D(vocabulary=5), None, "vocabulary"),
    ("StringLookup", D(vocabulary=W, vocabulary_size=-3), None, "vocabulary_size=-3"),
    ("IntegerLookup", D(vocabulary=["a"]), None, "another kind"),
    ("IntegerLookup", D(vocabulary=[1.5]), None, "another kind"),
    ("IntegerLookup", D(vocabulary=[5, 5]), None, "repeats"),
    ("IntegerLookup", D(vocabulary=[2**70]), None, "too large.*1180591620717411303424"),
    ("IntegerLookup", D(oov_method="md5"), None, "oov_method='md5'"),
    ("IntegerLookup", D(salt=3), None, "oov_method='floormod'"),
    ("IntegerLookup", D(vocabulary_dtype="int8"), None, "vocabulary_dtype='int8'"),
    ("IntegerLookup", D(vocabulary=[5]), "call", "string"),
    ("Hashing", D(num_bins=0), None, "num_bins=0"),
    ("Hashing", D(num_bins=3, output_mode="tf_idf"), None, "output_mode='tf_idf'"),
    ("Hashing", D(num_bins=3, dtype="float32"), None, "'float32'"),
    ("Hashing", D(num_bins=3, salt=[1]), None, r"salt=\[1\]"),
    ("Hashing", D(num_bins=3, sparse=True), None, "sparse=True"),
    ("Hashing", D(num_bins=3, mask_value=5), "call", "mask_value=5"),
    ("HashedCrossing", D(num_bins=0), None, "num_bins=0"),
    ("HashedCrossing", D(num_bins=3, output_mode="count"), None, "output_mode='count'"),
    ("HashedCrossing", D(num_bins=3, sparse=True), None, "sparse=True"),
    ("HashedCrossing", D(num_bins=3), [(3,), (3,)], "float32"),
    ("HashedCrossing", D(num_bins=3), "call", "two or more"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    if shape != "call":
        assert_refused(layer, arguments, shape, names)
        return
    made = getattr(layers, layer)(**arguments)
    with pytest.raises((TypeError, ValueError, RuntimeError), match=names) as caught:
        made(np.array(["a", "x"], object))
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))
    assert str(caught.value).startswith(f"{layer}: ")


def test_a_vocabulary_that_is_missing_or_cannot_be_written(tmp_path):
    layer = layers.TextVectorization()
    layer.set_vocabulary(["a\nb"])
    refused(lambda: layer.save_assets(str(tmp_path)), f"^TextVectorization '{layer.name}': .*cannot be written")
    refused(lambda: layer.set_vocabulary(["a"], [1.0]), "^TextVectorization: .*do not go together")
    copy = layers.TextVectorization.from_config({**layer.get_config(), "name": "copy"})
    with pytest.raises(RuntimeError, match=r"^TextVectorization 'copy' has no vocabulary yet"):
        copy(["a"])


def refused(function, names):
    with pytest.raises((TypeError, ValueError), match=names) as caught:
        function()
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ")), caught.value


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a\nb\na\n", "repeats"),
        (b"a\n\xff\xfe\n", "no UTF-8.*byte 2"),
        (b"a\nb\nc\n", "at most max_tokens=4"),
        (b"a\n\nb\n", "'' at place 1"),
    ],
    ids=range(6),
)
def test_vocabulary_files(content, names, tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    refused(lambda: layers.TextVectorization(max_tokens=4, vocabulary=str(path)), names)


def test_integer_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("1\ntwo\n")
    refused(lambda: layers.IntegerLookup(vocabulary=str(path)), "other tokens.*two")


ENDLESS = lamina.data.Dataset.from_tensor_slices(np.array(["a", "b"], object)).repeat().batch(2)


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (None, "None"),
        ("one text", "str"),
        ([], "without batches|nothing"),
        (iter([]), "nothing to adapt to"),
        ({"x": ["a"]}, "dict"),
        (np.ones((2, 1)), "float64|texts"),
        ([["a"], ["b", "c"]], "several lengths"),
        (np.array(["a", None], object), "None"),
        (np.array([["a", "b"]], object), r"too many axes|\(1, 2\)"),
        (ENDLESS, "never end"),
    ],
    ids=range(10),
)
def test_data_that_nothing_can_be_learned_from(data, names):
    refused(lambda: layers.TextVectorization().adapt(data), names)


def test_adapting_what_is_known():
    for layer in (layers.TextVectorization(vocabulary=W), layers.StringLookup(vocabulary=W)):
        refused(lambda layer=layer: layer.adapt(["a"]), f"^{type(layer).__name__} '{layer.name}': .*known already")
    refused(lambda: layers.IntegerLookup().adapt([1.5]), "no integers")
    text = np.array(["a b c d " * 20_000], object)
    for ngrams in (10**9, (3, 40_000)):
        refused(lambda n=ngrams: layers.TextVectorization(ngrams=n).adapt(text), "n-grams.*too many")
        layer = layers.TextVectorization(ngrams=ngrams, vocabulary=W)
        refused(lambda layer=layer: layer(text), "n-grams.*too many")
        for mode in ("int", "count", "one_hot"):  # in programs as well
            layer = layers.TextVectorization(ngrams=ngrams, vocabulary=W, output_mode=mode)
            model = lamina.Sequential([lamina.Input((), dtype="string"), layer])
            assert len(model.predict(np.array(["a b c"], object), verbose=0)) == 1
            refused(lambda model=model: model.predict(text, verbose=0), "n-grams.*too many")
    refused(lambda: layers.TextVectorization().adapt(["a"], steps=0), "steps=0")


@pytest.mark.parametrize(
    ("x", "names"),
    [
        (np.array([["a", "b"]], object), "too many axes"),
        (np.array([["a", 3]], object), "3|int"),
        (np.array([None], object), "object"),
        (np.array([np.nan], object), "object"),
        (np.ones(3), "texts|string"),
    ],
    ids=range(5),
)
def test_inputs_that_are_no_texts(x, names):
    layer = layers.TextVectorization(vocabulary=W)
    refused(lambda: layer(x), names)
    model = lamina.Sequential([lamina.Input((), dtype="string"), layer])
    with pytest.raises((TypeError, ValueError)):
        model.predict(x, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (D(standardize=lambda x: x[:1]), "one text for each|standardize"),
        (D(standardize=lambda x: np.ones(len(x))), "something else"),
        (D(standardize=lambda x: None), "standardize|None"),
        (D(split=lambda x: [1] * len(x)), "split"),
        (D(split=lambda x: [[1, 2]] * len(x)), "split"),
    ],
    ids=range(5),
)
def test_functions_that_give_something_else(arguments, names):
    refused(lambda: layers.TextVectorization(vocabulary=W, **arguments)(["a b", "c"]), names)


PATTERNS = ["(", ")", "[a", "*", "a**", "a{2,1}", "a{9999}", "(?=a)", r"\1", "\\", "(?P<n>a)", "[z-a]", "(a{900}){900}"]


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p != "a**"])
def test_no_regular_expressions(pattern):
    refused(lambda: strings.regex_replace(["a"], pattern, ""), "regular expression|too large|out of range")


def test_functions_of_texts():
    refused(lambda: strings.regex_replace(["a"], "a", r"\2"), "no group")
    refused(lambda: strings.split(["a"], by="words"), "by='words'")
    refused(lambda: strings.lower(np.ones(2)), "texts")


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: text.text_to_word_sequence(b"a b"), "bytes"),
        (lambda: text.hashing_trick("a", 1), "n=1"),
        (lambda: text.hashing_trick("a", 5, "sha"), "hash_function='sha'"),
        (lambda: text.Tokenizer(num_words=-1), "num_words=-1"),
        (lambda: text.Tokenizer().fit_on_texts("one text"), "single text"),
        (lambda: text.Tokenizer().texts_to_matrix(["a"]), "nothing was counted"),
        (lambda: text.Tokenizer(5).texts_to_matrix(["a"], "tfidf"), "document_count=0"),
        (lambda: text.Tokenizer(5).texts_to_matrix(["a"], "sum"), "mode='sum'"),
        (lambda: text.tokenizer_from_json("{}"), "no tokenizer"),
        (lambda: text.tokenizer_from_json("a"), "no tokenizer"),
        (lambda: sequence.make_sampling_table(0), "size=0"),
        (lambda: sequence.skipgrams([1, 2], 1), "vocabulary_size=1"),
        (lambda: sequence.skipgrams([1, 2], 3, negative_samples=-1.0), "negative_samples"),
        (lambda: sequence.TimeseriesGenerator([1, 2], [1], 1), "2 steps, 1 targets"),
        (lambda: sequence.TimeseriesGenerator([1, 2], [1, 2], 2), "no window"),
        (lambda: sequence.TimeseriesGenerator([1, 2], [1, 2], 0), "length=0"),
        (lambda: sequence.TimeseriesGenerator([{1}] * 3, [1, 2, 3], 1).get_config(), "JSON"),
    ],
    ids=range(17),
)
def test_old_functions(call, names):
    refused(call, names)


def test_unknown_arguments():
    with pytest.raises(TypeError, match="unknown arguments"):
        text.Tokenizer(words=3)
    with pytest.warns(UserWarning, match="num_words"):
        assert text.Tokenizer(nb_words=3).num_words == 3


def test_sparse_and_ragged_outputs_are_dense_and_that_is_said():
    for arguments in (D(sparse=True, output_mode="count"), D(ragged=True)):
        with pytest.warns(UserWarning, match="dense"):
            layers.TextVectorization(vocabulary=W, **arguments)
    with pytest.warns(UserWarning, match="dense"):
        layers.Hashing(3, output_mode="one_hot", sparse=True)


@pytest.mark.parametrize("class_name", ["TextVectorization", "StringLookup", "IntegerLookup"])
@pytest.mark.parametrize("path", ["/etc/passwd", "http://127.0.0.1:9/x", "../words.txt"])
def test_configurations_open_no_files(class_name, path):
    config = {"vocabulary": path}
    record = {"class_name": class_name, "config": config, "module": "keras.layers", "registered_name": None}
    with pytest.raises(ValueError, match=r"not read|cannot be made") as caught:
        layers.deserialize(record)
    assert "root:" not in str(caught.value)


GOOD = {"vocabulary": '["a"]', "idf_weights": "null"}


@pytest.mark.parametrize(
    "record",
    [
        5,
        [5],
        [99, GOOD],
        [1, GOOD],
        ["2", GOOD],
        [2, {"vocabulary": '["a"]'}],
        [2, {**GOOD, "vocabulary": "a"}],
        [2, {**GOOD, "vocabulary": "[]"}],
        [2, {**GOOD, "vocabulary": '["a", "a"]'}],
        [2, {**GOOD, "vocabulary": "[1]"}],
        [2, {**GOOD, "vocabulary": "{}"}],
        [2, {**GOOD, "vocabulary": "[" * 100_000}],
        [2, {**GOOD, "vocabulary": ["a"]}],
        [2, {**GOOD, "idf_weights": '["x"]'}],
    ],
    ids=range(14),
)
def test_files_with_other_texts(record):
    model = lamina.Sequential([lamina.Input((), dtype="string"), layers.StringLookup()])
    refused(lambda: take_texts(model, [record]), "texts for a layer")
    take_texts(model, [[2, GOOD]])
    assert model.layers[-1].get_vocabulary() == ["[UNK]", "a"]
