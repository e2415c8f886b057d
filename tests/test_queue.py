"""core.runs.queue over real workers, whose runs somebody interferes with, and without any."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from core.errors import RunStateError
from core.runs import files
from core.runs.changes import changing
from core.runs.processes import own_process
from core.runs.queue import RunQueue, cancel, waiting_before
from core.runs.records import new_status
from core.runs.resuming import resume
from core.runs.store import RunStore
from tests.support.workers import (
    LONG,
    SHORT,
    end_workers,
    new_queue,
    pid,
    state,
    states,
    wait_until,
    work_on,
    workers_of,
)


@dataclass
class Eventful:
    """One slot and four runs: the first is cancelled while it trains, the second while it waits,
    the third is killed, the fourth trains on. In between the queue gets another keeper."""

    store: RunStore
    first: str = ""
    second: str = ""
    third: str = ""
    fourth: str = ""
    states: dict[str, list[str]] = field(default_factory=dict)
    keepers: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    workers: dict[str, list[int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [self.first, self.second, self.third, self.fourth]

    def train(self, run_id: str, steps: int = 100) -> None:
        wait_until(lambda: len(self.store.steps(run_id)) >= steps, f"{run_id} has trained")

    def play(self, queue: RunQueue, other: RunQueue) -> None:
        store = self.store
        queue.start()
        self.train(self.first)
        self.states["first trains"] = states(store, self.ids)
        self.waiting = [waiting_before(store.list(), run_id) for run_id in self.ids]

        cancel(store, self.second)
        self.states["second cancelled"] = states(store, self.ids)

        other.look()
        self.keepers["both"] = queue.is_keeper, other.is_keeper
        self.workers["before"] = [pid(store, self.first)]
        queue.stop()
        self.states["no keeper"] = states(store, self.ids)
        other.start()
        wait_until(lambda: other.is_keeper, "the other keeps the queue")
        self.keepers["other"] = queue.is_keeper, other.is_keeper
        time.sleep(1.0)  # three looks
        self.workers["after"] = workers_of(store, self.first)
        self.states["other keeper"] = states(store, self.ids)

        self.steps["cancelled"] = len(store.steps(self.first))
        cancel(store, self.first)
        self.seconds["cancel"] = wait_until(
            lambda: state(store, self.first) == "cancelled", "the first is cancelled"
        )

        self.train(self.third)
        self.states["third trains"] = states(store, self.ids)
        self.steps["killed"] = len(store.steps(self.third))
        os.kill(pid(store, self.third), signal.SIGKILL)
        self.seconds["crash"] = wait_until(
            lambda: state(store, self.third) == "crashed", "the third has crashed"
        )
        wait_until(lambda: state(store, self.fourth) == "running", "the fourth runs")
        self.states["end"] = states(store, self.ids)


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eventful]:
    store = RunStore(tmp_path_factory.mktemp("eventful") / "runs")
    history = Eventful(store, *(store.create(LONG) for _ in range(4)))
    queue, other = (new_queue(store, slots=1) for _ in range(2))
    try:
        history.play(queue, other)
        yield history
    finally:
        queue.stop()
        other.stop()
        end_workers(store)


def test_with_one_slot_one_run_trains(eventful: Eventful) -> None:
    assert eventful.states["first trains"] == ["running", "queued", "queued", "queued"]


def test_the_queue_tells_how_many_go_before(eventful: Eventful) -> None:
    assert eventful.waiting == [0, 0, 1, 2]


def test_a_waiting_run_is_cancelled_at_once(eventful: Eventful) -> None:
    assert eventful.states["second cancelled"] == ["running", "cancelled", "queued", "queued"]


def test_only_one_keeps_the_queue(eventful: Eventful) -> None:
    assert eventful.keepers["both"] == (True, False)


def test_another_keeps_the_queue_after_it_stopped(eventful: Eventful) -> None:
    assert eventful.keepers["other"] == (False, True)


def test_a_worker_outlives_its_queue(eventful: Eventful) -> None:
    assert eventful.states["no keeper"][0] == "running"


def test_a_new_queue_does_not_start_a_running_run_again(eventful: Eventful) -> None:
    assert eventful.workers["after"] == eventful.workers["before"]


def test_a_new_queue_counts_the_runs_it_finds_running(eventful: Eventful) -> None:
    assert eventful.states["other keeper"] == ["running", "cancelled", "queued", "queued"]


def test_a_running_run_is_cancelled_within_two_seconds(eventful: Eventful) -> None:
    assert eventful.seconds["cancel"] < 2.5  # half a second for looking


def test_a_cancelled_run_keeps_its_curves(eventful: Eventful) -> None:
    assert len(eventful.store.steps(eventful.first)) >= eventful.steps["cancelled"]


def test_a_cancelled_run_leaves_no_worker(eventful: Eventful) -> None:
    assert workers_of(eventful.store, eventful.first) == []


def test_a_cancelled_run_has_no_error(eventful: Eventful) -> None:
    assert not (eventful.store.folder(eventful.first) / files.ERROR).exists()


def test_first_in_is_first_out_past_a_cancelled_run(eventful: Eventful) -> None:
    assert eventful.states["third trains"] == ["cancelled", "cancelled", "running", "queued"]


def test_a_killed_worker_is_noticed_within_five_seconds(eventful: Eventful) -> None:
    assert eventful.seconds["crash"] < 5


def test_the_queue_goes_on_after_a_crash(eventful: Eventful) -> None:
    assert eventful.states["end"] == ["cancelled", "cancelled", "crashed", "running"]


def test_a_crash_is_written_down(eventful: Eventful) -> None:
    status = files.read_json(eventful.store.folder(eventful.third) / files.STATUS)
    assert status["state"] == "crashed"


def test_a_crashed_run_keeps_its_curves(eventful: Eventful) -> None:
    steps = eventful.store.steps(eventful.third)["step"]
    assert len(steps) >= eventful.steps["killed"]
    assert steps.tolist() == list(range(1, len(steps) + 1))


def test_a_worker_started_on_an_ended_run_does_nothing(eventful: Eventful) -> None:
    status = eventful.store.folder(eventful.second) / files.STATUS
    before = status.read_bytes()
    process = work_on(eventful.store, eventful.second)
    assert (process.returncode, "Nothing to do" in process.stderr) == (0, True)
    assert status.read_bytes() == before


def test_a_second_worker_on_a_run_leaves_it_to_the_first(eventful: Eventful) -> None:
    trains = pid(eventful.store, eventful.fourth)
    process = work_on(eventful.store, eventful.fourth)
    assert (process.returncode, "Another worker trains" in process.stderr) == (0, True)
    assert pid(eventful.store, eventful.fourth) == trains


def test_a_running_run_is_not_deleted(eventful: Eventful) -> None:
    with pytest.raises(RunStateError, match="cancel it first"):
        eventful.store.delete(eventful.fourth)


# Without training


class Recorder:
    """An engine that only notes what it is asked to start; nothing here is about processes."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.codes: dict[str, int] = {}

    def start(self, folder: Path) -> None:
        self.started.append(folder.name)

    def stop(self, *_: object, **__: object) -> None:
        raise AssertionError("nothing was started")

    def ended(self) -> dict[str, int]:
        codes, self.codes = self.codes, {}
        return codes


