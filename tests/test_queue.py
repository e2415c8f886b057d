"""core.runs.queue, worker and engines.local: real workers on the embedded digits.

A worker takes seconds to start, so that many facts are told of two histories of a queue: `mixed`,
in which five runs come to different ends, and `eventful`, in which somebody interferes.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from core.config import RunConfig
from core.errors import RunStateError
from core.runs import files
from core.runs.engines.local import LocalEngine
from core.runs.queue import RunQueue, cancel, waiting_before
from core.runs.records import Run, new_status
from core.runs.scalars import ScalarWriter
from core.runs.store import RunStore
from core.runs.worker import main
from core.settings import PROJECT_ROOT

PATIENCE_SECONDS = 90  # only a broken queue takes this long
SHORT = RunConfig(dataset="digits", hidden_sizes=(16,), learning_rate=0.1, epochs=2)
LONG = SHORT.replace(epochs=10_000, batch_size=16)
TAGS = ["Ac/test_accuracy", "Ac/train_accuracy", "Loss/test_loss", "Loss/train_loss"]


def wait_until(happened: Callable[[], object], what: str) -> float:
    """Return the seconds until `happened` is true."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < PATIENCE_SECONDS, f"waited in vain until {what}"
        time.sleep(0.02)
    return time.monotonic() - start


def new_queue(store: RunStore, slots: int) -> RunQueue:
    # There is no MNIST in this folder.
    return RunQueue(store, LocalEngine(store.root.parent / "data", threads=1), slots)


def state(store: RunStore, run_id: str) -> str:
    return store.read(run_id).status.state


def states(store: RunStore, run_ids: list[str]) -> list[str]:
    return [state(store, run_id) for run_id in run_ids]


def pid(store: RunStore, run_id: str) -> int:
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


# Five runs come to different ends


@dataclass
class Mixed:
    store: RunStore
    sgd: str
    adam: str
    runaway: str
    late_runaway: str
    without_data: str

    @property
    def pair(self) -> list[str]:
        return [self.sgd, self.adam]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    store = RunStore(tmp_path_factory.mktemp("mixed") / "runs")
    runaway = SHORT.replace(loss="mse", learning_rate=100, hidden_sizes=(64, 64), epochs=100)
    # One step, whose own loss is a number still, and nobody watches what it leaves.
    late = runaway.replace(
        optimizer="adam", batch_size=2000, hidden_sizes=(64,) * 8, epochs=1, watch="none"
    )
    adam, without_data = SHORT.replace(optimizer="adam"), SHORT.replace(dataset="mnist")
    configs = [SHORT, adam, runaway, late, without_data]
    history = Mixed(store, *(store.create(config) for config in configs))
    queue = new_queue(store, slots=2)
    queue.start()
    try:
        wait_until(
            lambda: not any(isinstance(run, Run) and run.active for run in store.list()),
            "all five runs have ended",
        )
        yield history
    finally:
        queue.stop()
        end_workers(store)


def test_both_of_a_pair_finish(mixed: Mixed) -> None:
    assert states(mixed.store, mixed.pair) == ["finished", "finished"]


def test_a_finished_run_has_its_figures(mixed: Mixed) -> None:
    summary = mixed.store.read(mixed.sgd).summary
    assert summary is not None
    assert (summary.epochs, summary.steps, summary.train_images) == (2, 38, 1197)
    assert (summary.validation_images, summary.test_images) == (240, 360)


def test_the_summarys_accuracy_is_that_of_the_predictions(mixed: Mixed) -> None:
    found = mixed.store.predictions(mixed.adam)
    share = (found.predicted == found.labels).mean()
    assert mixed.store.read(mixed.adam).summary.test_accuracy == pytest.approx(share, abs=1e-6)


def test_the_misread_digits_are_kept(mixed: Mixed) -> None:
    found = mixed.store.predictions(mixed.sgd)
    wrong = found.indices[found.predicted != found.labels]
    assert set(wrong) <= set(mixed.store.digits(mixed.sgd))


def test_the_weights_give_the_predictions_again(mixed: Mixed, digits_data) -> None:
    from core.learning.evaluation import predict, restore_model

    model = restore_model(mixed.store.read(mixed.sgd).config, mixed.store.weights(mixed.sgd))
    shares = predict(SHORT, model, digits_data.test.pixels.numpy())
    assert shares.argmax(axis=1).tolist() == mixed.store.predictions(mixed.sgd).predicted.tolist()


def test_a_finished_run_has_its_curves(mixed: Mixed) -> None:
    counts = len(mixed.store.steps(mixed.sgd)), len(mixed.store.epochs(mixed.sgd))
    assert counts == (38, 2)


