"""Makes texts.json and texts.keras: what the layers of texts give in Keras, which needs TensorFlow for them.

Run it with both installed:  KERAS_BACKEND=tensorflow python tests/golden/make_texts.py
A text that is no UTF-8 is written with surrogate escapes, in JSON as in Python. The result of every case is its output,
the vocabulary, the configuration and the size, or the error's type.
"""

import itertools
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow as tf

D = dict
WORDS = ["a", "b", "the", "quick", "über", "日本"]
# Capital letters outside ASCII, combining marks, emoji with joiners, all sorts of space, control characters.
ODD = [
    "The QUICK brown fox, the end.",
    "ÜBER über U\u0308BER İstanbul ΣΑΣ ß ẞ",
    "e\u0301 é \u0301 cafe\u0301",
    "👩‍👩‍👧 🇩🇪 👍🏽 a👍b",
    "no\u00a0break\u2003em\u3000wide\u200bzero\u0085next\u2028line\ufeffmark a",
    "tab\tnew\nline\rcar\x0bvert\x0cform\x1cfile\x1funit\x01soh\x7fdel a",
    "日本 日本語 日 本",
    "",
    " ",
    " \t\n",
    "...",
    "a-b_c it's 'quoted' \"x\" [y] {z} <w> a/b\\c ~`^|@#$%&*+=;:?!",
    "“curly” — dash … «a» ¿que? ¡a!",
    "a a a b b the",
    "[UNK] a",
    "  a  b  ",
]
# No UTF-8: lone bytes, cut, too long, surrogates, beyond the last character.
BROKEN = [
    b"a\xffb the",
    b"\x80",
    b"\xc3",
    b"\xe2\x82 a",
    b"\xe2\x28\xa1",
    b"\xf0\x9f\x98",
    b"\xf0\x9f\x98a",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xfe\xfe\xff",
    b"\xf8\x88\x80\x80\x80",
    b"ok \xe6\x97\xa5\xe6 b",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc2\xc2\xa9",
]
BROKEN_TEXTS = [text.decode("utf-8", "surrogateescape") for text in BROKEN]
SENTENCES = ["the cat sat on the mat", "The dog, the cat!", "a mat", "", "dog DOG a über", "Zebra éclair zebra 日本"]
TOKENS = [["a", "b", "the"], ["", "zzz", "a"], ["[UNK]", "日本", "x"], ["quick", "quick", "Ü"]]
FLAT = ["a", "zzz", "", "[UNK]", "über", "a"]
NUMBERS = [[5, 0, -3], [7, 100, 5], [-1, 2**40, -(2**33)]]
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
WEIGHTS = [0.5, 1.0, 2.0, 3.0, 0.25, 4.0]


