"""The base of all models: a layer that can be compiled, trained, saved and shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, tree
from ..checks import explain
from ..layers.layer import Layer
from ..layers.shapes import map_shapes
from ..ops.operation import outside_trace
from .training import Trainer

_combined: dict[type, type] = {}


class Model(Trainer, Layer):
    """`Model(inputs, outputs)` is the graph between symbolic tensors; subclasses write `call` instead.

    Arguments: `inputs` and `outputs` (each a tensor, or a list, tuple or dict of them), `name`, `trainable`.

    >>> import lamina
    >>> x = lamina.Input((4,))
    >>> model = lamina.Model(x, lamina.layers.Dense(2, activation="softmax")(x))
    >>> model.count_params()
    10
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_graph_call(args, kwargs):
            from .functional import Functional

            cls = Functional
        self = super().__new__(cls, *args, **kwargs)
        self._changed()
        return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _is_graph_call(args, kwargs):
            # A subclass whose constructor passes inputs and outputs on is a functional model too.
            from .functional import Functional

            cls = type(self)
            if cls not in _combined:
                _combined[cls] = type(cls.__name__, (cls, Functional), {"__module__": cls.__module__})
            self.__class__ = _combined[cls]
            Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]
        else:
            Layer.__init__(self, *args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. To be written by subclasses."""
        raise NotImplementedError(
            explain(
                f"Model {type(self).__name__} cannot be called.",
                "a `call(self, inputs)` method, or Model(inputs, outputs)",
                "neither",
                "write what the model computes as `call`.",
            )
        )

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The model that `get_config` described; `Model.from_config` reads graphs too."""
        from ..saving.registration import CustomObjectScope

        if cls is Model and "input_layers" in config:
            from .functional import Functional

            return Functional.from_config(config, custom_objects)
        with CustomObjectScope(custom_objects):
            return super().from_config(config)

    @property
    def layers(self) -> list[Layer]:
        """The direct sub-layers."""
        return self._layers

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name or place. ValueError when there is none."""
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError(
                explain(
                    "get_layer: what to look for is not clear.",
                    "either `name` or `index`",
                    f"name={name!r}, index={index!r}",
                    "pass one of both.",
                )
            )
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    explain(
                        f"Model {self.name!r} has no layer {index}.",
                        f"an index below {len(layers)}",
                        f"index={index}",
                        "see model.summary().",
                    )
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        import difflib

        names = [layer.name for layer in layers]
        near = difflib.get_close_matches(str(name), names, n=3)
        raise ValueError(
            explain(
                f"Model {self.name!r} has no layer of that name.",
                f"one of {names}",
                f"name={name!r}",
                f"did you mean {near[0]!r}?" if near else "see model.summary().",
            )
        )

    def build(self, input_shape: Any) -> None:
        """Makes all weights by running `call` on symbols of this shape (or nest of shapes), the batch first."""

        def run() -> None:
            dtype = self._expected_input_dtype()
            self.compute_output_spec(map_shapes(lambda s: _core.symbolic(list(s), dtype), input_shape))

        outside_trace(run)

    def _build_for(self, arguments: dict[str, Any]) -> None:
        if type(self).build is not Model.build:
            super()._build_for(arguments)
            return
        # Sub-layers are built as `call` reaches them.
        inputs = next(iter(arguments.values()), None)
        if inputs is not None:
            self._build_shapes = {
                "input_shape": tree.map_structure(
                    lambda t: (self._fixed_batch(t.shape[0]), *t.shape[1:]) if hasattr(t, "shape") else None, inputs
                )
            }
        self.built = True

    def _fixed_batch(self, size: int | None) -> int | None:
        """The batch size that the model is built for: any, unless stateful layers have a state for each sample."""
        return size if any(getattr(layer, "stateful", False) for layer in self._flatten_layers()) else None

    @property
    def metrics(self) -> list[Any]:
        """The loss, the compiled metrics, and those of the layers."""
        found = self._compiled_metrics()
        for layer in self._flatten_layers():
            found += [m for m in layer._tracked_metrics() if not any(m is other for other in found)]
        return found

    def reset_states(self) -> None:
        """Sets the states that stateful layers keep from batch to batch to 0."""
        for layer in self._flatten_layers():
            if layer._kept_states():
                layer.reset_state()

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints the layers with their output shapes and parameters, and the memory a prediction takes.

        ValueError for a model that is not built.
        """
        from .summary import print_summary

        print_summary(self, line_length, print_fn, expand_nested, show_trainable, layer_range)

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """All variables as nested dicts: 'trainable_variables', 'non_trainable_variables', 'optimizer_variables' and
        'metrics_variables', each by the parts of the variables' paths. `value_format`: or 'numpy_array'.
        """
        from .state_tree import get_state_tree

        return get_state_tree(self, value_format)

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Sets variables to the values of (a part of) what `get_state_tree` gave. ValueError for unknown paths."""
        from .state_tree import set_state_tree

        set_state_tree(self, state_tree)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """What a call would return, without numbers."""
        return self.compute_output_spec(*args, **kwargs)

    def profile(self, x: Any, repeats: int = 10, expand_nested: bool = False) -> Any:
        """What a prediction for the data `x` costs, layer by layer: time, FLOPs and memory.

        Each layer is compiled and run alone on the data it gets in the model, `repeats` times; the shortest time
        counts. In the model as a whole the engine joins neighbouring ops, so the sum of the layers is an upper bound;
        `total_seconds` is the time of the whole. FLOPs are counted in the graph of the layer's ops: multiplication and
        addition are two; loops of own cells count their matrix products only. Models inside the model are one line, or
        taken apart with `expand_nested`. Returns a Profile: printing it shows a table, `plot()` draws bars.

        >>> import lamina, numpy as np
        >>> model = lamina.Sequential([lamina.Input((4,)), lamina.layers.Dense(3, name="only")])
        >>> [(cost.name, cost.flops) for cost in model.profile(np.ones((2, 4)), repeats=1).layers]
        [('only', 54)]
        """
        from .profile import profile_model

        return profile_model(self, x, repeats, expand_nested)

    def quantize(  # type: ignore[override]
        self, mode: Any = None, config: Any = None, filters: Any = None, **kwargs: Any
    ) -> None:
        """Calls `quantize` of all layers that can be: Dense, EinsumDense and Embedding. `mode` is 'int8'.

        `filters` chooses layers: a regular expression for names, a list of them, or a function of a layer. A compiled
        model has to be compiled again before it is trained. ValueError for other modes and for models without weights.

        >>> import lamina
        >>> model = lamina.Sequential([lamina.Input((4,)), lamina.layers.Dense(2)])
        >>> model.quantize("int8")
        >>> model.layers[0].quantization_mode
        'int8'
        """
        from ..quantizers import resolve

        type_check = bool(kwargs.pop("type_check", True))
        patterns = [filters] if isinstance(filters, str) else filters
        if kwargs or not (patterns is None or callable(patterns) or isinstance(patterns, (list, tuple))):
            raise ValueError(
                explain(
                    "quantize: the arguments cannot be used.",
                    "`mode` or `config`, and as `filters` a regular expression, a list of them, or a function",
                    f"filters={filters!r}{''.join(f', {key}={value!r}' for key, value in kwargs.items())}",
                    "check the spelling.",
                )
            )
        resolve(mode, config)
        self._needs_weights("be quantized")
        chosen = patterns if callable(patterns) else _named_like(patterns)
        for layer in self._flatten_layers(False):
            if chosen(layer) and not layer._layers:
                try:
                    layer.quantize(mode, type_check=type_check, config=config)
                except NotImplementedError:
                    continue  # it stays as it is
        self._changed()

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Writes the whole model: layers, weights and training state, so that training goes on where it ended.

        The ending of the path tells how: `.lamina` (with the program that C++ runs), `.keras` (for Keras 3; a folder
        with the same members for zipped=False), `.h5` or `.hdf5` (Keras 2; `include_optimizer`). ValueError for other
        endings and for models that are not built. A failed save leaves an old file as it was.
        """
        from ..saving.files import save_model

        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Writes the weights, and the optimizer's state, to a `.weights.h5` file as Keras 3 does.

        To a `.safetensors` file they go as tensors by the paths of variables, such as `dense/kernel`, where automatic
        names of layers are counted within the model. With `max_shard_size` (in GB) to a `.weights.json` file and
        several others beside it. ValueError for other endings, existing files when `overwrite` is False, and models
        without weights.
        """
        from ..saving.files import save_weights

        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Reads weights of a model with the same layers.

        The file ends with `.weights.h5`, `.weights.json`, `.safetensors`, `.keras` or `.h5`. With `skip_mismatch` what
        does not fit keeps its weights, and a warning names it; `objects_to_skip`, of `.weights` files, lists layers to
        be left alone. `by_name`, of `.h5` files, finds layers by their names instead of their order. ValueError, and no
        change, when something does not fit or is damaged; FileNotFoundError.
        """
        from ..saving.files import load_weights

        load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def export(
        self,
        filepath: Any,
        format: str | None = None,
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Writes what the model predicts to an ONNX file (opset 20), which appears whole or not at all.

        `format` is 'onnx'; it may be left out for paths that end with '.onnx'. The batch and what else the inputs leave
        open is open in the file; `input_signature` (an InputSpec per input) chooses other shapes. Inputs and
        outputs have the names of the model's, initializers those of its variables. `verbose=False` prints nothing.
        ImportError without the package onnx; ValueError for other formats, for models that are not built, and for what
        ONNX does not have: the text names op and layer, `lamina.export` lists all of it.

        >>> import lamina, os, tempfile
        >>> model = lamina.Sequential([lamina.Input((4,)), lamina.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.export(os.path.join(folder, "model.onnx"), verbose=False)
        ...     os.listdir(folder)
        ['model.onnx']
        """
        from ..export import export_model

        export_model(self, filepath, format, verbose, input_signature, **kwargs)

    def __reduce__(self) -> Any:
        from ..saving.pickling import reduce_model

        return reduce_model(self)

    def to_json(self, **kwargs: Any) -> str:
        """The configuration (without weights) as JSON, for `model_from_json`."""
        import json

        from ..saving.serialization import serialize_keras_object

        return json.dumps(serialize_keras_object(self), **kwargs)


def _named_like(patterns: Any) -> Callable[[Any], bool]:
    """Whether the name of a layer has one of the regular expressions in it; any has for None."""
    import re

    return lambda layer: patterns is None or any(re.search(pattern, layer.name) for pattern in patterns)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `to_json` described, with new weights. ValueError for other text."""
    from ..saving.json_text import read_json
    from ..saving.serialization import deserialize_keras_object

    model = deserialize_keras_object(read_json(json_string, "the text"), custom_objects=custom_objects)
    if not isinstance(model, Layer):
        raise ValueError(
            explain(
                "The text describes no model.",
                "what `model.to_json()` gives",
                f"{json_string!r:.80}",
                "pass a model's configuration.",
            )
        )
    return model


def _is_graph_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether constructor arguments are `inputs, outputs`."""
    return len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)
