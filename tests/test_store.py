"""core.runs.store, records, results and files: run folders, good, damaged and hostile."""

import os
import stat
import threading
from pathlib import Path

import pytest

from core.config import RunConfig
from core.errors import (
    RunError,
    RunNotFoundError,
    RunStateError,
)
from core.runs import files
from core.runs.ids import new_run_id
from core.runs.processes import own_process
from core.runs.records import new_status
from core.runs.store import PALETTE_SIZE, RunStore

CONFIG = RunConfig(dataset="digits")
SUMMARY = {
    "epochs": 1, "steps": 2, "seconds": 3.0, "train_images": 4, "validation_images": 5,
    "test_images": 6, "test_loss": 0.5, "test_accuracy": 0.75,
}  # fmt: skip


# Create, read, list, delete


def test_a_created_run_is_read_back(store: RunStore) -> None:
    run = store.read(store.create(CONFIG, name="mine", recipe="article1-sgd", group="pair"))
    assert (run.config, run.name, run.info.recipe, run.info.group) == (
        CONFIG,
        "mine",
        "article1-sgd",
        "pair",
    )


def test_a_created_run_waits(store: RunStore) -> None:
    run = store.read(store.create(CONFIG))
    assert (run.status.state, run.active, run.summary) == ("queued", True, None)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "SGD 0.001, MLP"),
        ({"optimizer": "adam", "learning_rate": 0.01}, "Adam 0.01, MLP"),
        ({"optimizer": "adagrad", "model": "cnn", "channels": (2,)}, "Adagrad 0.001, CNN"),
        ({"model": "softmax", "hidden_sizes": ()}, "SGD 0.001, softmax regression"),
        ({"learning_rate": 0.00001}, "SGD 0.00001, MLP"),
    ],
)
def test_a_run_without_a_name_gets_one(store: RunStore, values: dict, name: str) -> None:
    assert store.read(store.create(CONFIG.replace(**values))).name == name


def test_a_name_is_one_line_of_at_most_200_letters(store: RunStore) -> None:
    assert store.read(store.create(CONFIG, name=" a\n b" * 300)).name == ("a b " * 50)


def test_creating_leaves_nothing_but_the_run(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    assert [path.name for path in store.root.iterdir()] == [run_id]


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    ids = [store.create(CONFIG) for _ in range(3)]
    assert [run.id for run in store.list()] == ids[::-1]


def test_examples_are_listed_below_the_visitors_own(store: RunStore) -> None:
    mine = store.create(CONFIG)
    example = store.create(CONFIG, example=True)
    assert [run.id for run in store.list()] == [mine, example]


def test_two_stores_of_one_root_see_the_same(store: RunStore) -> None:
    other = RunStore(store.root)
    other.list()
    store.create(CONFIG)
    assert other.list() == store.list()


def test_a_listing_sees_what_changed(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.list()
    store.write_status(run_id, new_status("failed", reason="Broken."))
    assert store.list() == [store.read(run_id)]


def test_a_deleted_run_is_gone(store: RunStore) -> None:
    kept, run_id = store.create(CONFIG), store.create(CONFIG)
    store.write_status(run_id, new_status("cancelled"))
    store.delete(run_id)
    assert [path.name for path in store.root.iterdir()] == [kept]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_an_active_run_is_not_deleted(store: RunStore, state) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status(state, process=own_process()))
    with pytest.raises(RunStateError, match="cancel it first"):
        store.delete(run_id)
    assert store.folder(run_id).exists()


def test_an_unreadable_run_can_be_deleted(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    (store.folder(run_id) / files.CONFIG).unlink()
    store.delete(run_id)
    assert store.list() == []


def test_a_missing_root_has_no_runs(tmp_path: Path) -> None:
    assert RunStore(tmp_path / "nowhere" / "runs").list() == []


def test_a_missing_root_is_made(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "nowhere" / "runs")
    store.create(CONFIG)
    assert len(store.list()) == 1


def test_a_file_in_place_of_the_root_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match=r"cannot be listed \(Not a directory\)\. Check that"):
        RunStore(tmp_path / "runs").list()


def test_a_file_in_place_of_the_root_takes_no_run(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match="Check that"):
        RunStore(tmp_path / "runs").create(CONFIG)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into any folder")
def test_a_root_that_cannot_be_written_to_gives_a_sentence(store: RunStore) -> None:
    store.root.mkdir()
    store.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(RunError, match=r"No run can be created .* \(Permission denied\)"):
        store.create(CONFIG)


# Ids


def test_a_thousand_ids_are_unique_and_sorted() -> None:
    ids = [new_run_id() for _ in range(1000)]
    assert ids == sorted(set(ids))


def test_ids_of_many_threads_are_unique() -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.extend([new_run_id() for _ in range(200)]))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 1000