def vectorization():
    """Cases of TextVectorization."""
    for standardize, split in itertools.product(
        (None, "lower", "strip_punctuation", "lower_and_strip_punctuation"), ("whitespace", "character")
    ):
        for inputs in (ODD, BROKEN_TEXTS):
            yield D(standardize=standardize, split=split), D(adapt=inputs, inputs=inputs)
    yield D(split=None), D(adapt=ODD, inputs=ODD)
    yield D(split=None, vocabulary=WORDS), D(inputs=TOKENS)
    yield D(split=None, vocabulary=WORDS, output_sequence_length=2), D(inputs=TOKENS)
    yield D(split=None, vocabulary=WORDS, output_sequence_length=5), D(inputs=TOKENS)
    yield D(split=None, vocabulary=WORDS, ngrams=2), D(inputs=[row for row in TOKENS if "" not in row])
    for mode in ("multi_hot", "count"):
        yield D(split=None, vocabulary=WORDS, output_mode=mode), D(inputs=TOKENS)
        yield D(split=None, vocabulary=WORDS, output_mode=mode), D(inputs=FLAT)
    yield D(split=None, vocabulary=WORDS, output_mode="one_hot"), D(inputs=FLAT)
    for ngrams in (1, 2, 3, 40, [1], [2], [3, 1], [2, 40], [40]):
        if ngrams != [40]:  # an empty vocabulary, which Keras cannot use
            yield D(ngrams=ngrams), D(adapt=SENTENCES, inputs=SENTENCES)
        yield D(ngrams=ngrams, vocabulary=[*WORDS, "a a", "b the", "a a b"], output_mode="count"), D(inputs=ODD)
    yield D(ngrams=2, split="character"), D(adapt=SENTENCES[:3], inputs=SENTENCES)
    for length in (0, 1, 3, 30):
        yield D(output_sequence_length=length, vocabulary=WORDS), D(inputs=SENTENCES)
    for max_tokens in (3, 5, 100):
        for mode in ("int", "count", "tf_idf"):
            for pad in (False, True):
                arguments = D(max_tokens=max_tokens, output_mode=mode, pad_to_max_tokens=pad)
                yield arguments, D(adapt=SENTENCES, inputs=[*SENTENCES, "new words"])
    for mode in ("multi_hot", "count"):
        yield D(vocabulary=WORDS, output_mode=mode), D(inputs=ODD)
        yield D(vocabulary=["[UNK]", *WORDS], output_mode=mode), D(inputs=ODD)
        yield D(vocabulary=WORDS, output_mode=mode, max_tokens=12, pad_to_max_tokens=True), D(inputs=ODD)
    yield D(vocabulary=["", "[UNK]", *WORDS]), D(inputs=ODD)
    yield D(vocabulary=WORDS, output_mode="tf_idf", idf_weights=WEIGHTS), D(inputs=ODD)
    yield D(vocabulary=["[UNK]", *WORDS], output_mode="tf_idf", idf_weights=[9.0, *WEIGHTS]), D(inputs=ODD)
    padded = D(max_tokens=12, pad_to_max_tokens=True)
    yield D(padded, vocabulary=WORDS, output_mode="tf_idf", idf_weights=WEIGHTS), D(inputs=ODD)
    yield D(vocabulary=WORDS), D(inputs=[[text] for text in ODD])
    yield D(vocabulary=WORDS, output_mode="binary"), D(inputs=SENTENCES)
    yield D(output_mode="tf-idf"), D(adapt=SENTENCES, inputs=SENTENCES)
    yield D(), D(adapt=[[s] for s in SENTENCES], inputs=SENTENCES)
    yield D(max_tokens=4), D(adapt=["b a", "c a b", "d e f"], inputs=["a b c d"])
    yield D(vocabulary=WORDS), D(inputs="The quick")  # one text
    yield D(vocabulary=WORDS, output_mode="count"), D(inputs="The quick")
    yield D(), D(adapt=["[UNK] a [UNK]"], inputs=["[UNK] a unk"], note="brackets are stripped")
    yield D(standardize=None), D(adapt=["[UNK] a [UNK] b"], inputs=["[UNK] a c"])
    # Mistakes.
    yield D(vocabulary=["a", "b", "a"]), D()
    yield D(vocabulary=["a", ""]), D()
    yield D(vocabulary=[]), D()
    yield D(vocabulary=WORDS, max_tokens=5), D()
    yield D(max_tokens=1), D()
    yield D(pad_to_max_tokens=True, output_mode="count"), D()
    yield D(vocabulary=WORDS, output_mode="tf_idf"), D()
    yield D(vocabulary=WORDS, output_mode="tf_idf", idf_weights=[1.0]), D()
    yield D(vocabulary=WORDS, idf_weights=WEIGHTS), D()
    yield D(output_mode="count", output_sequence_length=3), D()
    yield D(vocabulary=WORDS), D(inputs=TOKENS)
    yield D(vocabulary=WORDS), D(adapt=SENTENCES)
    yield D(standardize="upper"), D()
    yield D(split="words"), D()
    yield D(output_mode="sum"), D()
    yield D(ngrams="2"), D()


