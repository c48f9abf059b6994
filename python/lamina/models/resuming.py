"""How `fit` goes on from the state that a callback found: BackupAndRestore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..checks import explain
from ..data.batches import Batches
from ..scopes import StatelessScope
from .arrays import Data, pack_x_y_sample_weight

if TYPE_CHECKING:
    from ..callbacks import CallbackList
    from ..saving.training_state import TrainingState


def begin_again(model: Any, source: Any, hooks: CallbackList) -> TrainingState | None:
    """The state that a callback found, put in place."""
    resume = model._resume
    model._set("_resume", None)
    if resume is None:
        return None
    if not isinstance(source, Batches):
        restore(model, resume, sample(source))
    elif not model.built:
        raise ValueError(
            explain(
                f"The model {model.name!r} cannot go on from a backup: it has no weights yet.",
                "a model that is built, or arrays to fit it to",
                "an iterable of batches and a model without input shapes",
                "give the model an Input, or call it once on a batch before fit.",
            )
        )
    else:
        model.optimizer.build(model.trainable_variables)
        resume.restore(model)
    resume.restore_callbacks(hooks.callbacks)
    model.stop_training = resume.stop
    return resume


def sample(source: Any) -> Data:
    """Data to trace a step with."""
    return source if isinstance(source, Data) else source.rows(0, 1)


def restore(model: Any, state: TrainingState, data: Data) -> None:
    """All variables as they were, also those that exist only once a step was traced: metrics and the like."""
    if model.run_eagerly:
        model._make_ready(data, True)
        with StatelessScope():
            model.test_step(pack_x_y_sample_weight(*data))
    else:
        model._step("train_step", data)
    state.restore(model)
