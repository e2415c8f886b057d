"""core.runs.importing: runs of elsewhere, brought into what holds here."""

import json
from pathlib import Path

import pytest

from core.errors import RunError
from core.runs import files, importing
from core.runs.bin import discard
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_sweep
from core.runs.groups import GroupStore
from core.runs.importing import import_runs
from core.runs.records import Run, new_status
from core.runs.store import PALETTE_SIZE, RunStore
from tests.support.zip_files import (
    CONFIG,
    GOOD,
    INFO,
    STATUS,
    exported,
    zipped,
)


def test_a_taken_id_is_exchanged_and_said(examples: RunStore) -> None:
    (taken,) = import_runs(examples, exported(examples, "example-sgd"))
    assert taken.run_id not in ("example-sgd", "example-adam")
    assert taken.remarks == (f"It got the new id {taken.run_id}: example-sgd is taken here.",)
    assert examples.read("example-sgd").info.example
    assert len(examples.list()) == 3


def test_an_id_in_the_bin_is_taken_too(examples: RunStore, store: RunStore) -> None:
    file = exported(examples, "example-sgd")
    import_runs(store, file)
    discard(store, "example-sgd")
    (taken,) = import_runs(store, file)
    assert taken.run_id != "example-sgd"


@pytest.mark.parametrize("odd", ["a.b", "größe", "-x", "x" * 65, " a", "con fig"])
def test_a_folder_name_that_is_no_id_is_exchanged(store: RunStore, odd: str) -> None:
    members = {name.replace("guest", odd): content for name, content in GOOD.items()}
    (taken,) = import_runs(store, zipped(members))
    assert len(taken.run_id) == 11
    assert store.read(taken.run_id).name == "guest"


def test_two_runs_of_one_name_in_a_file_get_two_ids(store: RunStore) -> None:
    members = {f"{top}/{name}": text for top in "ab" for name, text in GOOD.items()}
    first, second = import_runs(store, zipped(members))
    assert first.run_id == "guest"
    assert second.run_id != "guest"


@pytest.mark.parametrize("prefix", ["", "runs/", "some/where/"])
def test_a_run_folder_zipped_by_hand_is_taken(store: RunStore, prefix: str) -> None:
    members = {
        f"{prefix}guest/": "",
        f"{prefix}.queue.lock": "",
        f"__MACOSX/{prefix}guest/._config.json": "x",
        f"{prefix}guest/.DS_Store": "x",
        f"{prefix}guest/worker.log": "x",
        f"{prefix}guest/worker.lock": "",
        **{prefix + name: content for name, content in GOOD.items()},
    }
    (taken,) = import_runs(store, zipped(members))
    assert taken.run_id == "guest"
    assert sorted(path.name for path in store.folder("guest").iterdir()) == [
        files.CONFIG,
        files.STATUS,
    ]


def test_the_files_of_a_run_without_a_folder_are_taken(store: RunStore) -> None:
    members = {name.removeprefix("guest/"): content for name, content in GOOD.items()}
    (taken,) = import_runs(store, zipped(members))
    assert store.read(taken.run_id).name == "guest"
    assert taken.remarks == ()


def in_group(store: RunStore) -> tuple[str, str]:
    """Launch a sweep of two runs, end them, and return the group's id and the first run's."""
    groups = GroupStore(store.root)
    group = plan_sweep(CONFIG, {"seed": [1, 2]}, name="", limit=5)
    first, second = launch_group(store, groups, group)
    for run_id in (first, second):
        store.write_status(run_id, new_status("cancelled"))
    return group.id, first


def test_a_group_of_elsewhere_is_left(store: RunStore, tmp_path: Path) -> None:
    _, run_id = in_group(store)
    other = RunStore(tmp_path / "other")
    (taken,) = import_runs(other, exported(store, run_id))
    assert other.read(taken.run_id).info.group is None


def test_a_run_returns_to_its_group(store: RunStore) -> None:
    group, run_id = in_group(store)
    file = exported(store, run_id)
    store.delete(run_id)
    import_runs(store, file)
    assert store.read(run_id).info.group == group


def test_a_second_copy_does_not_count_in_the_group(store: RunStore) -> None:
    _, run_id = in_group(store)
    (taken,) = import_runs(store, exported(store, run_id))
    assert store.read(taken.run_id).info.group is None
    assert any("stands alone" in remark for remark in taken.remarks)