def string_lookup():
    """Cases of StringLookup."""
    for mode, oov, mask, salt in itertools.product(MODES, (0, 1, 3), (None, "", "b"), (None, 7, [1, -2])):
        if salt is not None and oov < 3:
            continue
        arguments = D(output_mode=mode, num_oov_indices=oov, mask_token=mask, salt=salt)
        arguments["vocabulary"] = [w for w in WORDS if w != mask]
        if mode == "tf_idf":
            arguments["idf_weights"] = WEIGHTS[: len(arguments["vocabulary"])]
        known = [["a", "the", "a"], ["quick", "日本", "über"]]
        yield arguments, D(inputs=known if oov == 0 else FLAT if mode == "one_hot" else TOKENS)
    for mode in MODES:
        for pad in (False, True):
            yield (
                D(output_mode=mode, max_tokens=6, pad_to_max_tokens=pad, mask_token=""),
                D(adapt=TOKENS, inputs=FLAT if mode == "one_hot" else TOKENS),
            )
    yield D(vocabulary=WORDS), D(inputs=BROKEN_TEXTS)
    yield D(vocabulary=WORDS, num_oov_indices=40), D(inputs=[*BROKEN_TEXTS, *ODD])
    yield D(vocabulary=WORDS, num_oov_indices=40, salt=[2**62, -1]), D(inputs=[*BROKEN_TEXTS, *ODD])
    yield D(vocabulary=WORDS), D(inputs="a")
    yield D(vocabulary=WORDS), D(inputs=[[["a"], ["x"]], [["b"], [""]]])
    yield D(vocabulary=WORDS, output_mode="one_hot"), D(inputs=[["a"], ["x"]])
    yield D(vocabulary=WORDS, output_mode="one_hot"), D(inputs=TOKENS)
    yield D(vocabulary=WORDS, output_mode="multi_hot"), D(inputs=FLAT)
    yield D(vocabulary=WORDS, output_mode="count"), D(inputs=[[t] for t in TOKENS])
    yield D(output_mode="tf_idf"), D(adapt=FLAT, inputs=TOKENS)  # each text is a document
    yield D(), D(adapt=["b", "B", "é", "z", "a", "aa", "日", "Z", "~"], inputs=FLAT)  # ties
    yield D(mask_token="", oov_token="?"), D(adapt=["", "?", "a", "[UNK]"], inputs=FLAT)
    yield D(vocabulary=["m", "?", "a", "b"], mask_token="m", oov_token="?"), D(inputs=["m", "?", "a", "q"])
    yield D(vocabulary=["?", "a", "b"], mask_token="m", oov_token="?"), D(inputs=["m", "?", "a", "q"])
    for mask in (None, ""):
        for oov in (0, 1, 3):
            arguments = D(vocabulary=WORDS, invert=True, mask_token=mask, num_oov_indices=oov)
            yield arguments, D(inputs=[[0, 1, 2], [3, 9, 4], [-1, 7, 100]])
    yield D(vocabulary=["a", "b"], num_oov_indices=0), D(inputs=["a", "x"])
    yield D(vocabulary=["a", "[UNK]"], invert=True), D()
    yield D(vocabulary=["a", "[UNK]"]), D(inputs=["[UNK]", "x"])
    yield D(invert=True, output_mode="count"), D()
    yield D(num_oov_indices=-1), D()
    yield D(salt=[1, 2, 3]), D()
    yield D(sparse=True), D()


def integer_lookup():
    """Cases of IntegerLookup."""
    words = [5, 0, -3, 7]
    for mode, oov, mask, method in itertools.product(MODES, (0, 1, 3), (None, 0, 5), ("floormod", "farmhash")):
        if method == "farmhash" and oov < 3:
            continue
        arguments = D(output_mode=mode, num_oov_indices=oov, mask_token=mask, oov_method=method)
        arguments["vocabulary"] = [w for w in words if w != mask]
        if mode == "tf_idf":
            arguments["idf_weights"] = WEIGHTS[: len(arguments["vocabulary"])]
        known = [[-3, 7, 7], [7, -3, -3]]
        yield arguments, D(inputs=known if oov == 0 else NUMBERS[1] if mode == "one_hot" else NUMBERS)
    yield D(vocabulary=words, num_oov_indices=9, oov_method="farmhash", salt=[3, 4]), D(inputs=NUMBERS)
    for mode in MODES:
        yield (
            D(output_mode=mode, max_tokens=5, pad_to_max_tokens=mode != "int"),
            D(adapt=[[1, 2, 2], [-5, 2, 7], [7, -1, 9]], inputs=[1, 2, 7, -5, -1]),
        )
    yield D(vocabulary=words, invert=True, mask_token=0), D(inputs=[0, 1, 2, 9])
    yield D(vocabulary=[-1, 5], invert=True), D(inputs=[0, 1, 2])
    yield D(vocabulary=words), D(inputs=5)
    yield D(vocabulary=[5, 5]), D()
    yield D(vocabulary=words, salt=1), D()
    yield D(vocabulary=words, num_oov_indices=0), D(inputs=[1])


