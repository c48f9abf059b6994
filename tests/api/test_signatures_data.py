"""The names and arguments of Keras for data, models and wrappers: order and defaults too."""

import importlib
import inspect

import keras
import pytest
from api.test_signatures import difference, parameters_of

import lamina

pytestmark = pytest.mark.filterwarnings("default")  # Keras and JAX warn about themselves

DATASETS = ["boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters"]
NAMESPACES = [
    *("utils", "utils.bounding_boxes", "utils.legacy", "models", "saving", "wrappers", "datasets"),
    *("preprocessing", "preprocessing.image", "preprocessing.sequence"),
    *(f"datasets.{name}" for name in DATASETS),
]

LATER = {}

# Arguments that Keras does not have, all of them last.
MORE = {
    **{
        f"datasets.{name}.load_data(path)": "a file the user already has"
        for name in ("cifar10", "cifar100", "fashion_mnist")
    },
    "utils.audio_dataset_from_directory(format)": "as in later versions of Keras, and as its siblings",
}


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_names_and_arguments(namespace):
    theirs, ours = (importlib.import_module(f"{library}.{namespace}") for library in ("keras", "lamina"))
    found, excused = [], set()
    for name in dir(theirs):
        wanted = getattr(theirs, name)
        if name.startswith("_") or (inspect.ismodule(wanted) and hasattr(ours, name)):
            continue
        if not hasattr(ours, name):
            excused.add(f"{namespace}.{name}")
            continue
        mine, wanted = parameters_of(getattr(ours, name)), parameters_of(wanted)
        found += [f"{name}: {text}" for pair in zip(mine, wanted) if (text := difference(name, *pair))]
        for parameter in [*mine[len(wanted) :], *wanted[len(mine) :]]:
            excused.add(f"{namespace}.{name}({parameter.name})")
    known = {name for name in MORE if name.split("(")[0].rpartition(".")[0] == namespace}
    assert not found
    assert excused == known


@pytest.mark.parametrize("kind", ["Model", "Sequential"])
def test_methods_of_models(kind):
    theirs, ours = getattr(keras, kind), getattr(lamina, kind)
    later = {  # other quantization, and what only the JAX backend of Keras has
        *("get_quantization_layer_structure", "quantized_build"),
        "quantized_call",
        *("compute_loss_and_updates", "jax_state_sync"),
    }
    instance = {"dtype_policy", "input_spec", "supports_masking"}  # here set by the constructor
    missing = {name for name in dir(theirs) if not name.startswith("_") and not hasattr(ours, name)}
    made = ours()
    assert missing - instance == later
    assert all(hasattr(made, name) for name in instance)
    found = []
    methods = [
        "fit",
        "evaluate",
        "predict",
        "compile",
        "train_on_batch",
        "test_on_batch",
        "predict_on_batch",
        "summary",
        "save",
        "save_weights",
        "load_weights",
    ]
    for name in [
        *methods,
        "get_layer",
        "get_state_tree",
        "set_state_tree",
        "make_train_function",
        "compute_loss",
        "rematerialized_call",
    ]:
        mine, wanted = (parameters_of(getattr(cls, name)) for cls in (ours, theirs))
        found += [f"{name}: {text}" for pair in zip(mine, wanted) if (text := difference(name, *pair))]
        found += [name] if len(mine) != len(wanted) else []
    assert not found
