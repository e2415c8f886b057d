"""Run folders that are damaged, foreign or newer: listed with the reason, never fatal."""

import json
import os
import shutil
from pathlib import Path

import pytest

from core.config import RunConfig
from core.errors import (
    RunUnreadableError,
)
from core.runs import files
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore

CONFIG = RunConfig(dataset="digits")


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def only(store: RunStore) -> Run | UnreadableRun:
    (run,) = store.list()
    return run


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def truncated(folder: Path) -> None:
    path = folder / files.CONFIG
    path.write_text(path.read_text()[:40])


def foreign(folder: Path) -> None:
    (folder / files.STATUS).write_bytes(b"\x89PNG\xff")


def a_list(folder: Path) -> None:
    (folder / files.STATUS).write_text("[1, 2]")


def deep(folder: Path) -> None:
    (folder / files.STATUS).write_text("[" * 100_000)


def a_folder(folder: Path) -> None:
    (folder / files.STATUS).unlink()
    (folder / files.STATUS).mkdir()


def wrong_type(folder: Path) -> None:
    change_json(folder / files.CONFIG, name=5)


def no_number(folder: Path) -> None:
    (folder / files.STATUS).write_text('{"state": "queued", "heartbeat": NaN}')


def wrong_state(folder: Path) -> None:
    change_json(folder / files.STATUS, state="asleep")


def wrong_setting(folder: Path) -> None:
    change_json(folder / files.CONFIG, config={"learning_rate": -1})


def no_config(folder: Path) -> None:
    change_json(folder / files.CONFIG, config=None)


def torn_summary(folder: Path) -> None:
    (folder / files.SUMMARY).write_text('{"epochs": 1')


DAMAGES = {
    empty: "config.json is missing",
    truncated: "config.json is damaged (not complete JSON)",
    foreign: "status.json cannot be read",
    a_list: "status.json is damaged (not a JSON object)",
    deep: "status.json is damaged",
    a_folder: "status.json cannot be read",
    wrong_type: "config.json: name: Input should be a valid string",
    no_number: "status.json: heartbeat: Input should be a finite number",
    wrong_state: "status.json: state: Input should be",
    wrong_setting: "config.json: learning rate must be above 0, got -1",
    no_config: "config.json: config:",
    torn_summary: "summary.json is damaged",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_listed_with_the_reason(store: RunStore, damage) -> None:
    damage(store.folder(store.create(CONFIG)))
    run = only(store)
    assert isinstance(run, UnreadableRun)
    assert DAMAGES[damage] in run.reason


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_does_not_hide_the_others(store: RunStore, damage) -> None:
    good, bad, better = (store.create(CONFIG) for _ in range(3))
    damage(store.folder(bad))
    assert [(run.id, isinstance(run, Run)) for run in store.list()] == [
        (better, True),
        (bad, False),
        (good, True),
    ]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_says_what_to_do(store: RunStore, damage) -> None:
    run_id = store.create(CONFIG)
    damage(store.folder(run_id))
    with pytest.raises(RunUnreadableError, match="Restore the file from a copy, or delete the run"):
        store.read(run_id)


@pytest.mark.parametrize("name", [files.CONFIG, files.STATUS])
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(store: RunStore, name: str) -> None:
    path = store.folder(store.create(CONFIG)) / name
    path.unlink()
    os.mkfifo(path)
    run = only(store)
    assert isinstance(run, UnreadableRun)
    assert f"{name} cannot be read" in run.reason


def test_an_endless_device_in_the_place_of_a_file_is_not_read(store: RunStore) -> None:
    path = store.folder(store.create(CONFIG)) / files.STATUS
    path.unlink()
    path.symlink_to("/dev/zero")
    assert isinstance(only(store), UnreadableRun)


def test_a_file_that_is_far_too_large_is_not_read(store: RunStore) -> None:
    with (store.folder(store.create(CONFIG)) / files.STATUS).open("wb") as file:
        file.truncate(10_000_000_000)
    assert isinstance(only(store), UnreadableRun)


def test_letters_that_turn_or_command_are_left_out_of_what_was_written_by_hand(
    store: RunStore,
) -> None:
    run_id = store.create(CONFIG)
    change_json(store.folder(run_id) / files.CONFIG, name="a\u202eb\x1b[31mc", notes="x\x00\ny")
    assert (store.read(run_id).name, store.read(run_id).info.notes) == ("ab[31mc", "x\ny")


def test_a_mended_run_is_listed_again(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    path = store.folder(run_id) / files.CONFIG
    content = path.read_text()
    path.write_text("{")
    assert isinstance(only(store), UnreadableRun)
    path.write_text(content)
    assert isinstance(only(store), Run)


def test_fields_of_a_later_version_are_passed_over(store: RunStore) -> None:
    run_id = store.create(CONFIG, name="mine")
    change_json(store.folder(run_id) / files.CONFIG, mood="good")
    assert store.read(run_id).name == "mine"


def test_a_link_in_a_circle_hides_no_run(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    (store.root / "loop").symlink_to("loop")
    assert [run.id for run in store.list()] == [run_id]


def test_a_file_beside_the_runs_is_no_run(store: RunStore) -> None:
    store.create(CONFIG)
    (store.root / "notes.txt").touch()
    (store.root / ".cache").mkdir()
    assert len(store.list()) == 1


def test_a_folder_with_spaces_in_its_name_is_a_run(store: RunStore) -> None:
    store.folder(store.create(CONFIG)).rename(store.root / "copy of my run")
    assert (only(store).id, store.read("copy of my run").config) == ("copy of my run", CONFIG)
