"""What becomes of real dashboards whose disk fills up, whose runs turn read-only or vanish, and of
two that share one folder of runs, of which the first is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from core.errors import DiskLimitError
from core.runs import files
from core.runs.disk import Disk, DiskLimits
from core.runs.ids import new_run_id
from core.runs.processes import own_process
from core.runs.records import new_status
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard
from tests.support.workers import LONG, SHORT, end_workers, pid, state, wait_until


def dashboard_on(folder: Path, name: str = "log", **settings: str) -> Dashboard:
    """Return a dashboard with one slot over `folder`'s runs, not started."""
    return Dashboard(folder / "runs", folder / "data", folder / name, slots=1, settings=settings)


def health(dashboard: Dashboard) -> dict:
    answer = httpx.get(f"{dashboard.url}/healthz", timeout=20)
    return {"code": answer.status_code, **answer.json()}


def is_in(dashboard: Dashboard, condition: str) -> bool:
    return health(dashboard)["status"] == condition


# The disk


@dataclass
class FullDisk:
    """A small disk that fills up while a run trains and another waits, and is emptied again."""

    states: dict[str, list[str]] = field(default_factory=dict)
    health: dict[str, dict] = field(default_factory=dict)
    said: str = ""
    page: int = 0


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullDisk]:
    folder = tmp_path_factory.mktemp("full")
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root on Linux")
    limits = {"DIGITLAB_WARN_FREE_GB": "0.03", "DIGITLAB_STOP_FREE_GB": "0.015"}
    dashboard = Dashboard(disk / "runs", folder / "data", folder / "log", 1, limits)
    store = RunStore(dashboard.runs)
    try:
        dashboard.start()
        yield filled_and_emptied(dashboard, store, disk / "filler")
    finally:
        dashboard.stop()
        end_workers(store)
        subprocess.run(["umount", "-l", str(disk)], check=True)


def filled_and_emptied(dashboard: Dashboard, store: RunStore, filler: Path) -> FullDisk:
    found = FullDisk()
    ids = [store.create(LONG), store.create(SHORT)]
    wait_until(lambda: state(store, ids[0]) == "running", "the first trains")
    fill(filler, leave=10_000_000)
    wait_until(lambda: is_in(dashboard, "degraded"), "the disk is noticed")
    found.health["filling"] = health(dashboard)
    found.said = typed(dashboard, "train", "article1-adam", "--set", "dataset=digits")
    os.kill(pid(store, ids[0]), signal.SIGKILL)
    wait_until(lambda: state(store, ids[0]) == "crashed", "the first has ended")
    time.sleep(2)  # several looks of the queue
    found.states["filling"] = [state(store, run_id) for run_id in ids]
    fill(filler, leave=0)
    wait_until(lambda: is_in(dashboard, "failing"), "nothing is left")
    found.health["full"] = health(dashboard)
    found.page = httpx.get(dashboard.url, headers={"Accept": "text/html"}).status_code
    filler.unlink()
    wait_until(lambda: state(store, ids[1]) == "finished", "the second has finished")
    wait_until(lambda: is_in(dashboard, "ok"), "all is well")
    found.health["after"] = health(dashboard)
    return found


def fill(filler: Path, leave: int) -> None:
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while shutil.disk_usage(filler.parent).free > leave:
            file.write(bytes(65_536))


def typed(dashboard: Dashboard, *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=PROJECT_ROOT,
        env=dashboard.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=90,
        check=False,
    )
    return ended.stderr


def test_below_the_limit_health_says_that_nothing_starts(full: FullDisk) -> None:
    found = full.health["filling"]
    assert (found["code"], found["disk"]["state"]) == (200, "stopped")


def test_below_the_limit_a_new_run_is_refused_with_a_sentence(full: FullDisk) -> None:
    assert "MB left, so no further run is started or taken in" in full.said


def test_below_the_limit_what_waits_goes_on_waiting(full: FullDisk) -> None:
    assert full.states["filling"] == ["crashed", "queued"]


def test_on_a_full_disk_health_fails(full: FullDisk) -> None:
    assert (full.health["full"]["code"], full.health["full"]["status"]) == (503, "failing")


def test_on_a_full_disk_the_pages_are_there(full: FullDisk) -> None:
    assert full.page == 200


def test_once_there_is_room_what_waited_is_trained_and_health_is_ok(full: FullDisk) -> None:
    assert (full.health["after"]["code"], full.health["after"]["disk"]["state"]) == (200, "ok")


def disk_of(root: Path, **limits: int) -> Disk:
    return Disk(root, DiskLimits(**{"warn_free": 0, "stop_free": 0, **limits}))


