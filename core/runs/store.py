"""RunStore: every run folder under one root, created, listed, read and deleted."""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from core.config import Architecture, RunConfig, choice_word, value_word
from core.errors import ConfigError, RunError, RunNotFoundError, RunStateError, RunUnreadableError
from core.runs import files
from core.runs.history import EPOCH_COLUMNS, LAYER_COLUMNS, STEP_COLUMNS, read_history
from core.runs.processes import is_training
from core.runs.records import (
    SCHEMA_VERSION,
    Environment,
    Run,
    RunInfo,
    Status,
    Summary,
    UnreadableRun,
    new_status,
)
from core.runs.results import (
    Predictions,
    read_digits,
    read_predictions,
    read_weights,
    read_weights_file,
    weights_changed,
)

# A run's place in the list changes only with one of these.
_SEEN: Final = (files.CONFIG, files.STATUS, files.SUMMARY)
PALETTE_SIZE: Final = 24  # eight hues, each in three patterns
# In names, which have no room for what the form says of them.
MODEL_WORDS: Final[dict[Architecture, str]] = {
    "softmax": "softmax regression",
    "mlp": "MLP",
    "cnn": "CNN",
}
# Crockford's base 32: sorts like the number and has no letters that look alike.
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"

_numbering = threading.Lock()
_last_number = 0

_RecordT = TypeVar("_RecordT", Status, Summary, RunInfo, Environment)


