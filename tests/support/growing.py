"""Runs that count as training and whose curves grow as far as a test wants, without a worker."""

import math
from typing import Any

import numpy as np

from core.config import RunConfig
from core.runs import files
from core.runs.history import HistoryWriter
from core.runs.processes import own_process
from core.runs.records import new_status
from core.runs.store import RunStore

BATCH = 64


class GrowingRun:
    """A run of `epochs` times `steps_an_epoch` steps whose process is the calling one."""

    def __init__(
        self,
        store: RunStore,
        name: str = "growing",
        *,
        epochs: int = 50,
        steps_an_epoch: int = 100,
        seed: int = 0,
        learning_rate: float = 0.01,
    ) -> None:
        config = RunConfig(epochs=epochs, seed=seed, learning_rate=learning_rate, dataset="digits")
        self.id = store.create(config, name=name)
        self.step = 0
        self.steps = epochs * steps_an_epoch
        self._store = store
        self._each = steps_an_epoch
        self._chance = np.random.default_rng(seed)
        self._say("running")

    def grow(self, steps: int) -> None:
        """Append so many steps, and the epochs that they complete."""
        last = min(self.step + steps, self.steps)
        folder = self._store.folder(self.id)
        epochs = []
        with HistoryWriter(folder / f"{files.STEPS}.jsonl") as writer:
            writer.append(self._row(step) for step in range(self.step + 1, last + 1))
        for epoch in range(self.step // self._each + 1, last // self._each + 1):
            epochs.append(self._epoch_row(epoch))
        with HistoryWriter(folder / f"{files.EPOCHS}.jsonl") as writer:
            writer.append(epochs)
        self.step = last
        self._say("running")

    def end(self) -> None:
        """Let the run count as cancelled."""
        self._say("cancelled")

    def _say(self, state: Any) -> None:
        status = new_status(
            state,
            process=own_process(),
            started=self._store.read(self.id).info.created,
            step=self.step,
            steps=self.steps,
            epoch=self.step // self._each,
        )
        self._store.write_status(self.id, status)

    def _loss(self, step: int) -> float:
        return 0.1 + 2.2 * math.exp(-6 * step / self.steps)

    def _row(self, step: int) -> dict[str, Any]:
        return {
            "step": step,
            "epoch": (step - 1) // self._each + 1,
            "images": BATCH * step,
            "seconds": 0.02 * step,
            "loss": self._loss(step) * float(self._chance.lognormal(0, 0.2)),
            "learning_rate": 0.01,
            "gradient_norm": float(self._chance.lognormal()),
        }

    def _epoch_row(self, epoch: int) -> dict[str, Any]:
        step = epoch * self._each
        loss = self._loss(step)
        return {
            "epoch": epoch,
            "step": step,
            "images": BATCH * step,
            "seconds": 0.02 * step,
            "train_loss": loss,
            "train_accuracy": 1 - loss / 3,
            "validation_loss": 1.1 * loss,
            "validation_accuracy": 1 - loss / 2.9,
            "test_loss": None,
            "test_accuracy": None,
            "images_per_second": 3200.0,
            "weight_norm": 10.0 + epoch / 10,
        }
