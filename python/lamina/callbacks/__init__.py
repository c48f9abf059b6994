"""Callbacks: code that runs while a model is trained, evaluated or predicts."""

import importlib

from .callback import Callback
from .callback_list import CallbackList, make_list
from .history import History

# The others by the module that holds them: most programs use few, so each is imported when it is asked for.
_MODULES = {
    "BackupAndRestore": "backup_and_restore",
    "CSVLogger": "csv_logger",
    "EarlyStopping": "early_stopping",
    "LambdaCallback": "lambda_callback",
    "LearningRateScheduler": "learning_rate",
    "ModelCheckpoint": "model_checkpoint",
    "MonitorCallback": "monitor",
    "OrbaxCheckpoint": "orbax_checkpoint",
    "ProgbarLogger": "progbar_logger",
    "ReduceLROnPlateau": "learning_rate",
    "RemoteMonitor": "remote_monitor",
    "SwapEMAWeights": "swap_ema_weights",
    "TensorBoard": "tensorboard",
    "TerminateOnNaN": "terminate_on_nan",
}

__all__ = ["Callback", "CallbackList", "History", "make_list", *_MODULES]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