class RunStore:
    """The run folders under `root`; safe to use from several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._listed: dict[str, tuple[tuple[tuple[int, int], ...], Run | UnreadableRun]] = {}

    def create(
        self,
        config: RunConfig,
        *,
        name: str = "",
        recipe: str | None = None,
        group: str | None = None,
        role: Literal["search", "final"] | None = None,
        colour: int | None = None,
        example: bool = False,
        continued_from: str | None = None,
        copies: Iterable[Path] = (),
    ) -> str:
        """Make a waiting run of `config` and return its id. Raises RunError if it cannot.

        Without a `colour`, its place in the palette, it gets the one that is used least. `copies`
        are files that it begins with.
        """
        run_id = new_run_id()
        info = RunInfo(
            config=config,
            name=" ".join(name.split())[:200] or default_name(config),
            recipe=recipe,
            group=group,
            role=role,
            colour=self._free_colour() if colour is None else colour % PALETTE_SIZE,
            created=time.time(),
            example=example,
            continued_from=continued_from,
        )
        # Under a hidden name first: nobody ever sees half a run.
        hidden = self.root / f".new-{run_id}"
        try:
            hidden.mkdir(parents=True)
            for path in copies:
                shutil.copyfile(path, hidden / path.name)
            files.write_json(hidden / files.CONFIG, info.model_dump(mode="json"))
            files.write_json(hidden / files.STATUS, new_status("queued").model_dump(mode="json"))
            hidden.rename(self.root / run_id)
        except OSError as error:
            shutil.rmtree(hidden, ignore_errors=True)
            raise RunError(
                f"No run can be created in {self.root} ({error.strerror}). "
                "Check that the folder may be written to and that the disk is not full."
            ) from error
        return run_id

    def folder(self, run_id: str) -> Path:
        """Return the folder of `run_id`. Raises RunNotFoundError, also for a hostile id."""
        # An id comes from links and the command line: it must be one plain name under the root.
        plain = run_id == Path(run_id).name and not run_id.startswith(".") and "\0" not in run_id
        path = self.root / run_id
        if not run_id or not plain or not _is_folder(path):
            if run_id and plain and _is_folder(self.root / files.BIN / run_id):
                raise RunNotFoundError(
                    f"Run {run_id[:60]!r} is in the bin: it can be taken back on the Runs page, "
                    "or with `python -m core restore`."
                )
            raise RunNotFoundError(
                f"There is no run {run_id[:60]!r}. It may have been deleted or never been here."
            )
        return path

    def read(self, run_id: str) -> Run:
        """Return the run as it stands now; a worker that died shows as crashed.

        Raises RunNotFoundError or RunUnreadableError.
        """
        folder = self.folder(run_id)
        try:
            info = _read(folder / files.CONFIG, RunInfo)
            status = _status_as_it_is(folder / files.STATUS)
            # Written last: whatever the status says, a run with a summary has finished.
            summary = _read_optional(folder / files.SUMMARY, Summary)
            if summary is not None:
                status = status.model_copy(update={"state": "finished"})
            return Run(
                id=run_id,
                info=info,
                status=status,
                summary=summary,
                environment=_read_optional(folder / files.ENVIRONMENT, Environment),
            )
        except RunUnreadableError as error:
            raise RunUnreadableError(
                f"Run {run_id} cannot be read: {error}. Restore the file from a copy, "
                "or delete the run."
            ) from error

    def list(self) -> list[Run | UnreadableRun]:
        """Return every run, newest first, unreadable ones included with the reason."""
        try:
            with os.scandir(self.root) as entries:
                names = sorted((e.name for e in entries if _may_be_run(e)), reverse=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(
                f"The runs in {self.root} cannot be listed ({error.strerror}). Check that it is "
                "a folder that may be read."
            ) from error
        runs = [run for name in names if (run := self._listing(name)) is not None]
        self._listed = {run.id: self._listed[run.id] for run in runs if run.id in self._listed}
        # Shipped examples were made long before: they stand below the visitor's own.
        return sorted(runs, key=lambda run: isinstance(run, Run) and run.info.example)

    def steps(self, run_id: str) -> pd.DataFrame:
        """Return one row a step: step, epoch, images, seconds, loss, learning_rate, gradient_norm.

        Empty before the first; the last two are NaN where an older version trained.
        """
        return read_history(self.folder(run_id), files.STEPS, STEP_COLUMNS)

    def epochs(self, run_id: str) -> pd.DataFrame:
        """Return one row an epoch; the watched images' columns are NaN where not recorded."""
        return read_history(self.folder(run_id), files.EPOCHS, EPOCH_COLUMNS)

    def layers(self, run_id: str) -> pd.DataFrame:
        """Return one row an epoch and layer with weights; empty where an older version trained."""
        return read_history(self.folder(run_id), files.LAYERS, LAYER_COLUMNS)

    def best_validation(self, run: Run) -> float | None:
        """Return the best share of the validation images read right so far, None if none were."""
        if run.summary is not None:
            return run.summary.best_validation_accuracy
        if run.config.watch != "validation" or run.status.state == "queued":
            return None
        seen = self.epochs(run.id)["validation_accuracy"].dropna()
        return float(seen.max()) if len(seen) else None

    def predictions(self, run_id: str) -> Predictions:
        """Return the answers on the test images. Raises RunStateError before they are there."""
        return read_predictions(self.folder(run_id))

    def digits(self, run_id: str) -> dict[int, npt.NDArray[np.uint8]]:
        """Return the test images kept with the run, `(28, 28)` each by position in the test set.

        These are the misread ones and the first hundred, so that a run shows them wherever it is
        opened.
        """
        return read_digits(self.folder(run_id))

    def weights(self, run_id: str) -> dict[str, npt.NDArray[np.float32]]:
        """Return the trained weights by name. Raises RunStateError before they are there."""
        return read_weights(self.folder(run_id))

    def weights_file(self, run_id: str) -> bytes:
        """Return the file of trained weights as it lies there (safetensors)."""
        return read_weights_file(self.folder(run_id))

    def weights_version(self, run_id: str) -> int:
        """Return a number that changes when the run's weights do, to key a cache by."""
        return weights_changed(self.folder(run_id))

    def write_status(self, run_id: str, status: Status) -> None:
        """Replace the status in one piece."""
        files.write_json(self.folder(run_id) / files.STATUS, status.model_dump(mode="json"))

    def delete(self, run_id: str) -> None:
        """Remove a run and all its files for good. Raises RunStateError while it trains or waits.

        `core.runs.bin` moves it where it can be taken back.
        """
        folder = self.folder(run_id)
        try:
            active = self.read(run_id).active
        except RunUnreadableError:
            active = False
        if active:
            raise RunStateError("A run that waits or trains cannot be deleted: cancel it first.")
        # Out of sight in one move; what follows may be interrupted.
        hidden = self.root / f".deleted-{run_id}-{secrets.token_hex(4)}"
        try:
            folder.rename(hidden)
        except OSError as error:
            raise RunError(f"Run {run_id} cannot be deleted ({error.strerror}).") from error
        shutil.rmtree(hidden, ignore_errors=True)

    def _listing(self, name: str) -> Run | UnreadableRun | None:
        # Plain strings: of thousands of runs this is asked every second.
        folder = f"{self.root}{os.sep}{name}{os.sep}"
        seen = tuple(map(_changed, (folder + name for name in _SEEN)))
        cached = self._listed.get(name)
        # A run that trains is read each time: its process may be gone though no file changed.
        trains = cached and isinstance(cached[1], Run) and cached[1].status.state == "running"
        if cached and cached[0] == seen and not trains:
            return cached[1]
        run: Run | UnreadableRun
        try:
            run = self.read(name)
        except RunNotFoundError:
            return None  # deleted a moment ago, or a folder with a name that no run has
        except RunUnreadableError as error:
            run = UnreadableRun(id=name, reason=str(error))
        self._listed[name] = (seen, run)
        return run

    def _free_colour(self) -> int:
        used = [run.info.colour for run in self.list() if isinstance(run, Run)]
        # The least used, then the one used longest ago, so that neighbours differ.
        recent = {colour: place for place, colour in enumerate(reversed(used))}
        return min(range(PALETTE_SIZE), key=lambda c: (used.count(c), recent.get(c, -1), c))


