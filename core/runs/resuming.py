"""Going on with a run: from its last checkpoint, or from its end for more epochs."""

import contextlib
import os
from typing import Final

from core.access import Action, needs
from core.errors import RunStateError
from core.runs import files
from core.runs.changes import changing
from core.runs.records import Run, State, new_status
from core.runs.store import RunStore

RESUMABLE: Final[frozenset[State]] = frozenset({"crashed", "failed", "cancelled"})
_COPIED: Final = (
    files.CHECKPOINT,
    f"{files.STEPS}.parquet",
    f"{files.EPOCHS}.parquet",
    f"{files.LAYERS}.parquet",
)


@needs(Action.GO_ON)
def resume(store: RunStore, run_id: str) -> None:
    """Let a run that stopped before its end wait again; its worker goes on from the checkpoint.

    Without one it begins anew. Either way its history is, bit for bit, that of a run which never
    stopped. Raises RunStateError if the run waits, trains, has finished or ran away.
    """
    with changing(store.root):  # the keeper of the queue may be about to write that it crashed
        run = store.read(run_id)
        if run.status.state not in RESUMABLE:
            raise RunStateError(f"{run.name} cannot be resumed: {_why_not(run)}")
        folder = store.folder(run_id)
        for name in (files.CANCEL, files.ERROR):
            (folder / name).unlink(missing_ok=True)
        status = new_status(
            "queued",
            attempt=run.status.attempt + 1,
            step=run.status.step,
            steps=run.status.steps,
            epoch=run.status.epoch,
        )
        store.write_status(run_id, status)
    # The keeper of the queue, perhaps another process, looks at ended runs seldom, but at once at
    # all of them where the folder around them has changed.
    with contextlib.suppress(OSError):
        os.utime(store.root)


@needs(Action.GO_ON)
def extend(store: RunStore, run_id: str, epochs: int, name: str = "") -> str:
    """Make a run that goes on with a finished one until `epochs` in all, and return its id.

    The finished run stays as it is, and links to it stay true. The new one has its curves up to
    there, and its numbers are those of a run of as many epochs from the beginning. Raises
    RunStateError if the run cannot be gone on with, ConfigError if `epochs` is out of range.
    """
    run = store.read(run_id)
    problem = cannot_extend(store, run)
    if problem:
        raise RunStateError(problem)
    done = run.summary.epochs if run.summary else 0
    if epochs <= done:
        raise RunStateError(
            f"{run.name} has {done} epochs: going on needs more than that, got {epochs}."
        )
    folder = store.folder(run_id)
    return store.create(
        run.config.replace(epochs=epochs),
        name=name or f"{run.name}, {epochs} epochs",
        continued_from=run_id,
        copies=[folder / file for file in _COPIED if (folder / file).exists()],
    )


def cannot_extend(store: RunStore, run: Run) -> str | None:
    """Return in a sentence why `run` cannot be gone on with, None if it can."""
    if run.summary is None:
        return f"{run.name} has not finished: resume it, or wait for its end."
    if not (store.folder(run.id) / files.CHECKPOINT).exists():
        return f"{run.name} has no checkpoint to go on from: train it anew for more epochs."
    if run.summary.ended_by == "patience":
        return (
            f"{run.name} ended early because nothing got better (patience): start a new run with "
            "more patience."
        )
    if run.summary.ended_by == "seconds":
        return f"{run.name} ended by its time limit: start a new run with a longer one."
    if run.config.schedule in ("cosine", "one_cycle"):
        return (
            f"The learning rate of {run.name} has fallen to its end as its schedule says: start a "
            "new run with more epochs."
        )
    return None


def _why_not(run: Run) -> str:
    reasons = {
        "queued": "it waits for its turn.",
        "running": "it trains already.",
        "finished": "it has finished. To train it longer, continue it with more epochs.",
        "diverged": "it ran away, and would again. Start it anew with a smaller learning rate.",
    }
    return reasons[run.status.state]
