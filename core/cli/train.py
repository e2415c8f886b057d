"""`train`: a recipe with changes, trained to its end while the terminal shows how far it is."""

import argparse
from pathlib import Path

from core import words
from core.cli.follow import Interruptions, follow
from core.cli.text import note, say
from core.config import RunConfig
from core.recipes import recipe_of
from core.runs.disk import disk_of
from core.runs.engines.base import Engine
from core.runs.engines.local import LocalEngine
from core.runs.queue import RunQueue
from core.runs.records import Process, Run
from core.runs.store import RunStore
from core.settings import Settings, core_count


def train(asked: argparse.Namespace, settings: Settings, config: RunConfig) -> int:
    """Create a run of `config`, see it through and write its id last."""
    # As on the page: changed settings make it another thing than what the recipe is called.
    recipe = recipe_of(config)
    store = RunStore(settings.runs, disk=disk_of(settings))
    with Interruptions() as interruptions:
        run_id = store.create(
            config,
            name=asked.name or (recipe.title if recipe else ""),
            recipe=recipe.name if recipe else None,
            example=asked.example,
        )
        return see_through(store, settings, run_id, asked.threads, interruptions)


def see_through(
    store: RunStore,
    settings: Settings,
    run_id: str,
    threads: int | None,
    interruptions: Interruptions,
) -> int:
    """Follow a waiting run to its end, write its id last and return the exit code."""
    queue = RunQueue(store, _engine(settings, run_id, threads), settings.slots)
    try:
        run = follow(store, queue, run_id, settings.slots, interruptions)
    finally:
        queue.stop()
    note(_outcome(run))
    say(run_id)
    return 0 if run.summary is not None else 1


class OwnThreads:
    """An engine that gives one run its own number of threads and all others the usual one."""

    def __init__(self, run_id: str, own: Engine, usual: Engine) -> None:
        self._run_id = run_id
        self._own = own
        self._usual = usual

    def start(self, folder: Path) -> None:
        """Start the worker of the run in `folder`."""
        (self._own if folder.name == self._run_id else self._usual).start(folder)

    def stop(self, process: Process, *, force: bool) -> None:
        """Ask `process` to end, or end it at once with `force`."""
        self._usual.stop(process, force=force)

    def ended(self) -> dict[str, int]:
        """Return exit codes of ended workers by run id."""
        return self._own.ended() | self._usual.ended()


def _engine(settings: Settings, run_id: str, threads: int | None) -> Engine:
    # The dashboard's number, so that a run gives the same figures bit for bit wherever started.
    usual = LocalEngine(settings.data, max(1, core_count() // settings.slots))
    if threads is None:
        return usual
    return OwnThreads(run_id, LocalEngine(settings.data, threads), usual)


def _outcome(run: Run) -> str:
    if run.summary is None:
        return run.status.reason or f"The run has {run.status.state}."
    return (
        f"Finished in {words.duration(run.summary.seconds)}: {words.test_accuracy(run.summary)} "
        f"of {run.summary.test_images:,} test images read right."
    )