def test_with_enough_room_a_disk_has_nothing_to_say(tmp_path: Path) -> None:
    use = disk_of(tmp_path).look()
    assert (use.state, use.sentence) == ("ok", "")


def test_a_disk_warns_before_it_stops(tmp_path: Path) -> None:
    use = disk_of(tmp_path, warn_free=10**18).look()
    assert (use.state, "no further run is started: make room" in use.sentence) == ("warning", True)


def test_runs_that_take_more_than_they_may_stop_new_ones(store: RunStore) -> None:
    store.create(SHORT)
    store.disk = disk_of(store.root, most_runs=100)
    store.disk.add_up()
    with pytest.raises(DiskLimitError, match=r"The runs take .* of the .* that they may"):
        store.create(SHORT)


def test_the_folder_of_runs_need_not_be_there_to_ask_its_disk(tmp_path: Path) -> None:
    assert (disk_of(tmp_path / "not" / "yet").look().free or 0) > 0


# Read-only, and gone


@dataclass
class Troubled:
    """A folder of runs that turns read-only for a while, and later is deleted under the server."""

    health: dict[str, dict] = field(default_factory=dict)
    said: str = ""
    states: dict[str, str] = field(default_factory=dict)
    log: str = ""
    keeps: bool = False


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    folder = tmp_path_factory.mktemp("troubled")
    dashboard = dashboard_on(folder)
    store = RunStore(dashboard.runs)
    found = Troubled()
    dashboard.start()
    try:
        wait_until(lambda: dashboard.runs.is_dir(), "the server made the folder")
        make_read_only(dashboard.runs, True)
        try:
            wait_until(lambda: is_in(dashboard, "failing"), "it cannot be written to")
            found.health["read-only"] = health(dashboard)
            found.said = typed(dashboard, "train", "article1-adam", "--set", "dataset=digits")
        finally:
            make_read_only(dashboard.runs, False)
        wait_until(lambda: is_in(dashboard, "ok"), "it can be written to again")
        first = store.create(SHORT)
        wait_until(lambda: state(store, first) == "finished", "a run after that")
        found.states["writable"] = state(store, first)

        shutil.rmtree(dashboard.runs)
        wait_until(lambda: dashboard.runs.is_dir(), "the folder is made anew")
        wait_until(lambda: health(dashboard)["queue"]["keeper"], "the queue is kept again")
        found.health["deleted"] = health(dashboard)
        second = store.create(SHORT)
        wait_until(lambda: state(store, second) == "finished", "a run in the new folder")
        found.states["deleted"] = state(store, second)
        found.keeps = (dashboard.runs / files.QUEUE_LOCK).exists()
        found.log = dashboard.log_text()
        yield found
    finally:
        dashboard.stop()
        end_workers(store)