def test_no_run_from_outside_decides_in_an_open_comparison(store: RunStore) -> None:
    group_id, run_id = in_group(store)
    file = exported(store, run_id)
    store.delete(run_id)
    groups = GroupStore(store.root)
    group = groups.find(group_id)
    assert group is not None
    groups.write(group.model_copy(update={"stage": "planned"}))
    import_runs(store, file)
    assert store.read(run_id).info.group is None


def test_a_continued_run_names_its_beginning_by_the_new_id(store: RunStore) -> None:
    parent, child = store.create(CONFIG), store.create(CONFIG, name="child")
    for run_id in (parent, child):
        store.write_status(run_id, new_status("cancelled"))
    path = store.folder(child) / files.CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | {"continued_from": parent}))
    taken = import_runs(store, exported(store, parent, child))
    new_parent, new_child = (store.read(run.run_id) for run in taken)
    assert new_child.info.continued_from == new_parent.id != parent


def test_a_continued_run_that_keeps_its_id_keeps_its_beginning(
    store: RunStore, tmp_path: Path
) -> None:
    parent, child = store.create(CONFIG), store.create(CONFIG, continued_from="gone1234567")
    for run_id in (parent, child):
        store.write_status(run_id, new_status("cancelled"))
    path = store.folder(child) / files.CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | {"continued_from": parent}))
    other = RunStore(tmp_path / "other")
    taken = import_runs(other, exported(store, parent, child))
    assert other.read(child).info.continued_from == parent
    assert [run.remarks for run in taken] == [(), ()]


def test_a_role_without_a_group_is_none(store: RunStore) -> None:
    assert guest_with(store, role="final").info.role is None


def test_a_beginning_that_is_not_here_is_forgotten_and_said(store: RunStore) -> None:
    members = {**GOOD, "guest/config.json": json.dumps(INFO | {"continued_from": "far"})}
    (taken,) = import_runs(store, zipped(members))
    assert store.read("guest").info.continued_from is None
    assert taken.remarks == ("The run that it continues (“far”) is not here.",)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_had_not_ended_does_not_start_to_train_here(store: RunStore, state: str) -> None:
    process = {"pid": 1, "create_time": 1.0, "host": "elsewhere"}
    status = STATUS | {"state": state, "process": process, "heartbeat": 1e11}
    members = {**GOOD, "guest/status.json": json.dumps(status)}
    (taken,) = import_runs(store, zipped(members))
    run = store.read("guest")
    assert (run.status.process, run.status.state) == (None, "cancelled")
    assert "can be resumed" in taken.remarks[0]


def test_finished_without_figures_is_not_finished(store: RunStore) -> None:
    members = {**GOOD, "guest/status.json": json.dumps(STATUS | {"state": "finished"})}
    import_runs(store, zipped(members))
    assert store.read("guest").status.state == "crashed"


def guest_with(store: RunStore, **values: object) -> Run:
    import_runs(store, zipped({**GOOD, "guest/config.json": json.dumps(INFO | values)}))
    return store.read("guest")


def test_labels_from_outside_are_brought_within_the_limits(store: RunStore) -> None:
    run = guest_with(
        store,
        name="a\n\x1b\u202eb",
        notes="x" * 9000,
        tags=["y" * 99, "ok", *map(str, range(50))],
    )
    assert run.name == "a b"
    assert len(run.info.notes) == 5000
    assert run.info.tags[0] == "ok"
    assert len(run.info.tags) == 20


def test_a_name_of_nothing_readable_gets_words(store: RunStore) -> None:
    assert guest_with(store, name="\x00\x01").name == "Imported run"


def test_a_colour_and_a_date_that_cannot_be_are_mended(store: RunStore) -> None:
    run = guest_with(store, colour=1000, created=1e300)
    assert run.info.colour < PALETTE_SIZE
    assert run.info.created < 1e11


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    examples: RunStore, store: RunStore, monkeypatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = exported(examples, "example-sgd")
    monkeypatch.setattr(importing, "extract", full)
    with pytest.raises(RunError, match="No space left on device"):
        import_runs(store, file)
    assert list(store.root.iterdir()) == []


def test_a_move_that_fails_takes_the_others_back(
    examples: RunStore, store: RunStore, monkeypatch
) -> None:
    file = exported(examples, "example-sgd", "example-adam")
    rename, moves = Path.rename, []

    def fails_the_second_time(path: Path, target: Path) -> Path:
        moves.append(path)
        if len(moves) == 2:
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails_the_second_time)
    with pytest.raises(RunError, match="Input/output error"):
        import_runs(store, file)
    assert [path.name for path in store.root.iterdir()] == [files.CHANGES_LOCK]
