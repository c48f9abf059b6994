"""Every known attack on files of models has tests: this table says which.

The kinds of attacks are those that were found in loaders of models over the years, with what nobody has tried yet.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

FILES, H5, TEXTS = "test_harmful_files", "test_harmful_h5_files", "test_harmful_texts"

# (what a file tries, the tests: file, function, and rows of its table if it is about some of them)
ATTACKS = [
    # code in configurations
    ("byte code in a Lambda", (FILES, "test_layers", "byte code")),
    ("byte code in a stack of layers", (FILES, "test_layers", "byte code in a stack")),
    ("byte code in a wrapper", (FILES, "test_layers", "TimeDistributed", "Bidirectional", "SpectralNormalization")),
    ("byte code as a part of a layer", (FILES, "test_layers", "activation", "kernel_regularizer", "bias_constraint")),
    ("byte code in what `compile` got", (FILES, "test_compile_configurations", "optimizer", "loss", "metrics")),
    ("byte code in .h5 files", (FILES, "test_layers", "byte code as a list", "m.h5")),
    ("byte code in .h5 files, safe_mode given", (FILES, "test_layers", "safe_mode")),
    ("byte code in a single layer", (FILES, "test_layers", "layers.deserialize")),
    ("byte code given to Lambda", (FILES, "test_functions_themselves_are_no_configuration", "Lambda.from_config")),
    ("byte code in copies", (FILES, "test_functions_themselves_are_no_configuration", "clone_model")),
    ("a class of subprocess", (FILES, "test_layers", "Popen")),
    ("a function of os", (FILES, "test_layers", "system")),
    ("a function of Python", (FILES, "test_layers", "eval", "exec", "__import__")),
    ("an inner function of Keras", (FILES, "test_layers", "keras.src.utils.file_utils")),
    ("a download as a function", (FILES, "test_layers", "keras.utils.get_file")),
    ("loading without safe_mode as a function", (FILES, "test_layers", "keras.models", "load_model")),
    ("switching safe_mode off", (FILES, "test_layers", "enable_unsafe_deserialization")),
    ("setting a global", (FILES, "test_layers", "set_global_attribute")),
    ("public functions that make no models", (FILES, "test_layers", "save_model", "set_backend", "plot_model")),
    ("another registered name", (FILES, "test_layers", "another registered name")),
    ("a module that acts when imported", (FILES, "test_a_module_is_never_imported")),
    ("names with dots and underscores", (FILES, "test_layers", "__class__", "a.b", "Layer.__subclasses__", "..")),
    ("a configuration that is no dict", (FILES, "test_layers", "a list", "a number", "text", "nothing")),
    ("a class whose name is no text", (FILES, "test_layers", "a class without a name")),
    ("`trainable` of another kind", (FILES, "test_layers", "trainable"), (FILES, "test_graphs", "trainable")),
    ("a function itself", (FILES, "test_functions_themselves_are_no_configuration", "holds a function")),
    ("types by name", (FILES, "test_layers", "a type")),
    ("layers of other frameworks", (FILES, "test_layers", "TorchModuleWrapper", "JaxLayer", "TFSMLayer")),
    ("more custom objects", (FILES, "test_custom_objects_stay_as_they_are", "mine")),
    ("a failure that leaves a door open", (FILES, "test_custom_objects_stay_as_they_are", "switched on")),
    ("other things in a Pipeline", ("test_bad_arguments_numbers", "test_configurations_of_pipelines_hold_layers")),
    ("an object inside itself", (FILES, "test_layers", "itself")),
    ("graphs that are none", (FILES, "test_graphs", "a loop", "a missing layer", "a call before the first")),
    # files and paths
    ("a vocabulary in a file", (TEXTS, "test_vocabularies_elsewhere", "a file")),
    ("a vocabulary on a server", (TEXTS, "test_vocabularies_elsewhere", "a server", "a bucket", "a share")),
    (
        "other lookups, and keys of hashes",
        (TEXTS, "test_vocabularies_elsewhere", "IntegerLookup"),
        (TEXTS, "test_salts_elsewhere"),
    ),
    (
        "members of a ZIP file that lie elsewhere",
        (FILES, "test_members", "above", "absolute", "drive", "backslash", "a link"),
    ),
    ("assets that lie elsewhere", (FILES, "test_paths_of_assets")),
    ("links in folders", (FILES, "test_links_in_folders")),
    ("paths through a link and back", (FILES, "test_paths_of_assets", "a/../../b")),
    ("hard links in archives", ("test_files", "test_archives_cannot_leave_their_folder", "hard")),
    ("devices in archives", ("test_files", "test_downloaded_archives_cannot_leave_their_folder", "device")),
    ("members of one name", (FILES, "test_members", "twice", "other case")),
    (
        "configurations that are none",
        (FILES, "test_configurations", "a deep list", "no number"),
        (FILES, "test_missing_members"),
    ),
    ("ZIP files that are none", (FILES, "test_damaged_zip_files"), (FILES, "test_harmless_zip_files")),
    (
        "pickles",
        (FILES, "test_weights_in_pickles_are_not_read"),
        ("test_datasets", "test_pickles_with_code_are_refused"),
    ),
    ("weights in files elsewhere", (H5, "test_lists_of_weights", "above", "absolute")),
    # HDF5 files
    ("links to other files", (H5, "test_links", "external"), (H5, "test_links_in_old_files", "external")),
    ("links in a file", (H5, "test_links", "soft"), (H5, "test_links_in_old_files", "soft")),
    ("arrays in other files", (H5, "test_arrays", "in another file")),
    ("virtual arrays", (H5, "test_arrays", "virtual"), ("test_file_editor", "test_harmful_files", "harm_virtual")),
    ("groups inside themselves", (H5, "test_groups_in_themselves_end")),
    ("groups as arrays, arrays as groups", (H5, "test_places_of_arrays_and_groups"), (H5, "test_arrays", "a group")),
    ("arrays larger than what is stored", (H5, "test_arrays", "far too large", "far too large in pieces")),
    ("arrays of other shapes and kinds", (H5, "test_arrays", "another shape", "text", "records", "references")),
    ("names in attributes", (H5, "test_names_in_attributes", "above", "absolute", "long", "no text")),
    (
        "damage",
        (H5, "test_damaged_files"),
        (H5, "test_places_of_texts"),
        (H5, "test_lengths_of_texts"),
        (H5, "test_texts_of_another_sort"),
    ),
    # sizes
    ("members that unpack to much", (FILES, "test_bombs"), (FILES, "test_sizes_of_members_that_lie")),
    (
        "layers larger than the file",
        (FILES, "test_layers", "too many units"),
        (FILES, "test_optimizers_and_metrics_larger_than_the_file"),
    ),
    ("endless graphs", (FILES, "test_long_graphs_take_linear_time")),
    ("slow expressions", ("test_texts", "test_expressions_that_explode_elsewhere"), (TEXTS, "test_rules_for_texts")),
    ("odd vocabularies", (TEXTS, "test_vocabularies", "twice"), (TEXTS, "test_odd_vocabularies")),
]


@cache
def read(file):
    """The text of a test file, and the text of each of its functions with its decorators."""
    text = (Path(__file__).parent.parent / "behaviour" / f"{file}.py").read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return text, {node.name for node in functions}


@pytest.mark.parametrize(
    ("what", "tests"), [(what, tests) for what, *tests in ATTACKS], ids=[row[0] for row in ATTACKS]
)
def test_attacks_have_tests(what, tests):
    assert tests
    for file, function, *rows in tests:
        text, functions = read(file)
        assert function in functions, f"{file}.py has no {function}"
        assert not [row for row in rows if row not in text], f"{file}.py has not all rows"


def test_kinds_of_attacks_are_listed_once():
    assert len({what for what, *_ in ATTACKS}) == len(ATTACKS) >= 60