def test_live_lines_have_become_parquet(mixed: Mixed) -> None:
    names = {path.name for path in mixed.store.folder(mixed.sgd).iterdir()}
    assert {"steps.parquet", "epochs.parquet"} <= names
    assert not {"steps.jsonl", "epochs.jsonl"} & names


def test_no_temporary_file_is_left(mixed: Mixed) -> None:
    assert list(mixed.store.folder(mixed.sgd).glob(".*")) == []


def test_the_pair_began_with_the_same_images(mixed: Mixed) -> None:
    first, second = (mixed.store.steps(run_id)["loss"][0] for run_id in mixed.pair)
    assert first == second


def test_a_run_knows_on_what_it_was_trained(mixed: Mixed) -> None:
    environment = mixed.store.read(mixed.sgd).environment
    assert environment is not None
    assert environment.threads == 1


def test_a_runaway_has_diverged(mixed: Mixed) -> None:
    assert state(mixed.store, mixed.runaway) == "diverged"


def test_a_runaway_says_why(mixed: Mixed) -> None:
    reason = mixed.store.read(mixed.runaway).status.reason
    assert reason.endswith("A smaller learning rate usually helps; this run used 100.")


def test_error_txt_holds_the_reason(mixed: Mixed) -> None:
    text = (mixed.store.folder(mixed.runaway) / files.ERROR).read_text()
    assert text == mixed.store.read(mixed.runaway).status.reason + "\n"


def test_a_runaway_keeps_its_curves(mixed: Mixed) -> None:
    losses = mixed.store.steps(mixed.runaway)["loss"]
    assert len(losses) > 0
    assert losses.notna().all()


def test_running_away_in_the_last_step_is_noticed_too(mixed: Mixed) -> None:
    assert state(mixed.store, mixed.late_runaway) == "diverged"
    assert len(mixed.store.steps(mixed.late_runaway)) == 1


def test_a_run_without_its_data_has_failed(mixed: Mixed) -> None:
    assert state(mixed.store, mixed.without_data) == "failed"


def test_a_run_without_its_data_says_why(mixed: Mixed) -> None:
    reason = mixed.store.read(mixed.without_data).status.reason
    assert reason.startswith(f"MNIST is not in {mixed.store.root.parent / 'data'}")


@pytest.mark.parametrize("which", ["sgd", "runaway", "without_data"])
def test_an_ended_run_is_not_cancelled(mixed: Mixed, which: str) -> None:
    with pytest.raises(RunStateError, match="has ended already"):
        cancel(mixed.store, getattr(mixed, which))


def test_tensorboard_finds_article_0s_four_curves(mixed: Mixed) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(mixed.store.folder(mixed.sgd))).Reload()
    assert sorted(events.Tags()["scalars"]) == TAGS


def test_tensorboard_shows_the_numbers_of_the_curves(mixed: Mixed) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(mixed.store.folder(mixed.sgd))).Reload()
    epochs = mixed.store.epochs(mixed.sgd)
    shown = [(event.step, event.value) for event in events.Scalars("Ac/test_accuracy")]
    assert shown == list(zip(epochs["epoch"], epochs["validation_accuracy"], strict=True))


# Somebody interferes


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


def test_a_cancelled_run_whose_worker_died_is_cancelled(store, engine, recorded) -> None:
    from core.runs.processes import own_process

    run_id = store.create(SHORT)
    gone = own_process().model_copy(update={"create_time": 1.0})
    store.write_status(run_id, new_status("running", process=gone))
    (store.folder(run_id) / files.CANCEL).touch()
    recorded.look()
    assert state(store, run_id) == "cancelled"


def test_an_unreadable_run_does_not_stop_the_queue(store, engine, recorded) -> None:
    (store.root / "0 empty").mkdir(parents=True)
    run_id = store.create(SHORT)
    recorded.look()
    assert engine.started == [run_id]


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["core", "core"]])
def test_a_worker_called_wrongly_says_how(arguments: list[str], capsys) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m core.runs.worker RUN_DIR\n"


def test_watched_test_images_go_to_the_same_curves(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    watched = {"test_loss": 0.5, "test_accuracy": 0.75}
    nothing = dict.fromkeys(("validation_loss", "validation_accuracy"))
    epoch = {"epoch": 1, "train_loss": 0.25, "train_accuracy": 1.0} | watched | nothing
    with ScalarWriter(tmp_path) as scalars:
        scalars.write_epoch(epoch)
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [events.Scalars(tag)[0].value for tag in TAGS] == [0.75, 1.0, 0.5, 0.25]
