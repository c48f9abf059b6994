"""Files and configurations made to do harm: each is refused with a clear error, and nothing happens.

The rows follow what was found in other loaders over the years: code in files, modules to import, paths and links that
lead elsewhere, sizes that nothing fills, and damage. HDF5 files and texts have files of their own.
"""

import io
import json
import os
import struct
import sys
import zipfile
from pathlib import Path

import h5py
import pytest
from cases.harmful import changed, model, refused, write

import lamina
from lamina import layers

pytestmark = pytest.mark.usefixtures("nothing_happens")

CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
HARM = {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "l", "function": CODE}}


# Configurations. Each row is a layer in the place of the second one of the model.

LAYER_RECORDS = {
    "byte code": HARM,
    "byte code in a stack": {
        "class_name": "Sequential",
        "module": "keras",
        "config": {"name": "s", "layers": [HARM]},
    },
    **{
        f"byte code in {wrapper}": {
            "class_name": wrapper,
            "module": "keras.layers",
            "config": {"name": "w", "layer": HARM},
        }
        for wrapper in ("TimeDistributed", "Bidirectional", "SpectralNormalization")
    },
    **{
        f"byte code as {key}": {
            "class_name": "Dense",
            "module": "keras.layers",
            "config": {"name": "d", "units": 2, key: CODE},
        }
        for key in ("activation", "kernel_initializer", "kernel_regularizer", "bias_constraint", "dtype")
    },
    "byte code as a list": {
        "class_name": "Lambda",
        "config": {"name": "l", "function": ["4wEAAAA=", None, None], "function_type": "lambda"},
    },
    **{
        f"{module}.{name}": {"class_name": name, "module": module, "config": {}, "registered_name": name}
        for module, name in [
            ("subprocess", "Popen"),
            ("builtins", "eval"),
            ("builtins", "exec"),
            ("builtins", "__import__"),
            ("os", "system"),
            ("lamina_marker", "Anything"),
            ("keras.src.utils.file_utils", "get_file"),
            ("keras.src.utils.torch_utils", "TorchModuleWrapper"),
            ("keras.layers", "TorchModuleWrapper"),
            ("keras.layers", "JaxLayer"),
            ("keras.layers", "FlaxLayer"),
            ("keras.layers", "TFSMLayer"),
            ("lamina.saving.files", "load_model"),
            ("lamina.layers", "__class__"),
            ("keras.layers", "a.b"),
            ("keras.layers", "Layer.__subclasses__"),
            ("..", "Dense"),
        ]
    },
    **{
        f"the function {name}": {
            "class_name": "Lambda",
            "module": "keras.layers",
            "config": {
                "name": "l",
                "function": {"class_name": "function", "module": module, "config": name, "registered_name": "function"},
                "arguments": {"safe_mode": False},
            },
        }
        for module, name in [
            ("os", "system"),
            ("builtins", "eval"),
            ("keras.utils", "get_file"),
            ("keras.models", "load_model"),
            ("keras.saving", "load_model"),
            ("keras.config", "enable_unsafe_deserialization"),
            ("keras.src.backend.common.global_state", "set_global_attribute"),
            *(
                ("keras", name)
                for name in (
                    "keras.utils.get_file",
                    "audio_dataset_from_directory",
                    "image_dataset_from_directory",
                    "text_dataset_from_directory",
                    "timeseries_dataset_from_array",
                    "save_img",
                    "load_img",
                    "img_to_array",
                    "array_to_img",
                    "save_model",
                    "save_weights",
                    "load_weights",
                    "plot_model",
                    "model_to_dot",
                    "clone_model",
                    "model_from_json",
                    "enable_interactive_logging",
                    "disable_interactive_logging",
                    "enable_traceback_filtering",
                    "set_backend",
                    "set_floatx",
                    "set_random_seed",
                    "clear_session",
                    "get_custom_objects",
                    "register_keras_serializable",
                    "deserialize_keras_object",
                )
            ),
        ]
    },
    "another registered name": {
        "class_name": "Dense",
        "module": "keras.layers",
        "config": {"name": "d", "units": 2},
        "registered_name": "harm>Dense",
    },
    **{
        f"a configuration that is {text}": {"class_name": "Dense", "module": "keras.layers", "config": value}
        for text, value in [("a list", [1]), ("a number", 3), ("text", "x"), ("nothing", None)]
    },
    "a class without a name": {"class_name": 7, "module": "keras.layers", "config": {"units": 2}},
    "a module that is a list": {"class_name": "Nothing", "module": ["os"], "config": {}},
    "trainable": {"class_name": "Dense", "module": "keras.layers", "config": {"units": 2, "trainable": "x"}},
    "a type": {"class_name": "__typespec__", "config": {"name": "x", "module": "os", "class_name": "system"}},
    "a pickle": {"class_name": "__pickle__", "config": {"value": "gASV"}},
    "numbers of a type": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}},
    "itself": {
        "class_name": "TimeDistributed",
        "module": "keras.layers",
        "shared_object_id": 1,
        "config": {"name": "t", "layer": {"class_name": "x", "config": {}, "shared_object_id": 1}},
    },
    **{
        f"{value!r} units": {"class_name": "Dense", "module": "keras.layers", "config": {"units": value}}
        for value in (-1, 2.5, True, "3", None)
    },
    "too many units": {"class_name": "Dense", "module": "keras.layers", "config": {"units": 2**40}},
    "too many words": {
        "class_name": "Embedding",
        "module": "keras.layers",
        "config": {"input_dim": 2**31, "output_dim": 2**31},
    },
}
BUILT = {"build_config": {"input_shape": [None, 3]}}
LARGE = ("too many",)  # refused because of what the file holds


