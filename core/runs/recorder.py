"""Writes down what happens in a training, so that it can be watched, and gone on with."""

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from core.runs import files
from core.runs.checkpoints import keep_epoch, write_checkpoint
from core.runs.history import (
    EPOCH_COLUMNS,
    LAYER_COLUMNS,
    STEP_COLUMNS,
    HistoryWriter,
    pack_history,
    reopen_history,
)
from core.runs.scalars import ScalarWriter

# Between two checkpoints lie at least so many times the seconds that the last one took: they
# cost at most a hundredth of the training, on a slow disk too.
_CHECKPOINT_SPACING: Final = 100.0
_HISTORIES: Final = (
    (files.STEPS, STEP_COLUMNS),
    (files.EPOCHS, EPOCH_COLUMNS),
    (files.LAYERS, LAYER_COLUMNS),
)


class Recorder:
    """The histories, scalars and checkpoints of one run while it trains."""

    def __init__(self, folder: Path, *, after_epoch: int) -> None:
        """Take up the files in `folder` as they were `after_epoch`, 0 for from the beginning.

        What was written later is cut off: it will be written again, the same.
        """
        self._folder = folder
        self._after_epoch = after_epoch
        self._stack = ExitStack()
        self._checkpoint_at = time.monotonic()

    def __enter__(self) -> Self:
        for name, columns in _HISTORIES:
            reopen_history(self._folder, name, columns, self._after_epoch)
        self._writers = {
            name: self._stack.enter_context(HistoryWriter(self._folder / f"{name}.jsonl"))
            for name, _ in _HISTORIES
        }
        scalars = ScalarWriter(self._folder, after_epoch=self._after_epoch)
        self._scalars = self._stack.enter_context(scalars)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def write_steps(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Append one row a step."""
        self._writers[files.STEPS].append(steps)

    def write_epoch(self, epoch: Mapping[str, Any], layers: Iterable[Mapping[str, Any]]) -> None:
        """Append the row of an epoch and those of its layers."""
        self._writers[files.LAYERS].append({"epoch": epoch["epoch"], **row} for row in layers)
        self._writers[files.EPOCHS].append([epoch])
        self._scalars.write_epoch(epoch)

    def keep_epoch(self, epoch: int, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Store the weights after `epoch` for good."""
        keep_epoch(self._folder, epoch, weights)

    @property
    def checkpoint_due(self) -> bool:
        """Whether the last checkpoint was long enough ago."""
        return time.monotonic() >= self._checkpoint_at

    def write_checkpoint(
        self, progress: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """Store everything that is needed to go on from here; the histories are safe before."""
        begun = time.monotonic()
        for writer in self._writers.values():
            writer.sync()
        write_checkpoint(self._folder, progress, arrays)
        now = time.monotonic()
        self._checkpoint_at = now + _CHECKPOINT_SPACING * (now - begun)


def pack_histories(folder: Path) -> None:
    """Turn the live lines of all histories in `folder` into Parquet."""
    for name, columns in _HISTORIES:
        pack_history(folder, name, columns)
