"""What docs/backup.md promises: a plain copy of the runs, taken while a worker writes, restores."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from safetensors.numpy import load_file

from core.config import RunConfig
from core.runs import files
from core.runs.records import Run
from core.runs.resuming import resume
from core.runs.store import RunStore
from tests.support.workers import end_workers, new_queue, pid, state, wait_until

CONFIG = RunConfig(
    dataset="digits",
    hidden_sizes=(32,),
    dropout=0.5,
    optimizer="adam",
    learning_rate=0.003,
    batch_size=16,
    epochs=30,
)
TIMES = ["seconds", "images_per_second"]


@dataclass
class Copied:
    """A run that finished before the copy, one that trained while it was taken, one that waited.

    `copy` is a second store on the copied folder, whose queue looked a few times.
    """

    live: RunStore
    copy: RunStore
    finished: str
    training: str
    waiting: str
    states: dict[str, str] = field(default_factory=dict)
    worker: int = 0
    trained_on: bool = False
    cancelled: str = ""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    folder = tmp_path_factory.mktemp("backup")
    live, copy = RunStore(folder / "runs"), RunStore(folder / "restored")
    ids = [live.create(CONFIG.replace(epochs=2)), live.create(CONFIG), live.create(CONFIG)]
    found = Copied(live, copy, *ids)
    queue, other = new_queue(live, slots=1), new_queue(copy, slots=0)
    try:
        queue.start()
        wait_until(lambda: len(live.epochs(found.training)) >= 3, "the second trains")
        take_copy(live.root, copy.root)
        found.worker = pid(live, found.training)
        found.states = {run.id: run.status.state for run in copy.list() if isinstance(run, Run)}
        # As on the page, where somebody takes the copy's run for the one that trains.
        (copy.folder(found.training) / files.CANCEL).touch()
        other.start()
        wait_until(lambda: state(copy, found.training) == "cancelled", "the copy is cancelled")
        found.cancelled = state(copy, found.training)
        before = len(live.epochs(found.training))
        found.trained_on = bool(
            wait_until(lambda: len(live.epochs(found.training)) > before, "the original trains on")
        )
        wait_until(lambda: state(live, found.training) == "finished", "the original finishes")
        other.stop()
        yield found
    finally:
        queue.stop()
        other.stop()
        end_workers(live)
        end_workers(copy)


def take_copy(source: Path, target: Path) -> None:
    """Copy as `docs/backup.md` says; what vanished meanwhile is no concern."""
    subprocess.run(["cp", "-R", str(source), str(target)], check=False, capture_output=True)


def histories(store: RunStore, run_id: str) -> list[pd.DataFrame]:
    folder = store.folder(run_id)
    return [
        pd.read_parquet(folder / f"{name}.parquet").drop(columns=TIMES, errors="ignore")
        for name in (files.STEPS, files.EPOCHS, files.LAYERS)
    ]


def assert_same_run(one: RunStore, other: RunStore, run_id: str) -> None:
    for table, expected in zip(histories(one, run_id), histories(other, run_id), strict=True):
        pd.testing.assert_frame_equal(table, expected, check_exact=True)
    found, expected = (load_file(s.folder(run_id) / files.WEIGHTS) for s in (one, other))
    assert all((found[name] == value).all() for name, value in expected.items())


def test_what_had_finished_is_intact_in_the_copy(copied: Copied) -> None:
    assert_same_run(copied.copy, copied.live, copied.finished)


def test_what_trained_reads_as_crashed_in_the_copy(copied: Copied) -> None:
    assert copied.states[copied.training] == "crashed"


def test_what_waited_waits_in_the_copy(copied: Copied) -> None:
    assert copied.states[copied.waiting] == "queued"


def test_cancelling_in_the_copy_leaves_the_live_worker_alone(copied: Copied) -> None:
    assert (copied.cancelled, copied.trained_on) == ("cancelled", True)


def test_resumed_from_the_copy_it_ends_with_the_same_numbers(copied: Copied) -> None:
    resume(copied.copy, copied.training)
    queue = new_queue(copied.copy, slots=1)
    queue.start()
    try:
        wait_until(lambda: state(copied.copy, copied.training) == "finished", "it has finished")
    finally:
        queue.stop()
        end_workers(copied.copy)
    assert_same_run(copied.copy, copied.live, copied.training)


# A copy that got the curves first and a checkpoint of later


def test_curves_that_end_before_the_checkpoint_are_trained_again(store: RunStore) -> None:
    run_id = store.create(CONFIG.replace(epochs=12))
    queue = new_queue(store, slots=1)
    queue.start()
    early = store.root.parent / "early"
    try:
        wait_until(lambda: len(store.epochs(run_id)) >= 2, "two epochs")
        shutil.copytree(store.folder(run_id), early)
        wait_until(lambda: state(store, run_id) == "finished", "it has finished")
    finally:
        queue.stop()
    copy = RunStore(store.root.parent / "restored")
    shutil.copytree(early, copy.root / run_id)
    shutil.copyfile(store.folder(run_id) / files.CHECKPOINT, copy.folder(run_id) / files.CHECKPOINT)
    resume(copy, run_id)
    queue = new_queue(copy, slots=1)
    queue.start()
    try:
        wait_until(lambda: state(copy, run_id) == "finished", "the copy has finished")
    finally:
        queue.stop()
    assert_same_run(copy, store, run_id)


def test_a_renamed_folder_of_runs_still_has_its_worker(store: RunStore) -> None:
    run_id = store.create(CONFIG.replace(epochs=10_000))
    queue = new_queue(store, slots=1)
    queue.start()
    try:
        wait_until(lambda: state(store, run_id) == "running", "it trains")
    finally:
        queue.stop()
    worker = pid(store, run_id)
    os.kill(worker, signal.SIGSTOP)
    try:
        moved = RunStore(store.root.rename(store.root.with_name("moved")))
        assert state(moved, run_id) == "running"
    finally:
        os.kill(worker, signal.SIGKILL)