def hashing():
    """Cases of Hashing."""
    for mode, mask, salt in itertools.product(("int", "one_hot", "multi_hot", "count"), (None, "a"), (None, 9, [1, 2])):
        arguments = D(num_bins=7, output_mode=mode, mask_value=mask, salt=salt)
        yield arguments, D(inputs=FLAT if mode == "one_hot" else TOKENS)
    for salt in (None, [2**63 - 1, -(2**62)]):
        yield D(num_bins=2**40, salt=salt), D(inputs=[*ODD, *BROKEN_TEXTS, "x" * 40, "y" * 200])
        yield D(num_bins=1000, salt=salt), D(inputs=NUMBERS)
    yield D(num_bins=5, mask_value=5), D(inputs=NUMBERS)
    yield D(num_bins=1, mask_value=5), D(inputs=NUMBERS)
    yield D(num_bins=5, dtype="int32"), D(inputs=NUMBERS)
    yield D(num_bins=50), D(inputs=[1.0, 2.5, -3.5])
    yield D(num_bins=50, mask_value=2.5), D(inputs=[1.0, 2.5, -3.5])
    yield D(num_bins=3), D(inputs="a")
    yield D(num_bins=3, output_mode="one_hot"), D(inputs=[["a"], ["b"]])
    yield D(num_bins=3, output_mode="count", dtype="float64"), D(inputs=FLAT)
    yield D(num_bins=0), D()
    yield D(num_bins=3, output_mode="tf_idf"), D()
    yield D(num_bins=3, dtype="float32"), D()
    yield D(num_bins=3, salt=[1]), D()
    yield D(num_bins=3, sparse=True), D()


def hashed_crossing():
    """Cases of HashedCrossing, whose inputs are features."""
    texts, numbers = FLAT, [5, 0, -3, 7, 2**40, -(2**33)]
    columns = [[[value] for value in feature] for feature in (texts, numbers)]
    for mode in ("int", "one_hot"):
        for features in ((texts, numbers), (numbers, texts), (texts, texts, numbers), columns, (numbers, numbers)):
            yield D(num_bins=11, output_mode=mode), D(inputs=list(features), several=True)
    yield D(num_bins=2**40), D(inputs=[ODD, BROKEN_TEXTS], several=True)
    yield D(num_bins=1), D(inputs=[texts, numbers], several=True)
    yield D(num_bins=6), D(inputs=["a", 5], several=True)
    yield D(num_bins=6, dtype="int32"), D(inputs=[texts, numbers], several=True)
    yield D(num_bins=6), D(inputs=[texts], several=True)
    yield D(num_bins=6), D(inputs=[texts, [1.0] * 6], several=True)
    yield D(num_bins=6), D(inputs=[texts, columns[1]], several=True)


def files():
    """Cases of vocabulary files: their content."""
    for content in ("a\nb\nthe", "a\nb\nthe\n", "a\r\nb\r\n", "über\n日本\n"):
        yield "StringLookup", D(), content, FLAT
        yield "TextVectorization", D(), content, SENTENCES
    yield "StringLookup", D(mask_token="", num_oov_indices=2), "a\nb\n", FLAT
    yield "StringLookup", D(invert=True), "a\nb\n", [0, 1, 2, 3]
    yield "IntegerLookup", D(), "5\n0\n-3\n", [5, -3, 8]
    yield "StringLookup", D(), "a\nb\na\n", FLAT


EXPRESSIONS = (
    *(
        r"\s",
        r"\S+",
        r"[^\s]",
        r"[[:space:]]",
        r"\w+",
        r"\W",
        r"\d{2,}",
        r"\bb",
        "a*",
        "(a*)+|",
        "(a*?)*b",
        "((a*)+)+|",
    ),
    *(
        "(日*?)*",
        "(b|ab)*",
        "(?:a|b){2,3}?",
        "(a|ab)(c|bcd)?",
        "^a|b$",
        r"\Aa|d\z",
        "[à-ü]",
        ".",
        "",
        "x{0}",
        "(?i)A+|D",
    ),
    *("[]a-]", r"\x41|\x{e9}", "(a)|(b)", "(a?){3}b", "[[:punct:]]{2}(a|b|)+((?:|\\b??\\w+)?)+"),
)
REPLACED = ["ab abcd\tb", "日éAab\x0b 12 aab", "", "\n-._b.É]a\r\n", "aaab" * 3]


