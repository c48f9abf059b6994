"""What Keras 2 had for texts and sequences, against the copies that Keras keeps."""

import inspect
import json
import random

import numpy as np
import pytest

keras_text = pytest.importorskip("keras.src.legacy.preprocessing.text")
keras_sequence = pytest.importorskip("keras.src.legacy.preprocessing.sequence")

from lamina.preprocessing import sequence, text  # noqa: E402

D = dict
TEXTS = ["The cat sat on the mat.", "the dog\tsat; THE END", "", "Über über İ ß\u00a0x", "a-b_c it's", "cat cat dog"]
OTHERS = ["the unknown cat", "", "END über ẞ mat's", ["The", "dog", "NEW"]]


def test_names_and_arguments():
    found = []
    for ours, theirs in ((text, keras_text), (sequence, keras_sequence)):
        for name in set(ours.__all__) - {"pad_sequences"}:
            mine, wanted = getattr(ours, name), getattr(theirs, name)
            pairs = [(name, mine, wanted)]
            if inspect.isclass(wanted):
                methods = [key for key in vars(wanted) if not key.startswith("_")]
                pairs += [(f"{name}.{key}", getattr(mine, key), getattr(wanted, key)) for key in methods]
            for label, a, b in pairs:
                parameters = [list(inspect.signature(each).parameters.values()) for each in (a, b)]
                lists = [[(p.name, p.kind, p.default) for p in each] for each in parameters]
                found += [label] if lists[0] != lists[1] else []
    assert not found


def test_words():
    for options in (D(), D(lower=False), D(filters="aT"), D(split="t"), D(filters="", split="t"), D(split="--")):
        for each in TEXTS:
            assert text.text_to_word_sequence(each, **options) == keras_text.text_to_word_sequence(each, **options)


def test_hashes():
    for options in (D(hash_function="md5"), D(), D(hash_function=len), D(analyzer=str.split), D(lower=False)):
        for each in TEXTS:
            assert text.hashing_trick(each, 9, **options) == keras_text.hashing_trick(each, 9, **options)
    assert text.one_hot(TEXTS[0], 50) == keras_text.one_hot(TEXTS[0], 50)
    assert text.one_hot(TEXTS[0], 50, analyzer=list) == keras_text.one_hot(TEXTS[0], 50, analyzer=list)


@pytest.mark.parametrize(
    "options",
    [
        D(),
        D(num_words=4),
        D(num_words=1, oov_token="?"),
        D(oov_token="?"),
        D(num_words=4, oov_token="cat"),
        D(char_level=True),
        D(char_level=True, lower=False, oov_token="#"),
        D(lower=False, filters="", split="s"),
        D(analyzer=lambda t: t.split("a")),
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_tokenizer(options):
    ours, theirs = text.Tokenizer(**options), keras_text.Tokenizer(**options)

    def agree(*calls):
        for name, *arguments in calls:
            a, b = getattr(ours, name)(*arguments), getattr(theirs, name)(*arguments)
            np.testing.assert_array_equal(a, b) if isinstance(b, np.ndarray) else None
            assert isinstance(b, np.ndarray) or a == b, name

    def same_state():
        for name in ("word_counts", "word_docs", "index_docs", "word_index", "index_word"):
            assert getattr(ours, name) == getattr(theirs, name), name
        assert list(ours.word_counts) == list(theirs.word_counts)
        a, b = ours.get_config(), theirs.get_config()
        assert a.keys() == b.keys()
        loose = ("word_docs", "index_docs")  # in the order of sets
        assert {k: json.loads(v) if k in loose else v for k, v in a.items()} == {
            k: json.loads(v) if k in loose else v for k, v in b.items()
        }

    agree(("fit_on_texts", TEXTS[:3]))
    same_state()
    agree(("fit_on_texts", [*TEXTS[3:], ["Words", "in", "a", "list"]]))
    same_state()
    numbers = [[1, 2, 3, 99], [], [2, 2, 5, 0]]
    agree(("fit_on_sequences", numbers))
    same_state()
    agree(("texts_to_sequences", TEXTS + OTHERS), ("sequences_to_texts", numbers))
    for mode in ("binary", "count", "freq", "tfidf"):
        agree(("texts_to_matrix", OTHERS, mode), ("sequences_to_matrix", numbers, mode))
    again, crossed = text.tokenizer_from_json(ours.to_json()), keras_text.tokenizer_from_json(ours.to_json(indent=1))
    assert again.get_config() == ours.get_config()
    if "analyzer" not in options:
        assert again.texts_to_sequences(OTHERS) == crossed.texts_to_sequences(OTHERS) == ours.texts_to_sequences(OTHERS)


def test_sampling_table():
    for size, factor in ((1, 1e-5), (9, 1e-5), (2000, 0.01)):
        np.testing.assert_allclose(
            sequence.make_sampling_table(size, factor), keras_sequence.make_sampling_table(size, factor), rtol=1e-12
        )


@pytest.mark.parametrize(
    "options",
    [
        D(),
        D(window_size=1, negative_samples=0.0, shuffle=False),
        D(negative_samples=2.5, categorical=True),
        D(seed=3),
        D(sampling_table=np.linspace(0, 1, 9), shuffle=False),
        D(window_size=0),
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_skipgrams(options):
    words = [1, 2, 0, 3, 8, 5, 0, 1, 7]
    found = []
    for module in (sequence, keras_sequence):
        random.seed(7)
        found.append(module.skipgrams(words, 9, **{"seed": 5, **options}))
    assert found[0] == found[1]
    assert sequence.skipgrams([], 9) == ([], [])


@pytest.mark.parametrize(
    "options",
    [
        D(),
        D(sampling_rate=2, stride=3),
        D(reverse=True, batch_size=4),
        D(start_index=2, end_index=11, batch_size=3, stride=2),
        D(shuffle=True, batch_size=5),
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_windows(options):
    data, targets = np.arange(40.0).reshape(20, 2), np.arange(20)
    ours, theirs = (m.TimeseriesGenerator(data, targets, 4, **options) for m in (sequence, keras_sequence))
    assert len(ours) == len(theirs)
    for i in range(len(ours)):
        batches = []
        for each in (ours, theirs):
            np.random.seed(i)  # noqa: NPY002
            batches.append(each[i])
        for a, b in zip(*batches):
            np.testing.assert_array_equal(a, b)
    config = json.loads(ours.to_json())["config"]
    assert json.loads(config["data"]) == data.tolist()
    assert config["start_index"] == theirs.start_index
