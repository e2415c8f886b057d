"""core.runs.labels: name, notes, tags, star and archive of a run."""

import json
import threading
from pathlib import Path

import pytest

from core.config import RunConfig
from core.errors import ConfigError, RunError, RunNotFoundError, RunUnreadableError
from core.runs import files
from core.runs.labels import clean_name, clean_notes, clean_tags, relabel, retag
from core.runs.records import RunInfo
from core.runs.store import RunStore

CONFIG = RunConfig(dataset="digits")


@pytest.fixture
def run_id(store: RunStore) -> str:
    return store.create(CONFIG, name="before")


def stored(store: RunStore, run_id: str) -> dict:
    return json.loads((store.folder(run_id) / files.CONFIG).read_text())


def test_labels_are_changed_and_read_back(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, name="after", notes="why", tags=["a", "b"], starred=True, archived=True)
    info = store.read(run_id).info
    assert (info.name, info.notes, info.tags) == ("after", "why", ("a", "b"))
    assert (info.starred, info.archived) == (True, True)


def test_labels_that_are_not_given_stay(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, notes="why", tags=["a"])
    relabel(store, run_id, starred=True)
    info = store.read(run_id).info
    assert (info.name, info.notes, info.tags, info.starred) == ("before", "why", ("a",), True)


def test_a_label_can_be_emptied(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, notes="why", tags=["a"], starred=True)
    relabel(store, run_id, notes="", tags=[], starred=False)
    info = store.read(run_id).info
    assert (info.notes, info.tags, info.starred) == ("", (), False)


def test_what_another_version_stored_is_kept(store: RunStore, run_id: str) -> None:
    path = store.folder(run_id) / files.CONFIG
    path.write_text(json.dumps(stored(store, run_id) | {"mood": "hopeful"}))
    relabel(store, run_id, name="after")
    assert stored(store, run_id)["mood"] == "hopeful"


def test_a_run_of_an_older_version_has_no_star_and_is_in_the_table(
    store: RunStore, run_id: str
) -> None:
    older = stored(store, run_id)
    del older["starred"], older["archived"]
    (store.folder(run_id) / files.CONFIG).write_text(json.dumps(older))
    info = store.read(run_id).info
    assert (info.starred, info.archived) == (False, False)


def test_a_listing_sees_the_new_name(store: RunStore, run_id: str) -> None:
    store.list()
    relabel(store, run_id, name="after")
    assert [run.name for run in store.list()] == ["after"]


def test_nothing_is_written_where_nothing_changes(store: RunStore, run_id: str) -> None:
    before = (store.folder(run_id) / files.CONFIG).stat()
    relabel(store, run_id, name="before", starred=False)
    after = (store.folder(run_id) / files.CONFIG).stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_no_temporary_file_is_left(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, name="after")
    assert sorted(path.name for path in store.folder(run_id).iterdir()) == [
        files.CONFIG,
        files.STATUS,
    ]


def test_changes_at_the_same_time_do_not_undo_each_other(store: RunStore, run_id: str) -> None:
    tags = [f"tag {number}" for number in range(8)]
    threads = [
        threading.Thread(target=retag, args=(RunStore(store.root), run_id), kwargs={"add": [tag]})
        for tag in tags
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.read(run_id).info.tags) == tags


def test_a_deleted_run_has_no_labels_to_change(store: RunStore) -> None:
    with pytest.raises(RunNotFoundError):
        relabel(store, "gone1234567", name="x")


def test_an_unreadable_run_says_why_it_cannot_be_renamed(store: RunStore, run_id: str) -> None:
    (store.folder(run_id) / files.CONFIG).write_text("{")
    with pytest.raises(RunUnreadableError, match="damaged"):
        relabel(store, run_id, name="x")


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(RunError, match="cannot be changed"):
        relabel(RunStore(tmp_path / "runs"), "x", name="y")


# Limits


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  two\n words\t", "two words"),
        ("<b>*x*</b>", "<b>*x*</b>"),
        ("\x1b[31mred\0", "[31mred"),
        ("half \ud800 letter", "half letter"),
        ("left\u202eright", "leftright"),
        ("Größe 数字 👩‍🔬", "Größe 数字 👩‍🔬"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_name_is_one_line_of_what_can_be_read(typed: str, name: str) -> None:
    assert clean_name(typed) == name


@pytest.mark.parametrize("typed", ["", "  \n", "\0"])
def test_an_empty_name_is_refused(typed: str) -> None:
    with pytest.raises(ConfigError, match="needs a name"):
        clean_name(typed)


def test_too_long_a_name_is_refused_with_both_lengths() -> None:
    with pytest.raises(ConfigError, match="at most 200 characters; this one has 201"):
        clean_name("x" * 201)


def test_notes_keep_their_lines() -> None:
    assert clean_notes("\n one \r\ntwo\rthree\n\n") == "one\ntwo\nthree"


def test_too_long_notes_are_refused() -> None:
    assert clean_notes("x" * 5000)
    with pytest.raises(ConfigError, match="at most 5,000 characters; these have 5,001"):
        clean_notes("x" * 5001)


def test_commas_stand_between_tags() -> None:
    assert clean_tags(["a, b ,,", " c  d "]) == ("a", "b", "c d")


def test_a_tag_is_kept_once_whatever_its_case() -> None:
    assert clean_tags(["Base", "base, BASE"]) == ("Base",)


def test_too_long_a_tag_is_refused() -> None:
    assert clean_tags(["x" * 40])
    with pytest.raises(ConfigError, match="at most 40 characters, this one has 41"):
        clean_tags(["x" * 41])


def test_too_many_tags_are_refused() -> None:
    assert len(clean_tags(map(str, range(20)))) == 20
    with pytest.raises(ConfigError, match="at most 20 tags; these would be 21"):
        clean_tags(map(str, range(21)))


def test_what_is_refused_changes_nothing(store: RunStore, run_id: str) -> None:
    with pytest.raises(ConfigError):
        relabel(store, run_id, name="after", tags=["x" * 41])
    assert store.read(run_id).name == "before"


def test_tags_are_added_and_taken_away(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, tags=["a", "b"])
    retag(store, run_id, add=["c", "A"], remove=["B"])
    assert store.read(run_id).info.tags == ("a", "c")


def test_tags_added_count_with_those_there(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, tags=map(str, range(20)))
    with pytest.raises(ConfigError, match="these would be 21"):
        retag(store, run_id, add=["one more"])


def test_new_fields_are_optional_in_the_record() -> None:
    info = RunInfo(config=CONFIG, name="x", created=0.0)
    assert (info.starred, info.archived) == (False, False)