def expressions():
    """[pattern, rewrite, everywhere, results] of what RE2 replaces."""
    for pattern in EXPRESSIONS:
        for rewrite, everywhere in (("<\\0>", True), ("-", False), ("[\\1]", True)):
            if "1" in rewrite and "(" not in pattern.replace("(?", ""):
                continue
            found = tf.strings.regex_replace(REPLACED, pattern, rewrite, replace_global=everywhere)
            yield [pattern, rewrite, everywhere, decoded(found.numpy().tolist())]


def encoded(values):
    """Texts as bytes, tuples as tuples."""
    if isinstance(values, list):
        return [encoded(value) for value in values]
    return values.encode("utf-8", "surrogateescape") if isinstance(values, str) else values


def decoded(values):
    """What JSON can hold."""
    if isinstance(values, (list, tuple)):
        return [decoded(value) for value in values]
    if isinstance(values, np.generic):
        values = values.item()
    return values.decode("utf-8", "surrogateescape") if isinstance(values, bytes) else values


def result(layer_name, arguments, case):
    """What Keras gives."""
    arguments = {k: tuple(v) if k == "ngrams" and isinstance(v, list) else v for k, v in arguments.items()}
    try:
        layer = getattr(keras.layers, layer_name)(name="it", **arguments)
        if "adapt" in case:
            layer.adapt(tf.constant(encoded(case["adapt"])))
        found = {}
        if "inputs" in case:
            inputs = encoded(case["inputs"])
            output = layer([tf.constant(x) for x in inputs] if case.get("several") else tf.constant(inputs))
            output = np.asarray(output)
            if output.dtype.kind == "f" and (output == output.astype("int64")).all():
                output = output.astype("int64")  # shorter
            found["output"] = decoded(output.tolist())
        if hasattr(layer, "get_vocabulary"):
            try:
                found["vocabulary"] = decoded(layer.get_vocabulary())
                found["tokens"] = decoded(layer.get_vocabulary(include_special_tokens=False))
            except UnicodeDecodeError:  # of tokens that are no UTF-8
                found["vocabulary"] = None
        config = {key: value for key, value in layer.get_config().items() if key != "dtype"}
        found["config"] = json.loads(json.dumps(config))
        return found
    except (ValueError, TypeError, tf.errors.InvalidArgumentError, tf.errors.FailedPreconditionError) as error:
        return {"error": type(error).__name__}


def short(value):
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def save_model(path):
    """A model that learned its vocabulary and weights; gives what it says to two texts."""
    layer = keras.layers.TextVectorization(output_mode="tf_idf", name="words")
    layer.adapt(tf.constant(SENTENCES))
    inputs = keras.Input((1,), dtype="string")
    lookup = keras.layers.StringLookup(name="lookup")
    lookup.adapt(tf.constant(FLAT))
    model = keras.Model(inputs, [layer(inputs), lookup(inputs)])
    model.save(path)
    return [np.asarray(y).tolist() for y in model(tf.constant([["the cat sat"], ["über"]]))]


def main():
    """Writes the files."""
    makers = {
        "TextVectorization": vectorization,
        "StringLookup": string_lookup,
        "IntegerLookup": integer_lookup,
        "Hashing": hashing,
        "HashedCrossing": hashed_crossing,
    }
    cases = []
    for name, maker in makers.items():
        for arguments, case in maker():
            cases.append({"layer": name, "arguments": arguments, **case, **result(name, arguments, case)})
    for name, arguments, content, inputs in files():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "words.txt"
            path.write_bytes(content.encode())
            got = result(name, {**arguments, "vocabulary": str(path)}, {"inputs": inputs})
        cases.append({"layer": name, "arguments": arguments, "file": content, "inputs": inputs, **got})
    data = []  # each once; cases have its number
    for case in cases:
        for key in {"adapt", "inputs", "vocabulary", "tokens"} & case.keys():
            if case[key] not in data:
                data.append(case[key])
            case[key] = data.index(case[key])
    replaced = [REPLACED, *expressions()]
    parts = {
        "data": data,
        "cases": cases,
        "replaced": replaced,
        "model": save_model(Path(__file__).with_name("texts.keras")),
    }
    lines = [f'"{name}":[\n' + ",\n".join(map(short, values)) + "\n]" for name, values in parts.items()]
    path = Path(__file__).with_name("texts.json")
    path.write_text(f'{{"keras":"{keras.__version__}",\n' + ",\n".join(lines) + "}\n")
    print(f"{len(cases)} cases, {path.stat().st_size} bytes, {sum('error' in case for case in cases)} refused")


if __name__ == "__main__":
    main()
