"""TensorBoard event files, so that `tensorboard --logdir runs` shows every run."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

# Article 0's names; its "test" is whatever images the run watches.
_NAMES: Final = {
    "train_loss": "Loss/train_loss",
    "train_accuracy": "Ac/train_accuracy",
    "validation_loss": "Loss/test_loss",
    "validation_accuracy": "Ac/test_accuracy",
    "test_loss": "Loss/test_loss",
    "test_accuracy": "Ac/test_accuracy",
}


class ScalarWriter:
    """Writes the figures of each epoch into an event file in the run's folder."""

    def __init__(self, folder: Path, *, after_epoch: int = 0) -> None:
        earlier = any(folder.glob("events.out.tfevents.*"))
        self._writer = EventFileWriter(str(folder))
        if earlier:
            # Tells TensorBoard to forget what a crashed attempt wrote from here on.
            start = SessionLog(status=SessionLog.START)
            event = Event(wall_time=time.time(), step=after_epoch + 1, session_log=start)
            self._writer.add_event(event)

    def write_epoch(self, epoch: Mapping[str, Any]) -> None:
        """Write the figures of `epoch`, a row as in the epochs history."""
        values = [
            Summary.Value(tag=tag, simple_value=epoch[column])
            for column, tag in _NAMES.items()
            if epoch[column] is not None
        ]
        event = Event(wall_time=time.time(), step=epoch["epoch"], summary=Summary(value=values))
        self._writer.add_event(event)
        self._writer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._writer.close()
