"""Seeing one run through: keeping the queue meanwhile, a progress bar, Ctrl-C as a cancel."""

import contextlib
import signal
import sys
import time
from types import FrameType
from typing import Any, Final, Self

from tqdm import tqdm

from core.cli.text import note
from core.errors import RunError, RunStateError
from core.runs.queue import RunQueue, cancel, waiting_before
from core.runs.records import Run
from core.runs.store import RunStore

_LOOK_EVERY_SECONDS: Final = 0.2
# Where nobody watches, in a log, a line now and then is enough.
_LOG_EVERY_SECONDS: Final = 30.0
# A worker needs about two seconds until it has read its run: no reason to speak of waiting.
_STARTING_SECONDS: Final = 4.0
# A look fails where another process deletes a run under it; so many in a row have another cause.
_LOOKS_THAT_MAY_FAIL: Final = 25
_CRASH_SURE_AFTER: Final = 4


class Interruptions:
    """Notes the first Ctrl-C or SIGTERM while it is entered; the second one leaves at once."""

    def __init__(self) -> None:
        self.asked = False
        self._earlier: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._earlier[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def follow(
    store: RunStore, queue: RunQueue, run_id: str, slots: int, interruptions: Interruptions
) -> Run:
    """Return the run when it has ended; an interruption cancels it.

    Keeps the queue unless another process does, which then trains the run. Runs that wait longer
    start first either way. Raises RunError if the run's folder is taken away.
    """
    looks = _Looks(queue)
    progress = _Progress(store, slots)
    cancelled = False
    crashed = 0
    with progress:
        while True:
            looks.look()
            run = store.read(run_id)
            progress.show(run)
            # A worker may end between two readings of its folder: its last word counts, not ours.
            crashed = crashed + 1 if run.status.state == "crashed" else 0
            if not run.active and (not crashed or crashed >= _CRASH_SURE_AFTER):
                return run
            if interruptions.asked and not cancelled:
                cancelled = _cancel(store, run_id)
            time.sleep(_LOOK_EVERY_SECONDS)


class _Looks:
    """The queue's looks, with patience for those that fail by what others do meanwhile."""

    def __init__(self, queue: RunQueue) -> None:
        self._queue = queue
        self._failed = 0
        self._kept_elsewhere = False

    def look(self) -> None:
        try:
            self._queue.look()
        except (RunError, OSError):
            self._failed += 1
            if self._failed >= _LOOKS_THAT_MAY_FAIL:
                raise
            return
        self._failed = 0
        if not self._queue.is_keeper and not self._kept_elsewhere:
            self._kept_elsewhere = True
            note("Another process, such as the dashboard, keeps the queue and trains this run too.")


class _Progress:
    """What the terminal shows of a run: its place in the queue, then a bar."""

    def __init__(self, store: RunStore, slots: int) -> None:
        self._store = store
        self._slots = slots
        self._said = ""
        self._epoch = 0
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, run: Run) -> None:
        """Show how far `run` is."""
        if run.status.state == "queued":
            self._show_place(run)
        elif run.status.steps:
            self._show_steps(run)

    def _show_place(self, run: Run) -> None:
        if time.time() - run.info.created < _STARTING_SECONDS:
            return
        runs = [other for other in self._store.list() if isinstance(other, Run)]
        before = waiting_before(runs, run.id)
        training = sum(other.status.state == "running" for other in runs)
        if not before and training < self._slots:
            return
        what = f"{before} run{'' if before == 1 else 's'} before it" if before else "it is next"
        if what != self._said:
            note(f"Waiting: {what}.")
        self._said = what

    def _show_steps(self, run: Run) -> None:
        status = run.status
        if self._bar is None:
            seldom = 0.1 if sys.stderr.isatty() else _LOG_EVERY_SECONDS
            self._bar = tqdm(
                total=status.steps, unit="step", file=sys.stderr, mininterval=seldom, miniters=1
            )
        epoch = max(1, status.epoch)
        self._bar.set_description_str(f"epoch {epoch}/{run.config.epochs}", refresh=False)
        if status.epoch != self._epoch or not run.active:
            self._epoch = status.epoch
            self._bar.set_postfix_str(_last_figure(self._store, run), refresh=False)
        done = run.summary.steps if run.summary is not None else status.step
        self._bar.update(done - self._bar.n)


def _last_figure(store: RunStore, run: Run) -> str:
    epochs = store.epochs(run.id)
    if not len(epochs):
        return ""
    last = epochs.iloc[-1]
    watched = float(last.get(f"{run.config.watch}_accuracy", float("nan")))
    if watched == watched:
        return f"{run.config.watch} {100 * watched:.1f} %"
    return f"loss {float(last['train_loss']):.3g}"


def _cancel(store: RunStore, run_id: str) -> bool:
    with contextlib.suppress(RunStateError):  # it ended in the same moment
        cancel(store, run_id)
    return True