@pytest.fixture
def engine() -> Recorder:
    return Recorder()


@pytest.fixture
def recorded(store: RunStore, engine: Recorder) -> Iterator[RunQueue]:
    queue = RunQueue(store, engine, slots=2)
    yield queue
    queue.stop()


def test_runs_start_in_the_order_of_their_making(store, engine, recorded) -> None:
    ids = [store.create(SHORT) for _ in range(3)]
    recorded.look()
    assert engine.started == ids[:2]


def test_a_run_that_is_starting_is_not_started_again(store, engine, recorded) -> None:
    run_id = store.create(SHORT)
    recorded.look()
    recorded.look()
    assert engine.started == [run_id]


def test_a_worker_that_ended_before_it_began_has_crashed(store, engine, recorded) -> None:
    run_id = store.create(SHORT)
    recorded.look()
    engine.codes[run_id] = 1
    recorded.look()
    status = store.read(run_id).status
    assert (status.state, "worker.log" in status.reason) == ("crashed", True)


def test_a_worker_that_ended_before_it_began_frees_its_slot(store, engine, recorded) -> None:
    ids = [store.create(SHORT) for _ in range(3)]
    recorded.look()
    engine.codes[ids[0]] = 1
    recorded.look()
    assert engine.started == ids


def test_a_run_asked_to_cancel_is_not_started(store, engine, recorded) -> None:
    run_id = store.create(SHORT)
    (store.folder(run_id) / files.CANCEL).touch()
    recorded.look()
    assert (engine.started, state(store, run_id)) == ([], "cancelled")


def run_whose_worker_died(store: RunStore) -> str:
    run_id = store.create(SHORT)
    gone = own_process().model_copy(update={"create_time": 1.0, "since_boot": ""})
    store.write_status(run_id, new_status("running", process=gone))
    return run_id


def test_a_cancelled_run_whose_worker_died_is_cancelled(store, engine, recorded) -> None:
    run_id = run_whose_worker_died(store)
    (store.folder(run_id) / files.CANCEL).touch()
    recorded.look()
    assert state(store, run_id) == "cancelled"


def status_while_others_change_runs(store: RunStore, run_id: str, doing: Callable[[], None]) -> str:
    """Return the status on disk while somebody else holds the lock of changes and `doing` waits."""
    with ThreadPoolExecutor(1) as pool, changing(store.root):
        waiting = pool.submit(doing)
        time.sleep(0.5)
        assert not waiting.done()
        return str(files.read_json(store.folder(run_id) / files.STATUS)["state"])


def test_a_crash_is_not_written_while_somebody_resumes_the_run(store, engine, recorded) -> None:
    """Else it could overwrite that the run waits again, and the press of Resume would be lost."""
    run_id = run_whose_worker_died(store)
    assert status_while_others_change_runs(store, run_id, recorded.look) == "running"
    assert files.read_json(store.folder(run_id) / files.STATUS)["state"] == "crashed"


def test_a_run_is_not_resumed_while_its_crash_is_written(store, engine, recorded) -> None:
    run_id = run_whose_worker_died(store)
    resuming = partial(resume, store, run_id)
    assert status_while_others_change_runs(store, run_id, resuming) == "running"
    assert state(store, run_id) == "queued"


def test_a_crash_that_was_seen_before_a_resume_is_not_written_after_it(
    store, engine, recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = run_whose_worker_died(store)
    seen = store.list()
    monkeypatch.setattr(store, "list", lambda **_: seen)
    resume(store, run_id)
    recorded.look()
    assert state(store, run_id) == "queued"


def test_an_unreadable_run_does_not_stop_the_queue(store, engine, recorded) -> None:
    (store.root / "0 empty").mkdir(parents=True)
    run_id = store.create(SHORT)
    recorded.look()
    assert engine.started == [run_id]
