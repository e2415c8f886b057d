"""RunStore: every run folder under one root, created, listed, read and deleted."""

import contextlib
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.access import Action, actor, needs
from core.config import Architecture, RunConfig, choice_word, value_word
from core.errors import RunError, RunNotFoundError, RunStateError, RunUnreadableError
from core.runs import files
from core.runs.budget import reckon
from core.runs.changes import changing
from core.runs.disk import Disk
from core.runs.history import EPOCH_COLUMNS, LAYER_COLUMNS, STEP_COLUMNS
from core.runs.ids import new_run_id
from core.runs.index import RunIndex
from core.runs.listing import Listing
from core.runs.live_history import read_kept_history
from core.runs.reading import read_run
from core.runs.records import Run, RunInfo, Status, UnreadableRun, new_status
from core.runs.results import (
    Predictions,
    read_digits,
    read_predictions,
    read_weights,
    read_weights_file,
    weights_changed,
)
from core.runs.visitor_rules import read_rules

# So long a page's script, which asks several times, may rely on one look at the ended runs.
_GLANCE_SECONDS: Final = 0.3
PALETTE_SIZE: Final = 24  # eight hues, each in three patterns
# In names, which have no room for what the form says of them.
MODEL_WORDS: Final[dict[Architecture, str]] = {
    "softmax": "softmax regression",
    "mlp": "MLP",
    "cnn": "CNN",
}


class RunStore:
    """The run folders under `root`; safe to use from several processes at once."""

    def __init__(self, root: Path, index: RunIndex | None = None, disk: Disk | None = None) -> None:
        """Without a `disk` nothing watches how much room is left."""
        self.root = root.resolve()
        self.disk = disk
        self._listing = Listing(self.root, index)

    @needs(Action.START_RUNS)
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

        That is a DiskLimitError where the disk is too full to begin anything.

        Without a `colour`, its place in the palette, it gets the one that is used least. `copies`
        are files that it begins with. A visitor's run is charged to their budget: AccessError or
        LimitError where it may not be started.
        """
        self.check_room()
        with self._admitted(config) as admitted:
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
                **admitted,
            )
            return self._make(info, copies)

    @contextlib.contextmanager
    def _admitted(self, config: RunConfig) -> Iterator[dict[str, Any]]:
        """Give what a run's info says of the visitor who starts it; nothing of the owner."""
        who = actor()
        if who.role == "owner":
            yield {}
            return
        # Until the run is there, nobody else is admitted.
        with changing(self.root):
            runs = [run for run in self.list(at_most_old=0) if isinstance(run, Run)]
            budget = reckon(runs, who.visitor, read_rules(self.root))
            yield {"visitor": who.visitor, "seconds_allowed": budget.seconds_allowed([config])}

    def _make(self, info: RunInfo, copies: Iterable[Path]) -> str:
        run_id = new_run_id()
        # Under a hidden name first: nobody ever sees half a run.
        hidden = self.root / f".new-{run_id}"
        try:
            hidden.mkdir(parents=True)
            for path in copies:
                shutil.copyfile(path, hidden / path.name)
            files.write_json(hidden / files.CONFIG, info.model_dump(mode="json"))
            files.write_json(hidden / files.STATUS, new_status("queued").model_dump(mode="json"))
            hidden.rename(self.root / run_id)
            files.note_change()
        except OSError as error:
            shutil.rmtree(hidden, ignore_errors=True)
            raise RunError(
                f"No run can be created in {self.root} ({error.strerror}). "
                "Check that the folder may be written to and that the disk is not full."
            ) from error
        return run_id

    def check_room(self) -> None:
        """Raise DiskLimitError with a sentence if the disk is too full to begin anything."""
        if self.disk is not None:
            self.disk.check()

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
        return read_run(self.folder(run_id))

    def list(self, *, at_most_old: float = _GLANCE_SECONDS) -> list[Run | UnreadableRun]:
        """Return every run, newest first, unreadable ones included with the reason.

        Up to date, but that what another process changes in an ended run may show `at_most_old`
        seconds later, and a change that left the time stamps of a run's folder some seconds later.
        """
        return self._listing.look(at_most_old)

    def save_index(self) -> None:
        """Write what the listings have read into the index, where the store was given one.

        For the one process that keeps the queue. Costs next to nothing where nothing is new.
        """
        self._listing.save()

    def steps(self, run_id: str) -> pd.DataFrame:
        """Return one row a step: step, epoch, images, seconds, loss, learning_rate, gradient_norm.

        Empty before the first; the last two are NaN where an older version trained.
        """
        return read_kept_history(self.folder(run_id), files.STEPS, STEP_COLUMNS)

    def epochs(self, run_id: str) -> pd.DataFrame:
        """Return one row an epoch; the watched images' columns are NaN where not recorded."""
        return read_kept_history(self.folder(run_id), files.EPOCHS, EPOCH_COLUMNS)

    def layers(self, run_id: str) -> pd.DataFrame:
        """Return one row an epoch and layer with weights; empty where an older version trained."""
        return read_kept_history(self.folder(run_id), files.LAYERS, LAYER_COLUMNS)

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

    @needs(Action.DELETE)
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
            files.note_change()
        except OSError as error:
            raise RunError(f"Run {run_id} cannot be deleted ({error.strerror}).") from error
        shutil.rmtree(hidden, ignore_errors=True)

    def _free_colour(self) -> int:
        used = [run.info.colour for run in self.list() if isinstance(run, Run)]
        times = Counter(used)
        # The least used, then the one used longest ago, so that neighbours differ.
        recent = {colour: place for place, colour in enumerate(reversed(used))}
        return min(range(PALETTE_SIZE), key=lambda c: (times[c], recent.get(c, -1), c))


def default_name(config: RunConfig) -> str:
    """Return a name in plain words: optimizer, model and learning rate."""
    rate = value_word("learning_rate", config.learning_rate)
    return f"{choice_word('optimizer', config.optimizer)} {rate}, {MODEL_WORDS[config.model]}"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than a file system allows
        return False
