"""`resume` and `extend`: going on with a run that stopped, or with one that has finished."""

import argparse

from core.cli.follow import Interruptions
from core.cli.show import find_run
from core.cli.text import note
from core.cli.train import see_through
from core.runs import resuming
from core.runs.disk import disk_of
from core.runs.store import RunStore
from core.settings import Settings


def resume(asked: argparse.Namespace, settings: Settings) -> int:
    """Let a stopped run go on from its last checkpoint and see it through."""
    store = RunStore(settings.runs, disk=disk_of(settings))
    run = find_run(store, asked.id)
    with Interruptions() as interruptions:
        resuming.resume(store, run.id)
        note(f"{run.name} goes on.")
        return see_through(store, settings, run.id, asked.threads, interruptions)


def extend(asked: argparse.Namespace, settings: Settings) -> int:
    """Go on with a finished run as a new one with more epochs, and see it through."""
    store = RunStore(settings.runs, disk=disk_of(settings))
    run = find_run(store, asked.id)
    with Interruptions() as interruptions:
        run_id = resuming.extend(store, run.id, asked.epochs, asked.name)
        return see_through(store, settings, run_id, asked.threads, interruptions)
