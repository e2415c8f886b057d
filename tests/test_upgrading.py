"""Run folders, groups and drawings of older formats open; those of newer ones are refused."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.config import RunConfig
from core.errors import ArchiveError, DrawingUnreadableError, RunTooNewError, RunUnreadableError
from core.field_test.records import Original
from core.field_test.store import DrawingStore
from core.runs import files
from core.runs.groups import GroupStore
from core.runs.importing import import_runs
from core.runs.index import RunIndex
from core.runs.labels import relabel
from core.runs.queue import RunQueue
from core.runs.records import SCHEMA_VERSION, UnreadableRun
from core.runs.resuming import resume
from core.runs.store import RunStore
from core.runs.upgrading import Format
from core.settings import PROJECT_ROOT
from tests.support.workers import SHORT, new_queue, wait_until

NEWER = "was made by a newer Digit Lab (format 7; this one knows up to 1): update Digit Lab to open"
JSON_FILES = (files.CONFIG, files.STATUS, files.SUMMARY, files.ENVIRONMENT)


def change(path: Path, version: int | str | None) -> None:
    """Let a file say that it is of `version`, or say nothing of it."""
    values = json.loads(path.read_text())
    values.pop("schema_version", None)
    path.write_text(
        json.dumps(values if version is None else {**values, "schema_version": version})
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def old(store: RunStore) -> str:
    """A finished run as the first version wrote it: none of its files says its format."""
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", store.root / "first")
    for name in JSON_FILES:
        change(store.root / "first" / name, None)
    return "first"


@pytest.fixture
def new(store: RunStore) -> str:
    """A finished run whose config.json is of a format still to come."""
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", store.root / "later")
    change(store.root / "later" / files.CONFIG, 7)
    return "later"


# The mechanism


def noted(number: int):
    return lambda _name, values: {
        **values,
        "went through": [*values.get("went through", []), number],
    }


THREE = Format(3, {0: noted(0), 1: noted(1), 2: noted(2)})


@pytest.mark.parametrize(
    ("version", "steps"), [(None, [0, 1, 2]), (0, [0, 1, 2]), (1, [1, 2]), (2, [2])]
)
def test_an_older_file_goes_through_every_step_from_its_own(version, steps) -> None:
    values = {} if version is None else {"schema_version": version}
    assert THREE.bring_up("config.json", values) == {"schema_version": 3, "went through": steps}


def test_a_file_of_this_format_is_taken_as_it_is() -> None:
    values = {"schema_version": 3, "name": "mine"}
    assert THREE.bring_up("config.json", values) is values


def test_bringing_up_leaves_what_was_read_as_it_was() -> None:
    values = {"name": "mine"}
    THREE.bring_up("config.json", values)
    assert values == {"name": "mine"}


def test_a_step_knows_which_file_it_gets() -> None:
    form = Format(1, {0: lambda name, values: {**values, "file": name}})
    assert form.bring_up("status.json", {})["file"] == "status.json"


@pytest.mark.parametrize("version", ["1", 1.0, True, -1, None, [1]])
def test_a_format_that_is_no_number_is_damage(version) -> None:
    with pytest.raises(RunUnreadableError, match="not a whole number"):
        THREE.bring_up("config.json", {"schema_version": version})


def test_a_format_without_a_step_is_not_made() -> None:
    with pytest.raises(ValueError, match="A step must lead from each"):
        Format(2, {1: noted(1)})


# Older runs


def test_a_run_of_the_first_format_opens(store: RunStore, old: str) -> None:
    run = store.read(old)
    assert (run.status.state, run.info.schema_version) == ("finished", SCHEMA_VERSION)


def test_reading_an_old_run_changes_no_file(store: RunStore, old: str) -> None:
    before = contents(store.folder(old))
    store.list()
    store.read(old)
    assert contents(store.folder(old)) == before


def test_a_label_brings_the_config_of_an_old_run_to_this_format(store: RunStore, old: str) -> None:
    relabel(store, old, name="renamed")
    values = files.read_json(store.folder(old) / files.CONFIG)
    assert (values["schema_version"], values["name"]) == (SCHEMA_VERSION, "renamed")


def test_an_old_run_is_resumed(store: RunStore) -> None:
    run_id = store.create(SHORT)
    status = store.read(run_id).status.model_copy(update={"state": "failed"})
    store.write_status(run_id, status)
    for name in (files.CONFIG, files.STATUS):
        change(store.folder(run_id) / name, None)
    resume(store, run_id)
    queue = new_queue(store, slots=1)
    queue.start()
    try:
        wait_until(lambda: store.read(run_id).status.state == "finished")
    finally:
        queue.stop()


# Newer runs


def test_a_newer_run_is_refused_with_a_sentence(store: RunStore, new: str) -> None:
    with pytest.raises(RunTooNewError) as caught:
        store.read(new)
    assert str(caught.value) == f"Run later {NEWER} it."


@pytest.mark.parametrize("name", JSON_FILES)
def test_a_newer_file_makes_the_run_unreadable(store: RunStore, old: str, name: str) -> None:
    change(store.folder(old) / name, 7)
    (listed,) = store.list()
    assert isinstance(listed, UnreadableRun)
    assert NEWER in listed.reason


def test_the_queue_leaves_a_newer_run_alone(store: RunStore) -> None:
    run_id = store.create(SHORT)
    change(store.folder(run_id) / files.CONFIG, 7)
    before = contents(store.folder(run_id))
    queue: RunQueue = new_queue(store, slots=1)
    try:
        queue.look()
        queue.look()
    finally:
        queue.stop()
    assert contents(store.folder(run_id)) == before


def test_a_newer_run_is_not_labelled(store: RunStore, new: str) -> None:
    before = contents(store.folder(new))
    with pytest.raises(RunTooNewError):
        relabel(store, new, name="mine")
    assert contents(store.folder(new)) == before


def test_a_newer_run_is_not_taken_in(store: RunStore, new: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in store.folder(new).iterdir():
            if files.belongs_to_run(path.name):
                archive.write(path, f"later/{path.name}")
    shutil.rmtree(store.folder(new))
    with pytest.raises(ArchiveError, match=r"was made by a newer Digit Lab .* update Digit Lab"):
        import_runs(store, file)
    assert store.list() == []


def test_an_index_does_not_outlive_a_run_that_became_newer(store: RunStore, old: str) -> None:
    cache = store.root.parent / "cache"

    def listed() -> list[str]:
        indexed = RunStore(store.root, RunIndex(cache, store.root))
        found = [type(run).__name__ for run in indexed.list()]
        wait_until(lambda: (indexed.list(), indexed.save_index()) and any(cache.glob("*")))
        return found

    first = listed()
    change(store.folder(old) / files.CONFIG, 7)
    (store.folder(old) / "touched").touch()  # as whatever replaces a file would
    assert (first, listed()) == (["Run"], ["UnreadableRun"])


def test_a_run_that_was_too_new_opens_once_it_is_known(store: RunStore, new: str) -> None:
    store.list()
    change(store.folder(new) / files.CONFIG, 1)
    (store.folder(new) / "touched").touch()
    wait_until(lambda: not isinstance(store.list()[0], UnreadableRun))


# Groups and drawings


def group_file(groups: GroupStore, version: int | None) -> None:
    groups.folder.mkdir(parents=True)
    values = {
        "kind": "sweep", "name": "rates", "created": 1.0, "stage": "running",
        "base": RunConfig(dataset="digits").model_dump(mode="json"),
        "varied": {"learning_rate": [0.1]}, "seeds": [],
    }  # fmt: skip
    path = groups.folder / "abc.json"
    path.write_text(json.dumps(values))
    change(path, version)


def test_a_group_of_the_first_format_opens(groups: GroupStore) -> None:
    group_file(groups, None)
    assert [group.name for group in groups.list()] == ["rates"]


def test_a_newer_group_is_passed_over_and_said_so(groups: GroupStore, caplog) -> None:
    group_file(groups, 7)
    assert groups.list() == []
    assert NEWER in caplog.text


@pytest.fixture
def drawings(tmp_path: Path) -> DrawingStore:
    return DrawingStore(tmp_path / "drawings")


def kept(drawings: DrawingStore, version: int | None) -> str:
    digit = np.full((28, 28), 7, np.uint8)
    drawing = drawings.add(4, digit, Original(b"\x89PNG\r\n\x1a\n", ()))
    path = drawings.root / f"{drawing.id}.json"
    line = '"schema_version": 1'
    text = path.read_text()
    assert line in text
    as_said = "" if version is None else f'"schema_version": {version},\n'
    path.write_text(text.replace(f"{line},\n", as_said))
    return drawing.id


def test_a_drawing_of_the_first_format_opens(drawings: DrawingStore) -> None:
    assert drawings.read(kept(drawings, None)).label == 4


def test_a_drawing_of_the_first_format_opens_whole(drawings: DrawingStore) -> None:
    assert drawings.original(kept(drawings, None)).picture.startswith(b"\x89PNG")


def test_a_marked_drawing_gets_this_format(drawings: DrawingStore) -> None:
    drawing_id = kept(drawings, None)
    drawings.mark(drawing_id, hidden=True)
    assert '"schema_version": 1' in (drawings.root / f"{drawing_id}.json").read_text()


def test_a_newer_drawing_is_refused_with_a_sentence(drawings: DrawingStore) -> None:
    drawing_id = kept(drawings, 7)
    with pytest.raises(DrawingUnreadableError) as caught:
        drawings.read(drawing_id)
    assert str(caught.value) == f"Drawing {drawing_id} {NEWER} it."


def test_a_newer_drawing_whose_fields_are_others_is_not_called_damaged(
    drawings: DrawingStore,
) -> None:
    drawings.root.mkdir()
    (drawings.root / "later.json").write_text('{"schema_version": 7, "label": "four"}')
    with pytest.raises(DrawingUnreadableError, match="made by a newer Digit Lab"):
        drawings.read("later")
