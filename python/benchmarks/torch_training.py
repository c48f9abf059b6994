"""Training steps and predictions in eager PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Training:
    """A model, its data in batches, Adam, and a loss."""

    def __init__(self, model: Any, x: Any, y: Any, loss: Callable[..., Any], batch: int) -> None:
        self.model, self.loss = model, loss
        self.batches = list(zip(x.split(batch), y.split(batch)))
        self.optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def step(self, x: Any, y: Any) -> None:
        """One step on a batch."""
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(x), y).backward()
        self.optimizer.step()

    def epoch(self) -> None:
        """A step on each batch."""
        self.model.train()
        for x, y in self.batches:
            self.step(x, y)

    def predict(self) -> None:
        """A prediction of each batch."""
        self.model.eval()
        with torch.inference_mode():
            for x, _ in self.batches:
                self.model(x)
