"""The worker: `python -m core.runs.worker RUN_DIR` trains the one run that lies there."""

import contextlib
import errno
import logging
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Final

from filelock import FileLock, Timeout

from core.errors import DigitLabError, DivergedError
from core.runs import files
from core.runs.attempt import Attempt
from core.runs.priority import stand_back
from core.runs.processes import own_process
from core.runs.records import Run, new_status
from core.runs.store import RunStore
from core.settings import read_niceness

_HEARTBEAT_SECONDS: Final = 0.5
_LOCK_SECONDS: Final = 2.0
_RESERVE_BYTES: Final = 64 * 1024
_NO_MEMORY: Final = "The memory is used up: choose a smaller model or batch."
_STOPPED: Final = "Stopped from outside before its end; resume it to go on."
_log = logging.getLogger("worker")


class Worker:
    """Trains one run and writes down what happens as it happens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._store = RunStore(self.folder.parent)
        self._stopping = False
        self._orphaned = False
        self._status = new_status("running", process=own_process(self.folder))
        self._beat_at = -float("inf")

    def work(self) -> int:
        """Train the run to an end of some kind and return the exit code."""
        run = self._claim()
        if run is None:
            return 0
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            finished = self._train(run)
        except DivergedError as error:
            return self._end("diverged", str(error))
        except DigitLabError as error:
            return self._end("failed", str(error))
        except MemoryError:
            return self._end("failed", _NO_MEMORY)
        except OSError as error:
            return self._end("failed", _file_problem(error))
        except Exception as error:  # noqa: BLE001 - the last place to write a reason down
            traceback.print_exc()
            if _is_out_of_memory(error):
                return self._end("failed", _NO_MEMORY)
            return self._end("failed", f"An unexpected error ended it: {error}")
        if self._orphaned:
            _log.warning("Another attempt trains this run: this one ends without a word")
            return 0
        if not finished:
            asked = (self.folder / files.CANCEL).exists()
            return self._end("cancelled", "Cancelled." if asked else _STOPPED)
        self._free_reserve()
        self._write_status(state="finished", process=None)
        return 0

    def _claim(self) -> Run | None:
        """Say that this process trains the run; None if it no longer waits."""
        run = self._store.read(self.folder.name)
        if run.status.state != "queued":
            _log.warning("Nothing to do: the run is %s", run.status.state)
            return None
        self._write_status(state="running", attempt=run.status.attempt)
        # Asked after the claim: a cancel before it is found here, one after it by the queue.
        self._stopping = (self.folder / files.CANCEL).exists()
        return run

    def _train(self, run: Run) -> bool:
        _remove_leftovers(self.folder)
        # Freed to say what happened, should the disk be full then.
        (self.folder / files.RESERVE).write_bytes(bytes(_RESERVE_BYTES))
        return Attempt(self._store, run, self, self._asked_to_stop).train()

    def begin(self, *, seconds: float, step: int, steps: int, epoch: int) -> None:
        """Note where the training stands at its start, and how many steps it has in all."""
        self._write_status(started=time.time() - seconds, steps=steps, step=step, epoch=epoch)

    def _asked_to_stop(self) -> bool:
        return self._stopping

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def beat(self, step: int, epoch: int) -> None:
        """Note in the status, twice a second, how far the training is."""
        # By a clock that nobody sets.
        if time.monotonic() - self._beat_at < _HEARTBEAT_SECONDS:
            self._status = self._status.model_copy(update={"step": step, "epoch": epoch})
            return
        stored = files.read_json(self.folder / files.STATUS)
        if stored.get("attempt", 1) != self._status.attempt:
            # Taken for dead, on another machine perhaps, and started again: that one counts.
            self._orphaned = self._stopping = True
            return
        self._write_status(step=step, epoch=epoch)
        # A signal is quicker, but somebody must send it: the queue may have no keeper.
        self._stopping = self._stopping or (self.folder / files.CANCEL).exists()

    def _write_status(self, **changes: object) -> None:
        self._status = self._status.model_copy(update={**changes, "heartbeat": time.time()})
        self._beat_at = time.monotonic()
        files.write_json(self.folder / files.STATUS, self._status.model_dump(mode="json"))

    def _free_reserve(self) -> None:
        (self.folder / files.RESERVE).unlink(missing_ok=True)

    def _end(self, state: str, reason: str) -> int:
        _log.info("%s: %s", state, reason)
        self._free_reserve()
        if state != "cancelled":
            with contextlib.suppress(OSError):  # the status says it too
                (self.folder / files.ERROR).write_text(reason + "\n", encoding="utf-8")
        self._write_status(state=state, reason=reason, process=None)
        return 0 if state == "cancelled" else 1


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed attempt left half written; only while holding the worker's lock."""
    for place in (folder, folder / files.CHECKPOINTS):
        for path in place.glob(".*.tmp"):
            # The queue and a cancel may be writing the status at this moment.
            if not path.name.startswith(f".{files.STATUS}"):
                path.unlink(missing_ok=True)


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether torch could get no memory; on the CPU it says so only in words."""
    kind = type(error).__name__
    said = str(error).lower()
    return kind == "OutOfMemoryError" or "can't allocate memory" in said or "out of memory" in said


def _file_problem(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return (
            "The disk is full, so the run stopped; what it wrote until then is kept. "
            "Make room and resume it."
        )
    return f"A file could not be written or read: {error.strerror or error}."


def main(arguments: list[str]) -> int:
    """Train the run in the folder named by the only argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m core.runs.worker RUN_DIR\n")
        return 2
    folder = Path(arguments[0])
    stand_back(read_niceness())  # pages must stay quick while all cores train
    # Held until the process ends, however it ends: two workers can never train one run.
    lock = FileLock(folder / files.WORKER_LOCK)
    try:
        # An attempt before this one may have written its last word and not yet be gone.
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        _log.warning("Another worker trains this run")
        return 0
    return Worker(folder).work()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