def make_read_only(folder: Path, on: bool) -> None:
    """Let nobody write into `folder`, root neither; skips the test where that cannot be done."""
    if os.geteuid():
        folder.chmod(0o555 if on else 0o755)
        return
    command = ["chattr", "+i" if on else "-i", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this disk knows no folder that root may not write into")


def test_a_folder_that_cannot_be_written_to_fails_the_health_check(troubled: Troubled) -> None:
    found = troubled.health["read-only"]
    assert (found["code"], found["disk"]["writable"]) == (503, False)


def test_in_a_folder_that_cannot_be_written_to_a_new_run_gets_a_sentence(
    troubled: Troubled,
) -> None:
    assert "Check that the folder may be written to" in troubled.said


def test_once_it_can_be_written_to_runs_train_again(troubled: Troubled) -> None:
    assert troubled.states["writable"] == "finished"


def test_a_deleted_folder_of_runs_is_made_anew_under_a_live_server(troubled: Troubled) -> None:
    assert (troubled.health["deleted"]["code"], troubled.states["deleted"]) == (200, "finished")


def test_a_deleted_folder_of_runs_is_said_in_a_sentence(troubled: Troubled) -> None:
    assert "was deleted or moved on" in troubled.log


def test_the_new_folder_has_a_keeper_that_others_can_see(troubled: Troubled) -> None:
    assert troubled.keeps


def test_no_fault_of_the_disk_leaves_a_traceback(troubled: Troubled) -> None:
    assert "Traceback" not in troubled.log


# Two dashboards


@dataclass
class Both:
    """Two dashboards on one folder of runs; the first is killed while a run trains."""

    keepers: dict[str, list[bool]] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    worker: dict[str, int] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    first, second = dashboard_on(folder, "first.log"), dashboard_on(folder, "second.log")
    store = RunStore(first.runs)
    found = Both()
    try:
        first.start()
        wait_until(lambda: health(first)["queue"]["keeper"], "the first keeps the queue")
        second.start()
        found.keepers["both"] = [health(one)["queue"]["keeper"] for one in (first, second)]
        found.conditions = [health(one)["status"] for one in (first, second)]
        ids = [store.create(LONG), store.create(SHORT)]
        wait_until(lambda: state(store, ids[0]) == "running", "the first run trains")
        wait_until(lambda: health(second)["queue"]["running"] == 1, "the second sees it")
        found.worker["before"] = pid(store, ids[0])
        first.kill()
        found.seconds = wait_until(
            lambda: health(second)["queue"]["keeper"], "the second has taken over"
        )
        found.worker["after"] = pid(store, ids[0])
        found.states["after"] = [state(store, run_id) for run_id in ids]
        os.kill(found.worker["after"], signal.SIGKILL)
        wait_until(lambda: state(store, ids[1]) == "finished", "the second trains what waited")
        found.states["end"] = [state(store, run_id) for run_id in ids]
        yield found
    finally:
        first.kill()
        second.stop()
        end_workers(store)


def test_of_two_dashboards_one_keeps_the_queue(both: Both) -> None:
    assert both.keepers["both"] == [True, False]


def test_both_of_two_dashboards_are_well(both: Both) -> None:
    assert both.conditions == ["ok", "ok"]


def test_when_the_first_is_killed_the_second_takes_over(both: Both) -> None:
    assert both.seconds < 30


def test_the_second_dashboard_leaves_the_worker_of_the_first_alone(both: Both) -> None:
    assert both.worker["before"] == both.worker["after"]
    assert both.states["after"] == ["running", "queued"]


def test_the_second_dashboard_trains_what_the_first_left_waiting(both: Both) -> None:
    assert both.states["end"] == ["crashed", "finished"]


# The clock


def test_a_clock_that_was_set_does_not_end_a_worker(store: RunStore) -> None:
    # What counts as the moment of its begin moves with the clock.
    run_id = store.create(SHORT)
    own = own_process(store.folder(run_id))
    moved = own.model_copy(update={"create_time": own.create_time - 3_600})
    if not own.since_boot:
        pytest.skip("only Linux counts from the machine's start")
    store.write_status(run_id, new_status("running", process=moved))
    assert state(store, run_id) == "running"


def test_a_process_of_an_earlier_start_of_the_machine_is_none_of_this(store: RunStore) -> None:
    run_id = store.create(SHORT)
    own = own_process(store.folder(run_id))
    before = own.model_copy(update={"since_boot": f"another {own.since_boot.rpartition(' ')[2]}"})
    store.write_status(run_id, new_status("running", process=before))
    assert state(store, run_id) == "crashed"


def test_ids_of_one_process_sort_though_the_clock_goes_back(monkeypatch) -> None:
    first = new_run_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert [new_run_id() > first, new_run_id() > first] == [True, True]


# A worker whose clock is off by as many seconds as a file says at that moment.
WRONG_CLOCK = """
import pathlib, sys, time
right, clock = time.time, pathlib.Path(sys.argv[2])
time.time = lambda: right() + float(clock.read_text())
from core.runs import worker
sys.exit(worker.main(sys.argv[1:2]))
"""


@pytest.mark.parametrize("moved", [-86_400, 86_400])
def test_a_run_goes_on_while_its_clock_is_moved(store: RunStore, tmp_path: Path, moved) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    run_id = store.create(LONG)
    command = [sys.executable, "-c", WRONG_CLOCK, str(store.folder(run_id)), str(clock)]
    worker = subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: store.read(run_id).status.step > 0, "it trains")
        before = store.read(run_id).status
        with files.replacing(clock) as temporary:  # it is read all the time
            temporary.write_text(str(moved))
        wait_until(lambda: _moved(store, run_id, before.heartbeat), "it says the new time")
        step = store.read(run_id).status.step
        wait_until(lambda: store.read(run_id).status.step > step, "it goes on saying how far it is")
        assert state(store, run_id) == "running"
        # Without a queue: the worker itself looks, now and then, whether it shall stop.
        (store.folder(run_id) / files.CANCEL).touch()
        worker.wait(60)
        assert state(store, run_id) == "cancelled"
    finally:
        worker.kill()
        worker.wait()


def _moved(store: RunStore, run_id: str, before: float) -> bool:
    return abs(store.read(run_id).status.heartbeat - before) > 80_000