@pytest.mark.parametrize("row", LAYER_RECORDS)
def test_layers(row, parts, with_record):
    record = LAYER_RECORDS[row]

    def put(config):
        config["config"]["layers"][1] = {**record, **BUILT}

    put(config := json.loads(parts["config.json"]))
    path = write("m.keras", changed(parts, put))
    refused(lamina.saving.load_model, path)
    refused(lamina.saving.load_model, path, safe_mode=False)
    refused(lamina.saving.load_model, with_record("m.lamina", {**record, **BUILT}))
    with h5py.File("m.h5", "w") as file:
        plain = {"class_name": "Sequential", "config": {"name": "m", "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "i"}}, record]}}  # fmt: skip
        file.attrs["model_config"] = json.dumps(plain)
        file.create_group("model_weights").attrs["layer_names"] = [b"d"]
        file["model_weights"].create_group("d")
    for options in ({}, {"safe_mode": True}, {"safe_mode": False}):
        refused(lamina.saving.load_model, "m.h5", **options)
    if row.startswith(LARGE):
        return
    refused(layers.deserialize, record)
    refused(lamina.saving.deserialize_keras_object, record)
    refused(lamina.models.model_from_json, json.dumps(config))
    refused(lamina.Sequential.from_config, config["config"])


def test_a_module_is_never_imported(parts):
    before = set(sys.modules)
    for module in ("lamina_marker", "keras.layers.lamina_marker", "antigravity"):
        record = {"class_name": "X", "module": module, "config": {}, "registered_name": "X"}
        refused(layers.deserialize, record)
        refused(layers.deserialize, {"class_name": "function", "module": module, "config": "X"})
    assert not {name for name in set(sys.modules) - before if "marker" in name or "gravity" in name}


def test_functions_themselves_are_no_configuration():
    record = {"class_name": "Lambda", "module": "keras.layers", "config": {"function": os.system}}
    refused(layers.deserialize, record, match="holds a function")
    refused(layers.Lambda.from_config, {"function": CODE})
    original = lamina.Sequential([lamina.Input((3,)), layers.Lambda(lambda x: x + 1)])
    with pytest.warns(UserWarning, match="lambda has no name"):
        refused(lamina.models.clone_model, original)


@pytest.mark.parametrize("key", ["optimizer", "loss", "metrics", "weighted_metrics"])
@pytest.mark.parametrize("value", [CODE, {"class_name": "system", "module": "os", "config": {}}, [CODE]], ids=repr)
def test_compile_configurations(key, value, parts):
    path = write("m.keras", changed(parts, lambda config: config["compile_config"].update({key: value})))
    refused(lamina.saving.load_model, path)
    assert lamina.saving.load_model(path, compile=False).count_params() == 8


def test_custom_objects_stay_as_they_are(parts):
    before = dict(lamina.saving.get_custom_objects())
    mine = {"Other": layers.Dense}
    path = write("m.keras", changed(parts, lambda c: c["config"]["layers"][1].update(HARM)))
    refused(lamina.saving.load_model, path, custom_objects=mine)
    assert mine == {"Other": layers.Dense}
    assert lamina.saving.get_custom_objects() == before
    refused(layers.deserialize, HARM)  # nothing was switched on by the failure


# Graphs.


def graph():
    x = lamina.Input((3,), name="x")
    y = layers.Dense(3, name="a")(x)
    return lamina.Model(x, layers.Dense(3, name="b")(y))


def history(config, layer, value):
    config["layers"][layer]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = value


GRAPHS = {
    "a loop": lambda c: history(c, 1, ["b", 0, 0]),
    "itself": lambda c: history(c, 1, ["a", 0, 0]),
    "a missing layer": lambda c: history(c, 1, ["nobody", 0, 0]),
    "a missing call": lambda c: history(c, 1, ["x", 5, 0]),
    "a missing output": lambda c: history(c, 1, ["x", 0, 5]),
    "a call before the first": lambda c: history(c, 1, ["x", -1, 0]),
    "an output before the first": lambda c: history(c, 1, ["x", 0, -1]),
    "no address": lambda c: history(c, 1, "x"),
    "half an address": lambda c: history(c, 1, ["x"]),
    "an address of text": lambda c: history(c, 1, ["x", "0", "0"]),
    "an end elsewhere": lambda c: c.update(output_layers=["b", 7, 0]),
    "an end of another kind": lambda c: c.update(output_layers=3),
    "a beginning elsewhere": lambda c: c.update(input_layers=[["nobody", 0, 0]]),
    "no layers": lambda c: c.update(layers="abc"),
    "layers that are none": lambda c: c.update(layers=[1, 2]),
    "calls that are none": lambda c: c["layers"][1].update(inbound_nodes=7),
    "a call that is none": lambda c: c["layers"][1].update(inbound_nodes=[7]),
    "two layers of one name": lambda c: c["layers"].append(c["layers"][1]),
    "a model that is trainable 'x'": lambda c: c.update(trainable="x"),
}


@pytest.mark.parametrize("row", GRAPHS)
def test_graphs(row):
    record = json.loads(graph().to_json())
    GRAPHS[row](record["config"])
    refused(lamina.models.model_from_json, json.dumps(record))
    refused(lamina.Model.from_config, record["config"])
    with h5py.File("m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(record)
        file.create_group("model_weights").attrs["layer_names"] = [b"d"]
    refused(lamina.saving.load_model, "m.h5")


def test_long_graphs_take_linear_time(monkeypatch):
    """Calls in the worst order are each looked at once per input, however many there are."""
    from lamina.models import graph_config

    x = y = lamina.Input((1,))
    for _ in range(150):
        y = y + 1.0
    record = json.loads(lamina.Model(x, y).to_json())
    record["config"]["layers"].reverse()
    looked = []
    read = graph_config._read_node
    monkeypatch.setattr(graph_config, "_read_node", lambda *args: looked.append(1) or read(*args))
    assert lamina.models.model_from_json(json.dumps(record)).output_shape == (None, 1)
    assert len(looked) <= 2 * 150


# ZIP files.


def link_member(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return (info, "../outside/secret.txt")


MEMBERS = {
    "above": ("../../escaped.txt", b"x"),
    "absolute": ("/tmp/escaped.txt", b"x"),
    "drive": ("C:/escaped.txt", b"x"),
    "backslash": ("assets\\..\\escaped.txt", b"x"),
    "dots inside": ("assets/a/../../../escaped.txt", b"x"),
    "a link": link_member("assets/link"),
    "a link as weights": link_member("model.weights.h5"),
    "twice": ("config.json", b"{}"),
    "other case": ("CONFIG.json", b"{}"),
    "nothing between slashes": ("assets//x", b"x"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("row", MEMBERS)
def test_members(row, parts):
    path = write("m.keras", parts, extra=[MEMBERS[row]])
    if row == "backslash":  # Python writes these as slashes
        data = Path(path).read_bytes().replace(b"assets/../escaped.txt", b"assets\\..\\escaped.txt")
        Path(path).write_bytes(data)
    refused(lamina.saving.load_model, path, match="is not loaded")
    refused(model().load_weights, path, match="is not loaded")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_missing_members(name, parts):
    path = write("m.keras", parts, without=[name])
    refused(lamina.saving.load_model, path, match=name)


def test_weights_in_pickles_are_not_read(parts):
    path = write("m.keras", parts, without=["model.weights.h5"], extra=[("model.weights.npz", b"\x80\x04N.")])
    refused(lamina.saving.load_model, path, match="model.weights.h5")


CONFIGS = {
    "empty": b"",
    "no JSON": b"import os",
    "a list": b"[1, 2]",
    "text": b'"x"',
    "no number": b'{"class_name": "Dense", "config": {"units": NaN}}',
    "no finite number": b'{"class_name": "Dense", "config": {"units": Infinity}}',
    "a deep list": b"[" * 100_000 + b"]" * 100_000,
    "a deep dict": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep layers": b'{"class_name": "TimeDistributed", "config": {"layer": ' * 300 + b"1" + b"}}" * 300,
    "no model": b'{"class_name": "Zeros", "module": "keras.initializers", "config": {}}',
    "bytes": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("row", CONFIGS)
def test_configurations(row, parts, with_record):
    path = write("m.keras", {**parts, "config.json": CONFIGS[row]})
    refused(lamina.saving.load_model, path)
    refused(lamina.saving.load_model, with_record("m.lamina", CONFIGS[row].decode(errors="replace")))
    refused(lamina.models.model_from_json, CONFIGS[row])


def test_bombs(parts):
    for name in ("config.json", "model.weights.h5", "assets/layers/x/vocabulary.txt"):
        bomb = {**parts, name: bytes(4 << 20)}
        path = write("m.keras", bomb, compression=zipfile.ZIP_DEFLATED)
        refused(lamina.saving.load_model, path, match="unpacks to far more")
        refused(model().load_weights, path, match="unpacks to far more")
    many = {**parts, **{f"assets/{i}": bytes(1 << 19) for i in range(20)}}
    refused(lamina.saving.load_model, write("m.keras", many, compression=zipfile.ZIP_DEFLATED), match="far more")


def test_sizes_of_members_that_lie(parts):
    data = bytearray(Path(write("m.keras", parts)).read_bytes())
    place = data.rfind(b"config.json") - 46  # in the central directory
    data[place + 24 : place + 28] = struct.pack("<I", 1 << 31)
    Path("m.keras").write_bytes(data)
    refused(lamina.saving.load_model, "m.keras", match="is not loaded")


def test_damaged_zip_files(parts):
    whole = Path(write("m.keras", parts)).read_bytes()
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        Path("m.keras").write_bytes(whole[:size])
        refused(lamina.saving.load_model, "m.keras", match="is not loaded")
    encrypted = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[whole.index(mark) + offset] |= 1
    Path("m.keras").write_bytes(encrypted)
    refused(lamina.saving.load_model, "m.keras", match="encrypted")
    flipped = bytearray(whole)
    flipped[whole.index(b"PK\x01\x02") - 300] ^= 1  # in the weights: the checksum of the member finds it
    Path("m.keras").write_bytes(flipped)
    refused(lamina.saving.load_model, "m.keras", match="damaged")


def test_harmless_zip_files(parts):
    """Compressed, with a comment, with large headers: written by other tools, but whole."""
    with zipfile.ZipFile("m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"made elsewhere"
        for name, data in parts.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(data)
    assert lamina.saving.load_model("m.keras").count_params() == 8


# Assets, and models in folders.


@lamina.saving.register_keras_serializable(package="tests")
class Worded(layers.Layer):
    words = ("a", "b")

    def build(self, input_shape):
        pass

    def call(self, inputs):
        return inputs

    def save_assets(self, folder):
        with open(os.path.join(folder, "words.txt"), "w") as file:
            file.write("\n".join(self.words))

    def load_assets(self, folder):
        with open(os.path.join(folder, "words.txt")) as file:
            self.words = tuple(file.read().split("\n"))


def with_assets():
    made = lamina.Sequential([lamina.Input((3,)), Worded(name="w"), layers.Dense(2)])
    made.layers[0].words = ("x", "y", "z")
    return made


@pytest.mark.parametrize("zipped", [True, False])
def test_assets(zipped):
    path = "m.keras" if zipped else "m"
    with_assets().save(path, zipped=zipped)
    assert lamina.saving.load_model(path).layers[0].words == ("x", "y", "z")
    if zipped:
        assert "assets/layers/worded/words.txt" in zipfile.ZipFile(path).namelist()
    with_assets().save(path, zipped=zipped)  # over the first
    assert lamina.saving.load_model(path).layers[0].words == ("x", "y", "z")


@pytest.mark.parametrize(("old", "new"), [(b"words.txt", b"wordz.txt"), (b"x\ny\nz", b"x\ny\nZ")])
def test_damaged_assets(old, new):
    with_assets().save("m.keras")
    whole = Path("m.keras").read_bytes()
    Path("m.keras").write_bytes(whole.replace(old, new, 1))
    refused(lamina.saving.load_model, "m.keras", match="words.txt' is damaged")


@pytest.mark.parametrize("what", ["assets/layers/worded/words.txt", "assets/layers", "model.weights.h5", "config.json"])
def test_links_in_folders(what):
    with_assets().save("m", zipped=False)
    os.rename(os.path.join("m", what), "elsewhere")
    os.symlink(os.path.abspath("elsewhere"), os.path.join("m", what))
    refused(lamina.saving.load_model, "m", match="link")


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../b", "a//b", "a\\b", "a/./b", "a\0b"])
def test_paths_of_assets(path):
    from lamina.saving.assets import AssetFolders

    for method in (AssetFolders("root").make, AssetFolders("root").get):
        refused(method, path, match="leads elsewhere")
    assert not os.path.exists("root")


# More memory than there is in the file.


def test_optimizers_and_metrics_larger_than_the_file(parts):
    def many(config):
        config["compile_config"]["metrics"] = [
            {"class_name": "MeanIoU", "module": "keras.metrics", "config": {"num_classes": 1 << 20}}
        ]

    refused(lamina.saving.load_model, write("m.keras", changed(parts, many)), match="more memory")


def test_file_objects(parts):
    path = write("m.keras", parts)
    with open(path, "rb") as file:
        assert lamina.saving.load_model(file).count_params() == 8
    refused(lamina.saving.load_model, io.BytesIO(b"no zip file"), match="is not loaded")
