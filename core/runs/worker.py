"""The worker: `python -m core.runs.worker RUN_DIR` trains the one run that lies there."""

import contextlib
import errno
import logging
import math
import os
import platform
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from core.errors import DigitLabError, DivergedError
from core.runs import files
from core.runs.checkpoints import read_checkpoint
from core.runs.processes import own_process
from core.runs.records import Environment, Run, new_status
from core.runs.store import RunStore
from core.settings import read_settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from core.learning.data import Splits
    from core.learning.training import Training

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
        self._status = new_status("running", process=own_process())

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
        """Train and write all results; False if it was stopped before the end."""
        # Freed to say what happened, should the disk be full then.
        (self.folder / files.RESERVE).write_bytes(bytes(_RESERVE_BYTES))
        # torch takes seconds to import: the dashboard shall see the claim before.
        import torch

        from core.learning import data, memory, models, training

        memory.keep_freed_memory()
        # Adam's averages for pixels that are hardly ever inked fade into numbers so small
        # (denormal) that the processor slows down over them; 0 serves as well.
        torch.set_flush_denormal(True)
        settings = read_settings()
        device = models.choose_device(run.config.device)
        splits = data.split(data.load(run.config.dataset, settings.data), run.config)
        self._write_environment(torch.__version__, device.type, torch.get_num_threads())
        session = training.Training(run.config, splits, device)
        self._restore(session)
        total = session.steps_per_epoch * run.config.epochs
        progress = session.progress
        self._write_status(
            started=time.time() - progress.seconds,
            steps=total,
            step=progress.step,
            epoch=progress.epoch,
        )
        if not self._record(session):
            return False
        return self._finish(run, session, splits)

    def _restore(self, session: "Training") -> None:
        """Stand where the last checkpoint was taken, if there is one."""
        from core.learning.state import Progress, TrainingState

        found = read_checkpoint(self.folder)
        if found is None:
            return
        import torch

        progress, arrays = found
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        session.restore(TrainingState(Progress(**progress), tensors))
        _log.info("Goes on after epoch %d", session.progress.epoch)

    def _record(self, session: "Training") -> bool:
        from core.learning.training import Epoch
        from core.runs.recorder import Recorder

        with Recorder(self.folder, after_epoch=session.progress.epoch) as recorder:
            for event in session.run(self._asked_to_stop):
                if not isinstance(event, Epoch):
                    recorder.write_steps(vars(step) for step in event)
                    self._beat(event[-1].step, event[-1].epoch)
                    continue
                row = {name: value for name, value in vars(event).items() if name != "layers"}
                recorder.write_epoch(row, map(vars, event.layers))
                self._beat(event.step, event.epoch)
                if session.config.keep_checkpoints:
                    recorder.keep_epoch(event.epoch, _weights(session))
                if recorder.checkpoint_due or session.finished:
                    state = session.state()
                    arrays = {name: value.numpy() for name, value in state.tensors.items()}
                    recorder.write_checkpoint(vars(state.progress), arrays)
        return not self._stopping

    def _finish(self, run: Run, session: "Training", splits: "Splits") -> bool:
        from core.learning.evaluation import infer, score
        from core.learning.training import diverged
        from core.runs.recorder import pack_histories
        from core.runs.results import write_digits, write_predictions, write_weights

        logits = infer(session.model, session.to_input(splits.test), self._asked_to_stop).cpu()
        if self._stopping:
            return False
        result = score(logits, splits.test.labels, session.criterion)
        if not (logits.isfinite().all() and math.isfinite(result.loss)):
            raise diverged(run.config, session.progress.step, session.progress.epoch)
        wrong = logits.argmax(dim=1) != splits.test.labels
        write_predictions(self.folder, splits.test.labels.numpy(), logits.numpy())
        write_digits(self.folder, splits.test.pixels.numpy(), wrong.numpy())
        write_weights(self.folder, _weights(session))
        pack_histories(self.folder)
        if run.info.example:
            # Shipped with the project, where every megabyte counts, and never gone on with.
            (self.folder / files.CHECKPOINT).unlink(missing_ok=True)
        self._write_summary(result.loss, result.accuracy, session, splits)
        return True

    def _write_summary(
        self, test_loss: float, test_accuracy: float, session: "Training", splits: "Splits"
    ) -> None:
        epochs = self._store.epochs(self.folder.name)
        validation = epochs["validation_accuracy"].dropna()
        best = float(validation.max()) if len(validation) else None
        early = session.config.patience is not None
        last = float(validation.iloc[-1]) if len(validation) else None
        summary = {
            "epochs": int(epochs["epoch"].iloc[-1]),
            "steps": int(epochs["step"].iloc[-1]),
            "seconds": float(epochs["seconds"].iloc[-1]),
            "train_images": len(splits.train),
            "validation_images": len(splits.validation),
            "test_images": len(splits.test),
            "test_loss": test_loss,
            "test_accuracy": test_accuracy,
            "best_validation_accuracy": best,
            # That of the weights that are kept.
            "final_validation_accuracy": best if early else last,
            "best_epoch": session.progress.best_epoch if early else None,
            "ended_by": session.ended_by,
        }
        files.write_json(self.folder / files.SUMMARY, summary)

    def _write_environment(self, torch_version: str, device: str, threads: int) -> None:
        environment = Environment(
            python=platform.python_version(),
            torch=torch_version,
            device=device,
            threads=threads,
            platform=f"{platform.system()} {platform.machine()}",
        )
        files.write_json(self.folder / files.ENVIRONMENT, environment.model_dump(mode="json"))

    def _asked_to_stop(self) -> bool:
        return self._stopping

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _beat(self, step: int, epoch: int) -> None:
        if time.time() - self._status.heartbeat < _HEARTBEAT_SECONDS:
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


def _weights(session: "Training") -> dict[str, "npt.NDArray[np.float32]"]:
    return {
        name: value.detach().cpu().contiguous().numpy()
        for name, value in session.model.state_dict().items()
        if value.is_floating_point()
    }


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether torch could get no memory; on the CPU it says so only in words."""
    kind = type(error).__name__
    return kind == "OutOfMemoryError" or "can't allocate memory" in str(error)


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
    if hasattr(os, "nice"):
        os.nice(5)  # pages must stay quick while all cores train
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
