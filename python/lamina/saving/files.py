"""Models and weights in files of every kind: which one is told by the ending of the path."""

from __future__ import annotations

import os
from typing import Any

from ..checks import explain
from .paths import need_file, path_of

LEGACY = (".h5", ".hdf5")
_WEIGHTS = (".weights.h5", ".weights.json")


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Writes a model to a `.lamina`, `.keras` or `.h5` file, or with zipped=False to a folder. It appears whole.

    Of `.keras` files also file objects are taken. `include_optimizer` is for `.h5` files; `save_format` is ignored.
    ValueError for other endings, models that are not built, and existing files when `overwrite` is False.
    """
    include_optimizer = bool(kwargs.pop("include_optimizer", True))
    kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(
            explain(
                "save: unknown arguments.",
                "filepath, overwrite, zipped and include_optimizer",
                f"{sorted(kwargs)}",
                "leave them out.",
            )
        )
    if hasattr(filepath, "write"):
        path = ".keras"
    else:
        filepath = path = path_of(filepath, "A model cannot be saved to")
        _check_free(path, overwrite)
    is_folder = zipped is False and not path.endswith((".lamina", *LEGACY))
    if is_folder and path.endswith(".keras"):
        raise ValueError(
            explain(
                "A model that is not zipped is saved to a folder.",
                "a path without the ending '.keras'",
                f"{path!r} with zipped=False",
                f"use {path.removesuffix('.keras')!r}, or leave out `zipped`.",
            )
        )
    if not is_folder and not path.endswith((".lamina", ".keras", *LEGACY)):
        raise _no_such_kind("A model cannot be saved to", path)
    model._needs_weights("be saved")
    if model.compiled and model.built and model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)  # so that the file has its slots
    if path.endswith(".lamina"):
        from .model_file import save_lamina_file

        save_lamina_file(model, path)
    elif path.endswith(LEGACY):
        from .legacy_h5 import save_h5_file

        save_h5_file(model, path, include_optimizer)
    else:
        from .keras_file import save_keras_file, save_keras_folder

        (save_keras_folder if is_folder else save_keras_file)(model, filepath)


def _check_free(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise ValueError(
            explain("The file is there already.", "a new path, or overwrite=True", repr(path), "pass overwrite=True.")
        )


def _no_such_kind(what: str, path: str) -> ValueError:
    return ValueError(
        explain(
            f"{what} a file of this kind.",
            "a path that ends with '.lamina', '.keras' or '.h5'",
            repr(path),
            f"use e.g. '{os.path.splitext(path)[0] or 'model'}.lamina'.",
        )
    )


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """The model of a `.lamina`, `.keras` or `.h5` file, or of a folder; also one that Keras 2 or 3 wrote.

    It comes with weights and, unless `compile` is False, optimizer and training state: training goes on where it ended.
    No code of the file is run, whatever `safe_mode` is: own classes and functions are found in `custom_objects` or
    among the registered ones. ValueError for other endings, missing or damaged files, and unknown classes.
    """
    from .keras_file import is_keras_folder, load_keras_file, load_keras_folder

    if hasattr(filepath, "read"):
        return load_keras_file(filepath, custom_objects, compile)
    path = path_of(filepath, "A model cannot be loaded from")
    if is_keras_folder(path):
        return load_keras_folder(path, custom_objects, compile)
    if not path.endswith((".lamina", ".keras", *LEGACY)):
        raise _no_such_kind("A model cannot be loaded from", path)
    need_file(path, ValueError)
    if path.endswith(".lamina"):
        from .model_file import load_lamina_file

        return load_lamina_file(path, custom_objects, compile)
    if path.endswith(".keras"):
        return load_keras_file(path, custom_objects, compile)
    from .legacy_h5 import load_h5_file

    return load_h5_file(path, custom_objects, compile)


def save_weights(
    model: Any, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
) -> None:
    """Writes weights and the optimizer's state to a `.weights.h5` or `.safetensors` file; with `max_shard_size` (in GB)
    in parts (`.weights.json`). ValueError for other endings, existing files when `overwrite` is False, and models
    without weights.
    """
    from .safetensors_file import ENDING, save_safetensors
    from .weights_file import save_weights_file

    path = path_of(filepath, "Weights cannot be saved to")
    allowed = (_WEIGHTS[0], ENDING) if max_shard_size is None else _WEIGHTS
    if kwargs or not path.endswith(allowed):
        raise ValueError(
            explain(
                "save_weights: the arguments cannot be used.",
                f"a path that ends with {' or '.join(map(repr, allowed))}, and overwrite and max_shard_size",
                ", ".join([repr(path), *kwargs]),
                f"use e.g. '{path.split('.')[0] or 'model'}{_WEIGHTS[max_shard_size is not None]}'.",
            )
        )
    _check_free(path, overwrite)
    model._needs_weights("save them")
    if path.endswith(ENDING):
        save_safetensors(model, path)
    else:
        save_weights_file(model, path, max_shard_size)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Gives a model the weights of a `.weights.h5`, `.weights.json`, `.safetensors`, `.keras` or `.h5` file: see
    Model.load_weights.
    """
    from .safetensors_file import ENDING, load_safetensors
    from .weights_file import load_state, stored_weights

    path = path_of(filepath, "Weights cannot be loaded from")
    objects_to_skip, by_name = kwargs.pop("objects_to_skip", None), kwargs.pop("by_name", None)
    is_new = path.endswith((*_WEIGHTS, ENDING, ".keras"))
    wrong = [*kwargs, *(["by_name"] if by_name and is_new else [])]
    if objects_to_skip is not None and not path.endswith(_WEIGHTS):
        wrong.append("objects_to_skip")
    if wrong:
        raise ValueError(
            explain(
                "load_weights: the arguments cannot be used.",
                "`skip_mismatch`, `objects_to_skip` of '.weights.h5' files, `by_name` of '.h5' files of Keras 2",
                f"{', '.join(wrong)} for {path!r}",
                "leave them out.",
            )
        )
    if not is_new and not path.endswith(LEGACY):
        raise ValueError(
            explain(
                "Weights cannot be loaded from a file of this kind.",
                "a path that ends with '.weights.h5', '.weights.json', '.safetensors', '.keras' or '.h5'",
                repr(path),
                "choose another file; lamina.saving.load_model reads '.lamina' files.",
            )
        )
    model._needs_weights("load them")
    if path.endswith(ENDING):
        load_safetensors(model, path, skip_mismatch)
        return
    if is_new and not _is_old(path):
        with stored_weights(path) as store:
            load_state(model, store, path, skip_mismatch=skip_mismatch, objects_to_skip=objects_to_skip)
        return
    from .legacy_h5 import load_h5_weights

    load_h5_weights(model, path, skip_mismatch, bool(by_name))


def _is_old(path: str) -> bool:
    """Whether a `.weights.h5` file is of Keras 2, where it has the layout of `.h5` files."""
    from .hdf5 import opened

    if not path.endswith(".h5"):
        return False
    with opened(path, path) as file:
        return "layer_names" in file.attrs or "layer_names0" in file.attrs
