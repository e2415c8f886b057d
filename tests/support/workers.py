"""Real workers on the embedded digits: a queue of them, what they are doing, their end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from core.config import RunConfig
from core.runs.engines.local import LocalEngine
from core.runs.queue import RunQueue
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT

PATIENCE_SECONDS = 90  # only a broken queue takes this long
SHORT = RunConfig(dataset="digits", hidden_sizes=(16,), learning_rate=0.1, epochs=2)
LONG = SHORT.replace(epochs=10_000, batch_size=16)


def wait_until(happened: Callable[[], object], what: str = "it happened") -> float:
    """Return the seconds until `happened` is true."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < PATIENCE_SECONDS, f"waited in vain until {what}"
        time.sleep(0.02)
    return time.monotonic() - start


def new_queue(store: RunStore, slots: int) -> RunQueue:
    """Return a queue over `store` whose workers find no MNIST."""
    # There is no MNIST in this folder.
    return RunQueue(store, LocalEngine(store.root.parent / "data", threads=1), slots)


def state(store: RunStore, run_id: str) -> str:
    """Return the state of a run as the store reads it."""
    return store.read(run_id).status.state


def states(store: RunStore, run_ids: list[str]) -> list[str]:
    """Return the states of runs."""
    return [state(store, run_id) for run_id in run_ids]


def pid(store: RunStore, run_id: str) -> int:
    """Return the process that trains a run."""
    process = store.read(run_id).status.process
    assert process is not None
    return process.pid


def workers_of(store: RunStore, run_id: str) -> list[int]:
    """Return the live processes whose command names the run's folder."""
    folder = str(store.folder(run_id))
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if folder in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def end_workers(store: RunStore) -> None:
    """Kill every worker of the store's runs."""
    for run in store.list():
        for worker in workers_of(store, run.id):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def work_on(store: RunStore, run_id: str) -> subprocess.CompletedProcess[str]:
    """Run the worker's command by hand."""
    return subprocess.run(
        [sys.executable, "-m", "core.runs.worker", str(store.folder(run_id))],
        cwd=PROJECT_ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )
