"""One attempt at training a run: from its config, or its last checkpoint, to its results."""

import logging
import math
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.config import RunConfig
from core.runs import files
from core.runs.checkpoints import read_checkpoint
from core.runs.records import SCHEMA_VERSION, Environment, Run, RunInfo
from core.runs.store import RunStore
from core.settings import read_settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from core.learning.data import Splits
    from core.learning.state import Progress
    from core.learning.training import Training

_log = logging.getLogger("worker")


class Notebook(Protocol):
    """What an attempt tells the worker that makes it."""

    def begin(self, *, seconds: float, step: int, steps: int, epoch: int) -> None:
        """Note where the training stands at its start, and how many steps it has in all."""

    def beat(self, step: int, epoch: int) -> None:
        """Note that the training has come so far."""


class Attempt:
    """Trains a run and writes its results into its folder."""

    def __init__(
        self, store: RunStore, run: Run, notebook: Notebook, stop: Callable[[], bool]
    ) -> None:
        """Prepare to train `run` until `stop` answers True."""
        self._store = store
        self._run = run
        self.folder: Path = store.folder(run.id)
        self._notebook = notebook
        self._stop = stop

    def train(self) -> bool:
        """Train and write all results; False if it was stopped before the end."""
        run = self._run
        # torch takes seconds to import: the dashboard shall see the claim before.
        import torch

        from core.learning import data, memory, models, training

        memory.keep_freed_memory()
        # Adam's averages for pixels that are hardly ever inked fade into numbers so small
        # (denormal) that the processor slows down over them; 0 serves as well.
        torch.set_flush_denormal(True)
        # Of several ways to the same sum CUDA shall always take the same.
        torch.backends.cudnn.deterministic = True
        settings = read_settings()
        device = models.choose_device(run.config.device)
        splits = data.split(data.load(run.config.dataset, settings.data), run.config)
        self._write_environment(torch.__version__, device.type, torch.get_num_threads())
        session = training.Training(_within_budget(run.info), splits, device)
        self._restore(session)
        progress = session.progress
        self._notebook.begin(
            seconds=progress.seconds,
            step=progress.step,
            steps=session.steps_per_epoch * run.config.epochs,
            epoch=progress.epoch,
        )
        if not self._record(session):
            return False
        return self._finish(session, splits)

    def _restore(self, session: "Training") -> None:
        """Stand where the last checkpoint was taken, if there is one."""
        from core.learning.state import Progress, TrainingState

        found = read_checkpoint(self.folder)
        if found is None:
            return
        import torch

        progress, arrays = found
        try:
            standing = Progress(**progress)
        except TypeError:
            _log.warning("The checkpoint is of another version: begins anew")
            return
        if not self._reaches(standing):
            _log.warning("The curves end before the checkpoint, as in a copy: begins anew")
            return
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        session.restore(TrainingState(standing, tensors))
        _log.info("Goes on after epoch %d", session.progress.epoch)

    def _reaches(self, standing: "Progress") -> bool:
        """Tell whether all histories go as far as the checkpoint, as they do where it was written.

        Whoever copies a folder that a worker writes to may get its curves first, and a checkpoint
        of later.
        """
        steps, epochs = self._store.steps(self._run.id), self._store.epochs(self._run.id)
        layers = self._store.layers(self._run.id)
        ends = [(steps, "step", standing.step), (epochs, "epoch", standing.epoch)]
        if len(layers):  # an older version wrote none
            ends.append((layers, "epoch", standing.epoch))
        return all(end == 0 or (rows[column] == end).any() for rows, column, end in ends)

    def _record(self, session: "Training") -> bool:
        from core.learning.training import Epoch
        from core.runs.recorder import Recorder

        with Recorder(self.folder, after_epoch=session.progress.epoch) as recorder:
            for event in session.run(self._stop):
                if not isinstance(event, Epoch):
                    recorder.write_steps(vars(step) for step in event)
                    self._notebook.beat(event[-1].step, event[-1].epoch)
                    continue
                row = {name: value for name, value in vars(event).items() if name != "layers"}
                recorder.write_epoch(row, map(vars, event.layers))
                self._notebook.beat(event.step, event.epoch)
                if session.config.keep_checkpoints:
                    recorder.keep_epoch(event.epoch, _weights(session))
                if recorder.checkpoint_due or session.finished:
                    state = session.state()
                    arrays = {name: value.numpy() for name, value in state.tensors.items()}
                    recorder.write_checkpoint(vars(state.progress), arrays)
        return not self._stop()

    def _finish(self, session: "Training", splits: "Splits") -> bool:
        from core.learning.evaluation import infer, score
        from core.learning.training import diverged
        from core.runs.recorder import pack_histories
        from core.runs.results import write_digits, write_predictions, write_weights

        logits = infer(session.model, session.to_input(splits.test), self._stop).cpu()
        if self._stop():
            return False
        result = score(logits, splits.test.labels, session.criterion)
        if not (logits.isfinite().all() and math.isfinite(result.loss)):
            raise diverged(self._run.config, session.progress.step, session.progress.epoch)
        wrong = logits.argmax(dim=1) != splits.test.labels
        write_predictions(self.folder, splits.test.labels.numpy(), logits.numpy())
        write_digits(self.folder, splits.test.pixels.numpy(), wrong.numpy())
        write_weights(self.folder, _weights(session))
        pack_histories(self.folder)
        if self._run.info.example:
            # Shipped with the project, where every megabyte counts, and never gone on with.
            (self.folder / files.CHECKPOINT).unlink(missing_ok=True)
        self._write_summary(result.loss, result.accuracy, session, splits)
        return True

    def _write_summary(
        self, test_loss: float, test_accuracy: float, session: "Training", splits: "Splits"
    ) -> None:
        epochs = self._store.epochs(self._run.id)
        validation = epochs["validation_accuracy"].dropna()
        best = float(validation.max()) if len(validation) else None
        early = session.config.patience is not None
        last = float(validation.iloc[-1]) if len(validation) else None
        summary = {
            "schema_version": SCHEMA_VERSION,
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


def _within_budget(info: RunInfo) -> RunConfig:
    """Return the config to train by: a visitor's run ends in time, with results, not by force.

    What the run's folder says of its settings stays as it is: numbers of a run that ends before
    are those of anybody's.
    """
    if info.seconds_allowed is None:
        return info.config
    limits = (info.seconds_allowed, info.config.max_seconds or info.seconds_allowed)
    # Not validated again: a schedule over all epochs refuses a limit that its owner chooses.
    return info.config.model_copy(update={"max_seconds": min(limits)})


def _weights(session: "Training") -> dict[str, "npt.NDArray[np.float32]"]:
    return {
        name: value.detach().cpu().contiguous().numpy()
        for name, value in session.model.state_dict().items()
        if value.is_floating_point()
    }
