"""The base of all layers: dtypes, calls on data and on symbols, configuration. The rest is in files of its own."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from .. import _core, dtype_policies, tree
from ..checks import explain
from ..ops.convert import convert_to_tensor, is_float
from ..ops.operation import drawing, holds_symbolic, record
from ..saving.configurable import constructor_signature
from ..saving.serialization import serialize_keras_object
from ..scopes import run_stateless
from ..utils.naming import current_path, name_scope
from ..utils.tracebacks import without_own_lines
from ..variables import Variable, autocast, autocast_dtype
from . import input_spec as specs
from .building import BuildableLayer
from .calls import CallContext, call_signature, context, name_layer
from .masks import MaskedLayer
from .ragged import holds_padded, joined
from .shapes import map_shapes, pop_shape
from .state import leaves

Tensor = _core.Tensor

# What the first layer of a Sequential may be told about its input, as in Keras 2.
_SHAPE_ARGUMENTS = ("input_shape", "input_dim", "batch_input_shape", "batch_size", "input_dtype", "input_length")


class Layer(BuildableLayer, MaskedLayer):
    """A function with weights. Subclasses write `build(input_shape)` (makes weights) and `call(inputs)` (computes).

    Arguments: `name`, `trainable`, `dtype` ('float32', 'float64'), `activity_regularizer` (a loss for the outputs),
    `autocast` (whether float inputs are cast to the layer's dtype). ValueError for unknown keywords.
    Sub-layers and variables set as attributes (also inside lists and dicts) belong to the layer.

    >>> import lamina
    >>> class Scale(lamina.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(lamina.ops.ones((2, 3))).shape
    (2, 3)
    """

    _config_ignored: tuple[str, ...] = (*_SHAPE_ARGUMENTS, "weights", "dynamic", "autocast")

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name)
        from .. import regularizers

        if not isinstance(trainable, (bool, np.bool_)):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `trainable` is not a bool.",
                    "True or False",
                    f"trainable={trainable!r}",
                    "pass trainable=True or trainable=False.",
                )
            )
        self._trainable = bool(trainable)
        self.dtype_policy = dtype
        self.autocast = autocast
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.input_spec: Any = None
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._input_shape_argument = pop_shape(kwargs)
        self._input_dtype_argument = kwargs.pop("input_dtype", None)
        kwargs.pop("dynamic", None)
        if kwargs:
            raise ValueError(
                explain(
                    f"{type(self).__name__} has no such argument.",
                    f"the arguments of {type(self).__name__}{constructor_signature(type(self))}",
                    ", ".join(f"{key}={value!r}" for key, value in kwargs.items()),
                    "check the spelling.",
                )
            )

    # Dtypes.

    @property
    def dtype_policy(self) -> Any:
        """The dtypes that it computes in and keeps its weights in. Before the layer is built it may be set, by name."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation; float inputs are cast to it."""
        return self.dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        return self.dtype_policy.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How its weights are quantized, as 'int8'; None if they are not."""
        return self.dtype_policy.quantization_mode

    def quantize(self, mode: str | None = None, type_check: bool = True, config: Any = None) -> None:
        """Rounds its weights to few bits. NotImplementedError for layers that have none to be rounded."""
        raise NotImplementedError(
            explain(
                f"{type(self).__name__} {self.name!r} cannot be quantized.",
                "a Dense, EinsumDense or Embedding layer, or a model with such layers",
                f"a {type(self).__name__}",
                "leave it as it is.",
            )
        )

    @property
    def path(self) -> str | None:
        """The names of the layers around it and its own, joined by slashes; None before it is built."""
        return self._path

    # Calling.

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. To be written by subclasses."""
        raise NotImplementedError(
            explain(
                f"Layer {type(self).__name__} cannot be called.",
                "a `call(self, inputs)` method",
                "none in the class",
                "write what the layer computes as `call`.",
            )
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if not _core.Trace.active() and (holds_symbolic(args) or (kwargs and holds_symbolic(kwargs.values()))):
                try:
                    return record(self, lambda: self._invoke(args, kwargs), args, kwargs)
                finally:
                    self._clear_losses()
            return self._invoke(args, kwargs)
        except Exception as error:
            raise without_own_lines(error)  # noqa: B904 - the same error: its cause and notes stay

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """The call with these values of the variables: (outputs, new non-trainable values[, losses]).

        No variable changes. ValueError before the layer is built, and for another number of values.
        """
        self._needs_weights("be called without state")
        groups = [
            ("trainable_variables", self.trainable_variables, trainable_variables),
            ("non_trainable_variables", self.non_trainable_variables, non_trainable_variables),
        ]

        def run() -> tuple[Any, ...]:
            outputs = self(*args, **kwargs)
            return (outputs, self.losses) if return_losses else (outputs,)

        (outputs, *losses), (_, state) = run_stateless(f"{self.name}.stateless_call", groups, run)
        return (outputs, state, *losses)

    def _invoke(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if "name" not in self.__dict__:
            raise RuntimeError(
                explain(
                    f"The constructor of {type(self).__name__} does not call that of its base.",
                    "super().__init__(**kwargs) in `__init__`",
                    "no such call",
                    "add it as the first line of `__init__`.",
                )
            )
        signature = call_signature(self.call)
        args = tuple(self._standardize(value, positional=True) for value in args)
        kwargs = {name: self._standardize(value) for name, value in kwargs.items()}
        names = [*signature.names, *(f"input_{i}" for i in range(len(signature.names), len(args)))]
        arguments = {**dict(zip(names, args)), **kwargs}
        missing = [name for name in signature.required if name not in arguments and name not in ("training", "mask")]
        if missing:
            raise TypeError(
                explain(
                    f"Layer {self.name!r} was called with too few arguments.",
                    f"{type(self).__name__}()({', '.join(signature.names)})",
                    f"no `{missing[0]}`",
                    f"pass {', '.join(f'`{name}`' for name in missing)}.",
                )
            )
        first = (
            args[0] if args else next((kwargs[name] for name in (*signature.names, *kwargs) if name in kwargs), None)
        )
        specs.check(self.input_spec, first, self.name)

        outer = context.get()
        if outer.depth == 0:
            self._clear_losses()
        training = arguments.get("training")
        if training is None:
            training = outer.training
        if training is None:
            training = signature.defaults.get("training")
        if signature.has_training:
            kwargs["training"] = training
            if len(args) > signature.names.index("training"):
                args = args[: signature.names.index("training")]
        elif "training" in kwargs:
            kwargs.pop("training")

        token = context.set(CallContext(training, outer.depth + 1))
        try:
            with name_scope(self.name):
                if not self.built:
                    self._path = current_path()
                    self._build_for(arguments)
                previous_mask = self._fill_masks(signature, arguments, kwargs, first)
                mixed = self.autocast and self.compute_dtype != self.variable_dtype
                call = self.call
                if self._remat_mode is not None:
                    call = self.rematerialized_call(call, *args, **kwargs)
                if mixed or autocast_dtype() is not None:
                    with autocast(self.compute_dtype if mixed else None):
                        outputs = call(*args, **kwargs)
                else:
                    outputs = call(*args, **kwargs)
        except (IndexError, TypeError, ValueError) as error:
            name_layer(error, self, arguments)
            raise
        finally:
            context.reset(token)
        if self.activity_regularizer is not None:
            self._regularize(outputs)
        if previous_mask is not None:
            self._set_masks(first, outputs, previous_mask)
        elif self.supports_masking and type(self).compute_mask is not Layer.compute_mask:
            self._set_masks(first, outputs, None)
        return outputs

    def _standardize(self, value: Any, positional: bool = False) -> Any:
        """Arrays become tensors, floats get the layer's dtype; nests are gone through."""
        if isinstance(value, Tensor):
            if self.autocast and value.dtype != self.compute_dtype and is_float(value.dtype):
                mask = getattr(value, "_keras_mask", None)
                value = convert_to_tensor(value, self.compute_dtype)
                if mask is not None:
                    value._keras_mask = mask
            return value
        if isinstance(value, (list, tuple, dict)):
            if holds_padded(value):
                return self._standardize(joined(value, self._standardize), positional)
            if positional and isinstance(value, (list, tuple)) and value and _only_elements(value):
                return self._standardize(convert_to_tensor(value))
            return tree.map_structure(lambda v: self._standardize(v, positional), value)
        if hasattr(value, "tocsr") and hasattr(value, "toarray"):  # SciPy's sparse matrices
            value = value.toarray()
        if isinstance(value, (np.ndarray, np.generic, Variable)) or hasattr(value, "__array__"):
            return self._standardize(convert_to_tensor(value))
        if positional and value is not None and not self._takes_any_argument:
            if isinstance(value, (bool, int, float)) or (self._takes_texts and isinstance(value, (str, bytes))):
                return self._standardize(convert_to_tensor(value))
            raise ValueError(
                explain(
                    f"Layer {self.name!r} was called on something that is no tensor.",
                    "tensors or arrays as positional arguments",
                    f"{value!r} of type {type(value).__name__}",
                    "pass it by its name, as keyword argument.",
                )
            )
        return value

    _takes_texts = False  # a str is an input
    _takes_any_argument = False  # layers such as Lambda wrappers may take other positional arguments

    def _regularize(self, outputs: Any) -> None:
        for output in tree.flatten(outputs):
            if isinstance(output, Tensor) and is_float(output.dtype):
                batch = convert_to_tensor(output.dims[0] if output.ndim else 1, output.dtype)
                self.add_loss(self.activity_regularizer(output) / batch)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic tensors like the outputs for symbolic inputs; nothing is computed or recorded."""
        with drawing():
            outputs = self._invoke(args, kwargs)
        self._clear_losses()
        return outputs

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape (or nest of shapes) of the output for inputs of the given shape, found by tracing `call`."""
        shapes = [*args, *kwargs.values()]
        dtype = self._input_dtype_argument or self._expected_input_dtype()
        inputs = [map_shapes(lambda shape: _core.symbolic(list(shape), dtype), shape) for shape in shapes]
        outputs = self.compute_output_spec(*inputs)
        return tree.map_structure(lambda t: tuple(t.shape), outputs)

    def _expected_input_dtype(self) -> str:
        spec = tree.flatten(self.input_spec)[0] if self.input_spec is not None else None
        return (spec.dtype if spec is not None else None) or self.compute_dtype

    @property
    def input_shape(self) -> Any:
        """The shape of its symbolic input."""
        return tree.map_structure(lambda t: tuple(t.shape), self.input)

    @property
    def output_shape(self) -> Any:
        """The shape of its symbolic output."""
        return tree.map_structure(lambda t: tuple(t.shape), self.output)

    # Configuration.

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values."""
        base: dict[str, Any] = {
            "name": self.name,
            "trainable": self._trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            base["activity_regularizer"] = serialize_keras_object(self.activity_regularizer)
        if type(self).__init__ is Layer.__init__:
            return base
        own = super().get_config()
        if self.activity_regularizer is None:
            own.pop("activity_regularizer", None)
        return {**base, **own, **base}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer that `get_config` described. Constructors need not take `name`, `trainable` and `dtype`."""
        parameters = inspect.signature(cls.__init__).parameters
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return super().from_config(config)
        base = ("name", "trainable", "dtype", "activity_regularizer")
        layer = super().from_config({key: v for key, v in config.items() if key in parameters or key not in base})
        layer.name = config.get("name", layer.name)
        layer.dtype_policy = config.get("dtype", layer.dtype_policy)
        if config.get("trainable") is False:
            layer.trainable = False
        return layer

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _only_elements(value: Any) -> bool:
    return all(isinstance(leaf, (bool, int, float, str, bytes, np.generic)) for leaf in leaves(value))