def new_run_id() -> str:
    """Return 11 URL-safe characters that sort by creation: milliseconds, then chance.

    Within a process each id sorts after the one before, also within a millisecond.
    """
    global _last_number
    with _numbering:
        number = time.time_ns() // 1_000_000 << 10 | secrets.randbits(10)
        number = _last_number = max(number, _last_number + 1)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(10, -1, -1))


def default_name(config: RunConfig) -> str:
    """Return a name in plain words: optimizer, model and learning rate."""
    rate = value_word("learning_rate", config.learning_rate)
    return f"{choice_word('optimizer', config.optimizer)} {rate}, {MODEL_WORDS[config.model]}"


def _may_be_run(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than a file system allows
        return False


def _status_as_it_is(path: Path) -> Status:
    status = _read(path, Status)
    if status.state != "running" or is_training(status):
        return status
    # Read again: its last word may have come between the first reading and its end.
    status = _read(path, Status)
    if status.state != "running" or is_training(status):
        return status
    return status.model_copy(
        update={
            "state": "crashed",
            "reason": "Its process ended without a word; the curves up to then are kept.",
        }
    )


def _read(path: Path, record: type[_RecordT]) -> _RecordT:
    values = files.read_json(path)
    if values.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        raise RunUnreadableError(
            f"{path.name} was written by another version of Digit Lab "
            f"(format {values['schema_version']!r}, this one reads {SCHEMA_VERSION})"
        )
    try:
        return record.model_validate(values)
    except ConfigError as error:
        raise RunUnreadableError(f"{path.name}: {str(error).rstrip('.')}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise RunUnreadableError(f"{path.name}: {field}: {problem['msg']}") from error


def _read_optional(path: Path, record: type[_RecordT]) -> _RecordT | None:
    return _read(path, record) if path.exists() else None


def _changed(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116  # a Path takes longer to make than this
    except OSError:
        return 0, 0
    # A file may be replaced twice within one tick of the file system's clock.
    return found.st_mtime_ns, found.st_ino
