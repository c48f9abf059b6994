"""Callbacks: code that runs while a model is trained, evaluated or predicts."""

from .callback import Callback, CallbackList, make_list
from .history import History
from .lambda_callback import LambdaCallback
from .monitor import EarlyStopping, MonitorCallback, TerminateOnNaN
from .progbar_logger import ProgbarLogger

__all__ = [
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "MonitorCallback",
    "ProgbarLogger",
    "TerminateOnNaN",
    "make_list",
]