def test_an_id_is_short_and_url_safe() -> None:
    run_id = new_run_id()
    assert (len(run_id), run_id.isalnum(), run_id.isascii()) == (11, True, True)


@pytest.mark.parametrize(
    "run_id",
    ["", ".", "..", "../x", "../runs", "a/b", "/etc", "a/", ".hidden", "\0", "x\0", "a" * 5000,
     "\ud800", "absent", "notes.txt"],
)  # fmt: skip
def test_a_hostile_id_is_no_run(store: RunStore, run_id: str) -> None:
    (store.root / ".hidden").mkdir(parents=True)
    (store.root / "notes.txt").touch()
    with pytest.raises(RunNotFoundError, match="There is no run"):
        store.folder(run_id)


def test_a_hostile_id_deletes_nothing(store: RunStore, tmp_path: Path) -> None:
    store.create(CONFIG)
    (tmp_path / "mine").mkdir()
    with pytest.raises(RunNotFoundError):
        store.delete("../mine")
    assert (tmp_path / "mine").exists()


# Colours


def test_a_pair_differs_in_colour(store: RunStore) -> None:
    first, second = (store.read(store.create(CONFIG)).info.colour for _ in range(2))
    assert first != second


def test_colours_repeat_only_when_all_are_used(store: RunStore) -> None:
    colours = [store.read(store.create(CONFIG)).info.colour for _ in range(PALETTE_SIZE)]
    assert sorted(colours) == list(range(PALETTE_SIZE))


def test_a_run_keeps_its_colour_when_others_go(store: RunStore) -> None:
    first, second = store.create(CONFIG), store.create(CONFIG)
    before = store.read(second).info.colour
    store.write_status(first, new_status("finished"))
    store.delete(first)
    assert store.read(second).info.colour == before


# States


def test_a_summary_means_finished(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    files.write_json(store.folder(run_id) / files.SUMMARY, SUMMARY)
    run = store.read(run_id)
    assert (run.status.state, run.summary.test_accuracy) == ("finished", 0.75)


def test_a_running_run_of_a_living_process_runs(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status("running", process=own_process()))
    assert store.read(run_id).status.state == "running"


@pytest.mark.parametrize(
    "change", [{"create_time": 1.0, "since_boot": ""}, {"pid": 2**22 + 1}, {"pid": 10**30}]
)
def test_a_running_run_without_its_process_has_crashed(store: RunStore, change: dict) -> None:
    run_id = store.create(CONFIG)
    process = own_process().model_copy(update=change)
    store.write_status(run_id, new_status("running", process=process))
    assert store.read(run_id).status.state == "crashed"


def test_a_crashed_run_is_listed_as_crashed_without_a_change_on_disk(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    process = own_process().model_copy(update={"create_time": 1.0, "since_boot": ""})
    store.write_status(run_id, new_status("running", process=process))
    (listed,) = store.list()
    assert "the curves up to then are kept" in listed.status.reason


def test_the_time_left_goes_by_the_speed_so_far(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    status = new_status("running", process=own_process(), step=25, steps=100)
    store.write_status(run_id, status.model_copy(update={"started": 1_000.0, "heartbeat": 1_010.0}))
    assert store.read(run_id).seconds_left == 30.0


def test_nothing_is_said_of_the_time_left_before_the_first_step(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status("running", process=own_process(), started=1.0, steps=9))
    assert store.read(run_id).seconds_left is None
