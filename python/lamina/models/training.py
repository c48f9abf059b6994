"""compile, fit, evaluate, predict, and the programs that they trace and run."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from .. import _core, tree
from ..autodiff import tape_is_open
from ..checks import explain, integer
from ..data import batches
from ..data.rows import collect
from ..layers import state as layer_state
from ..layers.calls import call_depth
from ..scopes import StatelessScope, stateless_scope
from ..utils.tracebacks import own_lines_hidden
from . import arrays, loops, programs
from .arguments import check_name, refuse, validation_epochs, verbosity
from .arrays import Data, unpack_x_y_sample_weight
from .order import make_sampler
from .short_cut import ShortCut
from .steps import Steps

Tensor = _core.Tensor


class Trainer(Steps):
    """What makes a layer trainable as a whole; the base of Model."""

    stop_training = False
    run_eagerly = False
    steps_per_execution: int = 1
    jit_compile: Any = None
    _compile_arguments: dict[str, Any] | None = None
    _sampler: Any = None  # what decides the order of samples
    _place: Any = None  # where in `fit` the model is
    _run_callbacks: Any = ()  # those of the present `fit`
    _resume: Any = None  # the state that the next `fit` goes on from, put here by BackupAndRestore

    # Compiling.

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Sets how the model is trained: optimizer, loss(es) and metrics, by name or as objects.

        `run_eagerly` runs steps op by op, for debugging. The engine chooses itself how many steps it runs at once, so
        `steps_per_execution` and `jit_compile` only are kept. ValueError for unknown names.
        """
        from .. import metrics as metrics_module
        from .. import optimizers
        from .compile import CompileLoss, CompileMetrics, objects_of

        loss, metrics, weighted_metrics = map(objects_of, (loss, metrics, weighted_metrics))
        names = self._known_output_names()
        chosen = optimizers.get(optimizer)
        policy = self.dtype_policy  # type: ignore[attr-defined]
        if auto_scale_loss and policy.name == "mixed_float16" and not isinstance(chosen, optimizers.LossScaleOptimizer):
            chosen = optimizers.LossScaleOptimizer(chosen, name="loss_scale_optimizer")
        self._set("optimizer", chosen)
        for identifier in tree.flatten(loss):
            check_name("loss", identifier)
        for identifier in [*tree.flatten(metrics or []), *tree.flatten(weighted_metrics or [])]:
            check_name("metric", identifier)
        self._set("_compile_loss", None if loss is None else CompileLoss(loss, loss_weights, names))
        given = metrics or weighted_metrics
        self._set("_compile_metrics", CompileMetrics(metrics, weighted_metrics, names) if given else None)
        self._set("_loss_tracker", metrics_module.Mean(name="loss"))
        self._set("_sampler", self._sampler or make_sampler())
        self.loss = loss
        self.run_eagerly = bool(run_eagerly)
        self.steps_per_execution = steps_per_execution
        self.jit_compile = jit_compile
        self.stop_training = False
        self.compiled = True
        self._set(
            "_compile_arguments",
            {
                "optimizer": self.optimizer,
                "loss": loss,
                "loss_weights": loss_weights,
                "metrics": metrics,
                "weighted_metrics": weighted_metrics,
                "run_eagerly": bool(run_eagerly),
                "steps_per_execution": steps_per_execution,
                "jit_compile": jit_compile,
            },
        )
        self._changed()

    def _changed(self) -> None:
        """Forgets all traced steps."""
        self._set("_steps", {})
        self._set("_fast", None)
        self._set("_quick", None)

    def _needs_compile(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(
                explain(
                    f"{method}() was called on a model that is not compiled.",
                    "a compiled model",
                    f"{self.name!r} without optimizer and loss",  # type: ignore[attr-defined]
                    "call model.compile(optimizer, loss) first.",
                )
            )

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was given, as JSON values."""
        from ..saving.serialization import serialize_keras_object

        return {} if self._compile_arguments is None else serialize_keras_object(self._compile_arguments)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles from what `get_compile_config` gave, and makes the optimizer's variables if the model is built."""
        from ..saving.serialization import deserialize_keras_object

        if not config:
            return
        signature = inspect.signature(self.compile)
        try:
            signature.bind(**config)
        except TypeError as error:
            raise ValueError(
                explain(
                    f"Model {self.name!r} cannot be compiled as its configuration says.",  # type: ignore[attr-defined]
                    f"arguments of compile({', '.join(signature.parameters)})",
                    str(error),
                    "load it with compile=False, and compile it yourself.",
                )
            ) from error
        arguments = {key: deserialize_keras_object(value) for key, value in config.items()}
        self.compile(**arguments)
        if self.built:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # Traced steps.

    def _step(self, entry: str, data: Data | None = None) -> programs.Step:
        """The traced step for such data, made when needed. Changes of `trainable` and the like make a new one."""
        key = (entry, None if data is None else programs.data_key(data), self._settings())
        found = self._steps.get(key)
        if found is None:
            found = next(
                (s for k, s in self._steps.items() if k[::2] == key[::2] and programs.fits(s.key, key[1])), None
            )
            if found is None:  # not even one for open sizes
                found = self._trace(entry, data)
            self._steps[entry, key[1], self._settings()] = found
        return found

    def _settings(self) -> Any:
        """What steps are traced for, beside the data: which weights are trained, and the kind of learning rate."""
        revision = self.optimizer.revision if self.compiled else 0
        return (revision, layer_state.changes, *(v.trainable for v in self.weights)) if self.built else None  # type: ignore[attr-defined]

    _fast: ShortCut | None = None
    _steps: dict[Any, programs.Step]

    def _trace(self, entry: str, data: Data | None, program: Any = None) -> programs.Step:
        if data is not None:
            self._make_ready(data, entry != "predict")
        if program is None:
            program = _core.Program()
        if entry == "results":
            return programs.trace_results(self, program)
        if entry == "reset_metrics":
            return programs.trace_reset(self, program)
        assert data is not None
        if entry == "predict":
            return programs.trace_predict(self, program, data)
        step = programs.trace_step(self, program, entry, data)
        self._set("_last_data", programs.example(data))
        return step

    def _make_ready(self, data: Data, training: bool) -> None:
        """Builds the model and the optimizer, if this has not happened yet."""
        if not self.built:  # type: ignore[attr-defined]
            if self.run_eagerly:
                with StatelessScope():  # the layers are built, but nothing else changes
                    self(data.x, training=False)
            else:
                symbols, _ = programs.placeholders(self, Data(data.x))
                self.compute_output_spec(symbols.x)  # type: ignore[attr-defined]
        if training and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # Training.

    @own_lines_hidden
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Trains on arrays (or an iterable of batches) and returns the History.

        `batch_size` is 32 unless given. `validation_split` takes the last share of the arrays before shuffling.
        `verbose`: 0 silent, 1 a live bar, 2 a line per epoch, 'auto' 1. After Ctrl-C the last step counts. Iterables
        may be read in another thread, a little ahead; a PyDataset with 0 workers never is.
        ValueError for empty data, different numbers of samples, and a model that is not compiled.
        """
        self._needs_compile("fit")
        x = arrays.rows_of_ragged_inputs(self, x)
        batch_size = arrays.positive("batch_size", batch_size)
        source: Any
        validation: Any = None
        if arrays.is_batches(x):
            refuse("an iterable of batches", y=y, sample_weight=sample_weight)
            if batch_size is not None:
                refuse("an iterable of batches", batch_size=batch_size)
            source = batches.make(x, class_weight, self._sampler if shuffle else None)
            if validation_split:
                refuse("an iterable of batches", validation_split=validation_split)
        else:
            source = collect(x, y, sample_weight, class_weight)
            if validation_split and validation_data is None:
                source, validation = arrays.split(source, validation_split)
        if validation_data is not None:
            if arrays.is_batches(validation_data):
                validation = batches.make(validation_data)
            else:
                given, *others = unpack_x_y_sample_weight(validation_data)
                validation = collect(arrays.rows_of_ragged_inputs(self, given), *others)
        return loops.fit(
            self,
            source,
            validation,
            batch_size=batch_size or 32,
            validation_batch_size=arrays.positive("validation_batch_size", validation_batch_size) or batch_size or 32,
            first_epoch=integer("fit", "initial_epoch", initial_epoch, 0),
            epochs=integer("fit", "epochs", epochs, 0),
            verbose=verbosity(verbose),
            callbacks=callbacks,
            shuffle=bool(shuffle),
            steps=arrays.positive("steps_per_epoch", steps_per_epoch),
            validation_steps=arrays.positive("validation_steps", validation_steps),
            validation_freq=validation_epochs(validation_freq),
        )

    @own_lines_hidden
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on the data: a number, a list in the order of the metrics, or a dict."""
        self._needs_compile("evaluate")
        x = arrays.rows_of_ragged_inputs(self, x)
        if kwargs:
            raise ValueError(
                explain("evaluate: unknown arguments.", "those of evaluate", f"{sorted(kwargs)}", "check the spelling.")
            )
        if arrays.is_batches(x):
            refuse("an iterable of batches", y=y, sample_weight=sample_weight)
            source: Any = batches.make(x)
        else:
            source = collect(x, y, sample_weight)
        size = arrays.positive("batch_size", batch_size) or 32
        steps = arrays.positive("steps", steps)
        logs = loops.evaluate(self, source, size, steps, verbosity(verbose), callbacks)
        return logs if return_dict else self._in_order(logs)

    @own_lines_hidden
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for all samples, as NumPy arrays in the model's structure."""
        x = arrays.rows_of_ragged_inputs(self, x)
        source: Any = batches.make(x) if arrays.is_batches(x) else collect(x)
        size = arrays.positive("batch_size", batch_size) or 32
        return loops.predict(self, source, size, arrays.positive("steps", steps), verbosity(verbose), callbacks)

    def _batch(self, x: Any, *others: Any) -> Data:
        return arrays.prepare(arrays.rows_of_ragged_inputs(self, x), *others)

    @own_lines_hidden
    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One update from one batch; returns its loss and metrics."""
        self._needs_compile("train_on_batch")
        self.reset_metrics()
        logs = loops.run_one(self, "train_step", self._batch(x, y, sample_weight, class_weight))
        return logs if return_dict else self._in_order(logs)

    @own_lines_hidden
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and the metrics of one batch."""
        self._needs_compile("test_on_batch")
        self.reset_metrics()
        logs = loops.run_one(self, "evaluate_step", self._batch(x, y, sample_weight))
        return logs if return_dict else self._in_order(logs)

    @own_lines_hidden
    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as NumPy arrays."""
        fast = self._fast if layer_state.changes == 0 or self._is_fresh() else None
        if fast is not None and (outputs := fast.predict(x)) is not None:
            return outputs
        data = self._batch(x)
        if self.run_eagerly:
            return tree.map_structure(_to_numpy, self.predict_step(arrays.pack_x_y_sample_weight(data.x)))
        outputs = self._prediction(data)
        return tree.map_structure(_to_numpy, outputs)

    def _prediction(self, data: Data) -> Any:
        """The outputs of the compiled 'predict' for one batch; keeps a short cut for more of the same kind."""
        step = self._step("predict", data)
        if ShortCut.suits(data.x):
            self._set("_fast", ShortCut(step, data.x, layer_state.changes))
        return step.run(data.leaves)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the model; plain predictions on data go through the compiled program."""
        if len(args) == 1 and (not kwargs or (len(kwargs) == 1 and kwargs.get("training", True) in (False, None))):
            x = args[0]
            if type(x) is np.ndarray or (type(x) is Tensor and not x.is_symbolic):
                fast = self._fast if layer_state.changes == 0 or self._is_fresh() else None
                if fast is not None and self._quick and x.dtype == fast.dtype and x.shape[1:] == fast.sizes:
                    if _is_plain_place() and not hasattr(x, "_keras_mask"):
                        return fast.program.run("predict", [Tensor(x) if type(x) is np.ndarray else x])[0]
                elif self._may_be_quick(x):
                    return self._prediction(arrays.prepare(x))
            if not isinstance(x, Tensor):
                args = (arrays.padded_for_call(self, x),)
        return super().__call__(*args, **kwargs)  # type: ignore[misc]

    def _is_fresh(self) -> bool:
        """Whether the short cut was made after the last change of a layer."""
        return self._fast is not None and self._fast.changes == layer_state.changes

    _quick: bool | None = None  # whether calls on data may run the compiled program; None: not known yet

    def _may_be_quick(self, x: Any) -> bool:
        """Whether this call may run the compiled program."""
        if not _is_plain_place() or not self.built:  # type: ignore[attr-defined]
            return False
        if self._quick is None:
            self._set("_quick", self._is_plain_graph())
        numbers = isinstance(x, Tensor) or x.dtype.kind in "fiub"
        return bool(self._quick) and x.ndim > 0 and x.shape[0] > 0 and numbers and not hasattr(x, "_keras_mask")

    def _is_plain_graph(self) -> bool:
        """A graph of the package's own layers with one input and one output, without losses and masks of its own."""
        layers = self._flatten_layers()  # type: ignore[attr-defined]
        outputs = getattr(self, "outputs", [])
        return (
            all(type(layer).__module__.startswith("lamina.") and type(layer).__name__ != "Lambda" for layer in layers)
            and len(outputs) == 1
            and len(self.inputs) == 1  # type: ignore[attr-defined]
            and not self.inputs[0].ragged  # type: ignore[attr-defined]
            and not any(layer.activity_regularizer is not None for layer in layers)
            and getattr(outputs[0], "_keras_mask", None) is None
        )

    def _in_order(self, logs: dict[str, float]) -> Any:
        """Logs as a list in Keras' order: loss, metrics of a single output, losses of outputs, others by name."""
        names: list[str] = []
        for metric in self.metrics:
            names.extend(m.name for m in getattr(metric, "metrics", [metric]))
        ordered = [logs[name] for name in names if name in logs]
        ordered += [logs[name] for name in sorted(logs) if name not in names]
        return ordered[0] if len(ordered) == 1 else ordered


def _is_plain_place() -> bool:
    """Whether nobody looks at how outputs are computed: no trace, tape, outer call, or state of another's."""
    return call_depth() == 0 and not _core.Trace.active() and not tape_is_open() and stateless_scope() is None


def _to_numpy(value: Any) -> np.ndarray:
    return np.array(value.numpy())
