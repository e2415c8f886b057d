"""core.runs.bin: runs are deleted by a move, taken back, and removed for good."""

import os
import time
from pathlib import Path

import pytest

from core.config import RunConfig
from core.errors import RunError, RunNotFoundError, RunStateError
from core.runs import bin as runs_bin
from core.runs import files
from core.runs.bin import bin_of, bin_size, binned, delete_for_good, discard, empty_bin, restore
from core.runs.processes import own_process
from core.runs.records import new_status
from core.runs.store import RunStore

CONFIG = RunConfig(dataset="digits")


def ended(store: RunStore, name: str = "") -> str:
    run_id = store.create(CONFIG, name=name)
    store.write_status(run_id, new_status("cancelled"))
    return run_id


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_a_deleted_run_is_in_the_bin_and_not_in_the_list(store: RunStore) -> None:
    kept, gone = ended(store), ended(store)
    assert discard(store, gone) == gone
    assert [run.id for run in store.list()] == [kept]
    assert [run.id for run in binned(store)] == [gone]
    assert bin_size(store) == 1


def test_a_link_to_a_run_in_the_bin_says_where_it_is(store: RunStore) -> None:
    gone = ended(store)
    discard(store, gone)
    with pytest.raises(RunNotFoundError, match="is in the bin: it can be taken back"):
        store.read(gone)


def test_a_run_taken_back_is_as_it_was(store: RunStore) -> None:
    run_id = ended(store, "mine")
    before = store.read(run_id)
    discard(store, run_id)
    assert restore(store, run_id) == run_id
    assert store.read(run_id) == before
    assert binned(store) == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_an_active_run_is_not_deleted(store: RunStore, state) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status(state, process=own_process()))
    with pytest.raises(RunStateError, match="cancel it first"):
        discard(store, run_id)
    assert store.folder(run_id).exists()


def test_a_run_resumed_in_the_same_moment_stays(store: RunStore, monkeypatch) -> None:
    run_id = ended(store)
    monkeypatch.setattr(
        runs_bin, "_refuse", lambda *_: store.write_status(run_id, new_status("queued"))
    )
    with pytest.raises(RunStateError, match="cancel it first"):
        discard(store, run_id)
    assert store.read(run_id).active
    assert binned(store) == []


def test_an_example_stays(store: RunStore) -> None:
    run_id = store.create(CONFIG, example=True)
    store.write_status(run_id, new_status("cancelled"))
    with pytest.raises(RunStateError, match="Archive it"):
        discard(store, run_id)


def test_an_unreadable_run_can_be_deleted_and_taken_back(store: RunStore) -> None:
    run_id = ended(store)
    (store.folder(run_id) / files.CONFIG).unlink()
    discard(store, run_id)
    assert [run.id for run in binned(store)] == [run_id]
    restore(store, run_id)
    assert [run.id for run in store.list()] == [run_id]


def test_a_run_that_is_not_there_is_a_sentence(store: RunStore) -> None:
    for change in (discard, restore, delete_for_good):
        with pytest.raises(RunNotFoundError):
            change(store, "gone1234567")


@pytest.mark.parametrize("hostile", ["..", "../runs", ".bin", "", "a/b", "/etc"])
def test_a_hostile_id_leads_nowhere(store: RunStore, hostile: str) -> None:
    discard(store, ended(store))
    for change in (discard, restore, delete_for_good):
        with pytest.raises(RunNotFoundError):
            change(store, hostile)


def test_two_runs_of_one_id_both_lie_in_the_bin(store: RunStore) -> None:
    run_id = ended(store, "first")
    discard(store, run_id)
    ended(store, "second")
    (again,) = store.list()
    (store.root / again.id).rename(store.root / run_id)
    assert discard(store, run_id) == f"{run_id}-2"
    assert {run.name for run in binned(store)} == {"first", "second"}


def test_a_run_whose_id_is_taken_comes_back_under_another(store: RunStore) -> None:
    run_id = ended(store, "first")
    discard(store, run_id)
    (store.root / ended(store, "second")).rename(store.root / run_id)
    assert restore(store, run_id) == f"{run_id}-2"
    assert {run.name for run in store.list()} == {"first", "second"}


def test_the_last_deleted_comes_first(store: RunStore) -> None:
    first, second, third = (ended(store) for _ in range(3))
    for number, run_id in enumerate((second, third, first)):
        discard(store, run_id)
        os.utime(store.root / files.BIN / run_id, (number, number))
    assert [run.id for run in binned(store)] == [first, third, second]


def test_emptying_removes_everything_and_counts_the_runs(store: RunStore) -> None:
    kept = ended(store)
    for _ in range(3):
        discard(store, ended(store))
    assert empty_bin(store) == 3
    assert names(store.root / files.BIN) == []
    assert names(store.root) == [files.BIN, kept]


def test_an_empty_or_missing_bin_is_emptied_too(store: RunStore) -> None:
    assert (empty_bin(store), bin_size(store), binned(store)) == (0, 0, [])


def test_one_run_is_removed_for_good(store: RunStore) -> None:
    first, second = ended(store), ended(store)
    discard(store, first)
    discard(store, second)
    delete_for_good(store, first)
    assert names(store.root / files.BIN) == [second]


def test_emptying_clears_what_a_crash_left(store: RunStore) -> None:
    old, young = store.root / ".deleted-x-1", store.root / ".new-y"
    (store.root / files.BIN / ".deleted-z-2" / "deep").mkdir(parents=True)
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    empty_bin(store)
    assert names(store.root) == [files.BIN, ".new-y"]
    assert names(store.root / files.BIN) == []


def test_what_cannot_be_removed_is_a_sentence(store: RunStore, monkeypatch) -> None:
    discard(store, ended(store))
    monkeypatch.setattr(runs_bin.shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(RunError, match="could not be removed"):
        empty_bin(store)


def test_the_bin_of_a_store_remembers_what_it_read(store: RunStore) -> None:
    assert bin_of(store) is bin_of(RunStore(store.root))


def test_a_run_in_the_bin_does_not_use_up_a_colour(store: RunStore) -> None:
    run_id = ended(store)
    colour = store.read(run_id).info.colour
    discard(store, run_id)
    assert store.read(ended(store)).info.colour == colour
