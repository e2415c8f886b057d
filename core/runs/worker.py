"""The worker: `python -m core.runs.worker RUN_DIR` trains the one run that lies there."""

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
from core.runs.processes import own_process
from core.runs.records import Environment, Run, new_status
from core.runs.store import RunStore
from core.settings import read_settings

if TYPE_CHECKING:
    from core.learning.data import Splits
    from core.learning.training import Training

_HEARTBEAT_SECONDS: Final = 0.5
_log = logging.getLogger("worker")


class Worker:
    """Trains one run and writes down what happens as it happens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._store = RunStore(self.folder.parent)
        self._stopping = False
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
            return self._end("failed", "The memory is used up: choose a smaller model or batch.")
        except OSError as error:
            reason = error.strerror or error
            return self._end("failed", f"A file could not be written or read: {reason}.")
        except Exception as error:  # noqa: BLE001 - the last place to write a reason down
            traceback.print_exc()
            return self._end("failed", f"An unexpected error ended it: {error}")
        if not finished:
            return self._end("cancelled", "Cancelled.")
        self._write_status(state="finished", process=None)
        return 0

    def _claim(self) -> Run | None:
        """Say that this process trains the run; None if it no longer waits."""
        run = self._store.read(self.folder.name)
        if run.status.state != "queued":
            _log.warning("Nothing to do: the run is %s", run.status.state)
            return None
        self._write_status(state="running")
        # Asked after the claim: a cancel before it is found here, one after it by the queue.
        self._stopping = (self.folder / files.CANCEL).exists()
        return run

    def _train(self, run: Run) -> bool:
        """Train and write all results; False if it was stopped before the end."""
        # torch takes seconds to import: the dashboard shall see the claim before.
        import torch

        from core.learning import data, models, training

        # Adam's averages for pixels that are hardly ever inked fade into numbers so small
        # (denormal) that the processor slows down over them; 0 serves as well.
        torch.set_flush_denormal(True)
        settings = read_settings()
        device = models.choose_device(run.config.device)
        splits = data.split(data.load(run.config.dataset, settings.data), run.config)
        self._write_environment(torch.__version__, device.type, torch.get_num_threads())
        session = training.Training(run.config, splits, device)
        total = session.steps_per_epoch * run.config.epochs
        self._write_status(started=time.time(), steps=total)
        if not self._record(session):
            return False
        return self._finish(run, session, splits)

    def _record(self, session: "Training") -> bool:
        from core.learning.training import Epoch
        from core.runs.history import HistoryWriter
        from core.runs.scalars import ScalarWriter

        with (
            HistoryWriter(self.folder / f"{files.STEPS}.jsonl") as steps,
            HistoryWriter(self.folder / f"{files.EPOCHS}.jsonl") as epochs,
            ScalarWriter(self.folder) as scalars,
        ):
            for event in session.run(self._asked_to_stop):
                if isinstance(event, Epoch):
                    epochs.append([vars(event)])
                    scalars.write_epoch(vars(event))
                    self._beat(event.step, event.epoch)
                else:
                    steps.append(vars(step) for step in event)
                    self._beat(event[-1].step, event[-1].epoch)
        return not self._stopping

    def _finish(self, run: Run, session: "Training", splits: "Splits") -> bool:
        from core.learning.evaluation import infer, score
        from core.learning.training import diverged
        from core.runs.history import EPOCH_COLUMNS, STEP_COLUMNS, pack_history
        from core.runs.results import write_digits, write_predictions, write_weights

        logits = infer(session.model, session.to_input(splits.test), self._asked_to_stop).cpu()
        if self._stopping:
            return False
        result = score(logits, splits.test.labels, run.config.loss)
        if not (logits.isfinite().all() and math.isfinite(result.loss)):
            epochs = run.config.epochs
            raise diverged(run.config, epochs * session.steps_per_epoch, epochs)
        wrong = logits.argmax(dim=1) != splits.test.labels
        weights = {
            name: value.detach().cpu().contiguous().numpy()
            for name, value in session.model.state_dict().items()
        }
        write_predictions(self.folder, splits.test.labels.numpy(), logits.numpy())
        write_digits(self.folder, splits.test.pixels.numpy(), wrong.numpy())
        write_weights(self.folder, weights)
        pack_history(self.folder, files.STEPS, STEP_COLUMNS)
        pack_history(self.folder, files.EPOCHS, EPOCH_COLUMNS)
        self._write_summary(result.loss, result.accuracy, splits)
        return True

    def _write_summary(self, test_loss: float, test_accuracy: float, splits: "Splits") -> None:
        epochs = self._store.epochs(self.folder.name)
        validation = epochs["validation_accuracy"].dropna()
        summary = {
            "epochs": int(epochs["epoch"].iloc[-1]),
            "steps": int(epochs["step"].iloc[-1]),
            "seconds": float(epochs["seconds"].iloc[-1]),
            "train_images": len(splits.train),
            "validation_images": len(splits.validation),
            "test_images": len(splits.test),
            "test_loss": test_loss,
            "test_accuracy": test_accuracy,
            "best_validation_accuracy": float(validation.max()) if len(validation) else None,
            "final_validation_accuracy": float(validation.iloc[-1]) if len(validation) else None,
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
        if time.time() - self._status.heartbeat >= _HEARTBEAT_SECONDS:
            self._write_status(step=step, epoch=epoch)
            # A signal is quicker, but somebody must send it: the queue may have no keeper.
            self._stopping = self._stopping or (self.folder / files.CANCEL).exists()
        else:
            self._status = self._status.model_copy(update={"step": step, "epoch": epoch})

    def _write_status(self, **changes: object) -> None:
        self._status = self._status.model_copy(update={**changes, "heartbeat": time.time()})
        files.write_json(self.folder / files.STATUS, self._status.model_dump(mode="json"))

    def _end(self, state: str, reason: str) -> int:
        _log.info("%s: %s", state, reason)
        if state != "cancelled":
            (self.folder / files.ERROR).write_text(reason + "\n", encoding="utf-8")
        self._write_status(state=state, reason=reason, process=None)
        return 0 if state == "cancelled" else 1


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
        lock.acquire(blocking=False)
    except Timeout:
        _log.warning("Another worker trains this run")
        return 0
    return Worker(folder).work()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
