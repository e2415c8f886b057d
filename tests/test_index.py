"""core.runs.index, listing, packing: listings that read little and say the same as the files."""

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config import RunConfig
from core.runs import files, index, indexing, listing, marks
from core.runs.engines.local import LocalEngine
from core.runs.index import RunIndex
from core.runs.labels import relabel
from core.runs.packing import packed, unpacked
from core.runs.processes import own_process
from core.runs.queue import RunQueue
from core.runs.records import Environment, Run, RunInfo, Status, Summary, UnreadableRun, new_status
from core.runs.resuming import resume as resume_run
from core.runs.store import RunStore
from core.settings import read_settings

CONFIG = RunConfig(dataset="digits")
SUMMARY = Summary(
    epochs=1, steps=2, seconds=3, train_images=4, validation_images=5, test_images=6,
    test_loss=0.5, test_accuracy=0.75,
)  # fmt: skip
TICK = 0.05  # seconds; longer than a tick of this machine's file systems


@pytest.fixture(autouse=True)
def fine_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe time stamps after 50 ms instead of seconds, so that tests need not wait long."""
    monkeypatch.setattr(marks, "_COARSEST_TICK_SECONDS", TICK)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def ids(store: RunStore) -> list[str]:
    """Three finished runs, and the time after which their folders' time stamps are believed."""
    made = [finished(store, f"run {number}") for number in range(3)]
    let_pass()
    return made


@pytest.fixture
def indexed(store: RunStore, ids: list[str], cache: Path) -> RunStore:
    """A store whose runs have been written into the index."""
    first = indexed_store(store.root, cache)
    first.list()
    first.save_index()
    return first


def indexed_store(root: Path, cache: Path) -> RunStore:
    """What a process that begins now has: it knows the folders and the file, nothing else."""
    return RunStore(root, RunIndex(cache, root))


def path_of(store: RunStore, cache: Path) -> Path:
    return RunIndex(cache, store.root).path


def finished(store: RunStore, name: str, config: RunConfig = CONFIG) -> str:
    run_id = store.create(config, name=name)
    files.write_json(store.folder(run_id) / files.SUMMARY, SUMMARY.model_dump(mode="json"))
    return run_id


def let_pass() -> None:
    time.sleep(2 * TICK)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the runs whose files were read since the test began."""
    found: list[str] = []
    read_run = listing.read_run

    def note(folder: Path) -> Run:
        found.append(folder.name)
        return read_run(folder)

    monkeypatch.setattr(listing, "read_run", note)
    return found


# Packing


def full_run() -> Run:
    """A run of which no field stands at its default."""
    config = RunConfig(
        dataset="digits", train_size=100, label_noise=0.1, validation_fraction=0.2,
        normalisation="half", augmentation=1, model="cnn", channels=(2, 3), kernel_size=3,
        pooling="average", response_norm=True, hidden_sizes=(7,), batch_norm=True,
        activation="tanh", dropout=0.1, initialisation="xavier", label_smoothing=0.1,
        learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=1e-05, clip_norm=2.0,
        schedule="step", step_epochs=2, step_factor=0.5, warmup_epochs=0.5, batch_size=9,
        drop_last=True, epochs=3, max_seconds=60, patience=2, keep_checkpoints=True, seed=5,
        device="cpu",
    )  # fmt: skip
    return Run(
        id="ß full",
        info=RunInfo(
            config=config, name="näme “x” \u2028", recipe="article1-sgd", group="g", role="final",
            tags=("a", "b"), notes="two\nlines", starred=True, archived=True, colour=3,
            created=1.25, example=True, continued_from="other",
        ),
        status=Status(
            state="failed", heartbeat=0.1 + 0.2, process=own_process(), started=1, step=2,
            steps=3, epoch=4, reason="Broken.", attempt=2,
        ),
        summary=SUMMARY.model_copy(
            update={
                "best_validation_accuracy": 0.5, "final_validation_accuracy": 0.25,
                "best_epoch": 1, "ended_by": "patience",
            }
        ),
        environment=Environment(python="3", torch="2", device="cpu", threads=1, platform="x"),
    )  # fmt: skip


def short_run() -> Run:
    """A run of which every field stands at its default that has one."""
    return Run(
        id="x",
        info=RunInfo(config=RunConfig(), name="", created=0),
        status=Status(state="cancelled", heartbeat=0),
    )


@pytest.mark.parametrize("make", [full_run, short_run])
def test_a_packed_run_comes_back_as_it_was(make: Callable[[], Run]) -> None:
    run = make()
    back = unpacked(packed(run))
    # Its repr too: a list is not a tuple, and 1 no 1.0, though they compare alike in a model.
    assert (back, repr(back)) == (run, repr(run))


@pytest.mark.parametrize("make", [full_run, short_run])
def test_a_packed_run_writes_the_same_files(make: Callable[[], Run]) -> None:
    run = make()
    assert unpacked(packed(run)).model_dump_json() == run.model_dump_json()


@pytest.mark.parametrize("line", ["", "{}", "[]", "7", '{"id": "x"}', '{"id": 1, "info": {}}'])
def test_a_line_that_is_no_run_is_refused(line: str) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        unpacked(line)


# The same listing with and without


def test_the_index_says_the_same_as_the_files(
    store: RunStore, indexed: RunStore, cache: Path
) -> None:
    assert repr(indexed_store(store.root, cache).list()) == repr(store.list())


def test_what_did_not_change_is_not_read_again(
    indexed: RunStore, cache: Path, reads: list[str]
) -> None:
    indexed_store(indexed.root, cache).list()
    assert reads == []


def test_another_process_reads_the_index_too(indexed: RunStore, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.runs import listing\n"
        "from core.runs.index import RunIndex; from core.runs.store import RunStore\n"
        "listing.read_run = None\n"
        "root, cache = map(Path, sys.argv[1:])\n"
        "print([run.name for run in RunStore(root, RunIndex(cache, root)).list()])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", f"listing_tick = {TICK}\n{code}", indexed.root, cache],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "['run 2', 'run 1', 'run 0']"


def test_a_store_without_an_index_writes_none(store: RunStore, ids: list[str], cache: Path) -> None:
    store.list()
    store.save_index()
    assert not cache.exists()


def test_the_keeper_of_the_queue_writes_the_index(
    store: RunStore, ids: list[str], cache: Path, tmp_path: Path, reads: list[str]
) -> None:
    queue = RunQueue(indexed_store(store.root, cache), LocalEngine(tmp_path / "data", 1), 1)
    queue.look()
    queue.stop()
    reads.clear()
    indexed_store(store.root, cache).list()
    assert reads == []


def test_no_folder_of_a_run_holds_the_index(indexed: RunStore, cache: Path) -> None:
    assert {path.parent for path in indexed.root.parent.rglob("*.sqlite")} == {cache}


# What changed between two processes


def rename(store: RunStore, run_id: str) -> None:
    relabel(store, run_id, name="renamed")


def resume(store: RunStore, run_id: str) -> None:
    (store.folder(run_id) / files.SUMMARY).unlink()
    store.write_status(run_id, new_status("queued", attempt=2))


def remove(store: RunStore, run_id: str) -> None:
    store.delete(run_id)


def move(store: RunStore, run_id: str) -> None:
    store.folder(run_id).rename(store.root / "elsewhere")


def damage(store: RunStore, run_id: str) -> None:
    (store.folder(run_id) / files.CONFIG).unlink()
    (store.folder(run_id) / files.CONFIG).write_text('{"schema_version": 1, "conf')


def halve(store: RunStore, run_id: str) -> None:
    (store.folder(run_id) / files.STATUS).unlink()


def exchange(store: RunStore, run_id: str) -> None:
    other = store.create(CONFIG, name="exchanged")
    shutil.rmtree(store.folder(run_id))
    store.folder(other).rename(store.root / run_id)


def put_beside(store: RunStore, run_id: str) -> None:
    finished(store, "new")


def copy_over(store: RunStore, run_id: str) -> None:
    """As tools do that bring a folder up to date and set back all times."""
    folder = store.folder(run_id)
    before = folder.stat()
    values = json.loads((folder / files.CONFIG).read_text()) | {"name": "copied"}
    files.write_json(folder / files.CONFIG, values)
    subprocess.run(["touch", "-d", f"@{before.st_mtime}", folder], check=True)


CHANGES = [rename, resume, remove, move, damage, halve, exchange, put_beside, copy_over]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_two_processes_shows(indexed: RunStore, cache: Path, change) -> None:
    before = indexed.list()
    change(RunStore(indexed.root), before[1].id)
    now = indexed_store(indexed.root, cache).list()
    assert now == RunStore(indexed.root).list() != before


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_while_a_process_lists_shows_at_once(indexed: RunStore, change) -> None:
    let_pass()
    before = indexed.list()
    change(RunStore(indexed.root), before[1].id)
    assert indexed.list(at_most_old=0) == RunStore(indexed.root).list() != before


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_in_the_index_once_it_was_saved_again(
    indexed: RunStore, cache: Path, change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "_SAVE_SECONDS", 0)
    indexed.save_index()
    change(RunStore(indexed.root), indexed.list()[1].id)
    let_pass()
    again = indexed_store(indexed.root, cache)
    again.list()
    again.save_index()
    rows = RunIndex(cache, indexed.root).load()
    listed = {run.id: run for run in RunStore(indexed.root).list()}
    assert {run_id: unpacked(row.record) for run_id, row in rows.items() if run_id in listed} == {
        run_id: run for run_id, run in listed.items() if run_id in rows
    }
    assert set(rows) - set(listed) == set()


def test_a_run_that_trains_is_not_in_the_index(store: RunStore, cache: Path) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status("running", process=own_process()))
    let_pass()
    first = indexed_store(store.root, cache)
    first.list()
    first.save_index()
    assert RunIndex(cache, store.root).load() == {}


def test_a_run_whose_process_vanished_is_looked_at_anew_by_each_process(
    store: RunStore, cache: Path
) -> None:
    gone = own_process().model_copy(update={"create_time": 1.0, "since_boot": ""})
    store.write_status(store.create(CONFIG), new_status("running", process=gone))
    let_pass()
    first = indexed_store(store.root, cache)
    (run,) = first.list()
    first.save_index()
    assert isinstance(run, Run)
    assert (run.status.state, RunIndex(cache, store.root).load()) == ("crashed", {})


def test_what_cannot_be_read_is_not_in_the_index(store: RunStore, cache: Path) -> None:
    halve(store, store.create(CONFIG))
    let_pass()
    first = indexed_store(store.root, cache)
    assert isinstance(first.list()[0], UnreadableRun)
    first.save_index()
    assert RunIndex(cache, store.root).load() == {}


def test_a_change_within_one_tick_of_the_clock_is_not_missed(
    store: RunStore, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "_COARSEST_TICK_SECONDS", 60)
    run_id = finished(store, "before")
    first = indexed_store(store.root, cache)
    first.list()
    first.save_index()
    assert RunIndex(cache, store.root).load() == {}
    relabel(store, run_id, name="after")
    assert [run.name for run in first.list() if isinstance(run, Run)] == ["after"]


# An index that is no good


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00\xffnot a database" * 1_000)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def scramble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)


def complaint_without_text(path: Path) -> None:
    """Of which SQLite complains by a name that is no text."""
    content = path.read_bytes().replace(b"aboutabout", b"\x90bout\x90bout")
    path.write_bytes(content.replace(b"CREATE TABLE about", b"CREATE TABLX about"))


def foreign(path: Path) -> None:
    path.unlink()
    base = sqlite3.connect(path)
    base.executescript(
        'CREATE TABLE runs (a); CREATE TABLE "od""d" (b); INSERT INTO runs VALUES (1)'
    )
    base.close()


def earlier_tables(path: Path) -> None:
    change_base(path, "DROP TABLE runs; CREATE TABLE runs (id TEXT)")


def flipped_bit(path: Path) -> None:
    change_base(path, "UPDATE runs SET record = replace(record, '0.75', '0.95')")


def no_text(path: Path) -> None:
    change_base(path, "UPDATE runs SET record = x'ff00ff'")


def other_version(path: Path) -> None:
    change_base(path, "UPDATE about SET value = 'older' WHERE what = 'code'")


def other_root(path: Path) -> None:
    change_base(path, "UPDATE about SET value = '/elsewhere' WHERE what = 'root'")


def change_base(path: Path, script: str) -> None:
    base = sqlite3.connect(path)
    base.executescript(script)
    base.close()


HARMS = [
    garbage, nothing, cut, scramble, foreign, earlier_tables, flipped_bit, no_text, other_version,
    other_root, complaint_without_text,
]  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_index_changes_no_listing(indexed: RunStore, cache: Path, harm) -> None:
    harm(path_of(indexed, cache))
    assert indexed_store(indexed.root, cache).list() == RunStore(indexed.root).list()


@pytest.mark.parametrize("harm", HARMS)
def test_of_a_bad_index_nothing_is_believed(
    indexed: RunStore, cache: Path, ids: list[str], reads: list[str], harm
) -> None:
    harm(path_of(indexed, cache))
    indexed_store(indexed.root, cache).list()
    assert sorted(reads) == sorted(ids)


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_index_is_made_anew(indexed: RunStore, cache: Path, reads: list[str], harm) -> None:
    harm(path_of(indexed, cache))
    second = indexed_store(indexed.root, cache)
    second.list()
    second.save_index()
    reads.clear()
    indexed_store(indexed.root, cache).list()
    assert reads == []


@pytest.mark.parametrize("harm", [*HARMS, Path.unlink])
def test_an_index_that_goes_bad_meanwhile_is_made_anew_as_a_whole(
    indexed: RunStore, cache: Path, ids: list[str], monkeypatch: pytest.MonkeyPatch, harm
) -> None:
    second = indexed_store(indexed.root, cache)
    second.list()
    harm(path_of(indexed, cache))
    new = finished(second, "new")
    let_pass()
    second.list()
    second.save_index()
    kept = RunIndex(cache, indexed.root).load()
    # What nobody looks at while it works, a bit in a row, is found by the next process.
    assert set(kept) == {*ids, new} or harm in (flipped_bit, no_text)


def test_an_index_made_for_another_folder_is_not_believed(
    indexed: RunStore, cache: Path, tmp_path: Path
) -> None:
    other = RunStore(tmp_path / "other")
    shutil.copytree(indexed.root, other.root)
    shutil.copy(path_of(indexed, cache), path_of(other, cache))
    assert RunIndex(cache, other.root).load() == {}


def test_an_index_of_another_version_of_the_code_is_not_believed(
    indexed: RunStore, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "code_version", lambda: "another")
    assert RunIndex(cache, indexed.root).load() == {}


@pytest.fixture
def locked(indexed: RunStore, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """A store whose index another process holds for itself."""
    monkeypatch.setattr(index, "_PATIENCE_SECONDS", 0.05)
    base = sqlite3.connect(path_of(indexed, cache), isolation_level=None)
    base.execute("BEGIN EXCLUSIVE")
    yield indexed
    base.close()


def test_a_locked_index_is_gone_without(locked: RunStore, cache: Path) -> None:
    second = indexed_store(locked.root, cache)
    assert second.list() == RunStore(locked.root).list()
    second.save_index()


def test_a_locked_index_is_left_as_it_is(locked: RunStore, cache: Path) -> None:
    before = path_of(locked, cache).read_bytes()
    second = indexed_store(locked.root, cache)
    second.list()
    second.save_index()
    assert path_of(locked, cache).read_bytes() == before


def test_a_folder_that_cannot_be_written_to_fails_no_listing(
    store: RunStore, ids: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    blocked = indexed_store(store.root, tmp_path / "file" / "cache")
    blocked.list()
    blocked.save_index()
    assert (blocked.list(), len(caplog.records)) == (store.list(), 1)


def test_a_folder_in_place_of_the_index_fails_no_listing(
    store: RunStore, ids: list[str], cache: Path
) -> None:
    path_of(store, cache).mkdir(parents=True)
    blocked = indexed_store(store.root, cache)
    blocked.list()
    blocked.save_index()
    assert blocked.list() == store.list()


def test_a_bad_index_is_told_once(
    indexed: RunStore, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    garbage(path_of(indexed, cache))
    found = RunIndex(cache, indexed.root)
    for _ in range(3):
        found.load()
    (told,) = caplog.records
    assert (told.levelno, "may be deleted" in told.getMessage()) == (logging.WARNING, True)


def test_two_processes_that_write_lose_nothing_of_each_other(
    indexed: RunStore, cache: Path, ids: list[str]
) -> None:
    one, other = indexed_store(indexed.root, cache), indexed_store(indexed.root, cache)
    one.list()
    other.list()
    first = finished(indexed, "first")
    let_pass()
    one.list()
    one.save_index()
    second = finished(indexed, "second")
    let_pass()
    other.list()
    other.save_index()
    assert set(RunIndex(cache, indexed.root).load()) == {*ids, first, second}


# Deletion and edits while somebody looks


def test_a_run_deleted_while_it_is_read_is_left_out(
    store: RunStore, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_run = listing.read_run

    def delete_and_read(folder: Path) -> Run:
        if folder.name == ids[1]:
            shutil.rmtree(folder)
        return read_run(folder)

    monkeypatch.setattr(listing, "read_run", delete_and_read)
    assert [run.id for run in RunStore(store.root).list()] == [ids[2], ids[0]]


def test_an_edit_by_hand_is_noticed_within_seconds(
    store: RunStore, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_SWEEP_SECONDS", 0.2)
    store.list()
    edit(store.folder(ids[1]) / files.CONFIG)
    time.sleep(0.25)
    assert [run.name for run in store.list() if isinstance(run, Run)] == ["run 2", "hand", "run 0"]


def test_an_environment_damaged_in_place_is_noticed_too(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_SWEEP_SECONDS", 0.2)
    run_id = finished(store, "run")
    path = store.folder(run_id) / files.ENVIRONMENT
    files.write_json(path, {"python": "3.11"})
    let_pass()
    store.list()
    path.write_text("xx")
    time.sleep(0.3)
    assert isinstance(store.list()[0], UnreadableRun)


def test_an_edit_by_hand_while_no_process_looked_is_noticed_too(
    indexed: RunStore, cache: Path, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_SWEEP_SECONDS", 0.2)
    edit(indexed.folder(ids[1]) / files.CONFIG)
    second = indexed_store(indexed.root, cache)
    second.list()
    time.sleep(0.25)
    assert [run.name for run in second.list() if isinstance(run, Run)] == ["run 2", "hand", "run 0"]


def edit(path: Path) -> None:
    """Change a name in place, which leaves the folder's time stamps."""
    content = path.read_text()
    path.write_text(content.replace("run 1", "hand"))


def test_a_sweep_goes_through_all_runs_though_nobody_waits_for_it(
    store: RunStore, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_SWEEP_SECONDS", 0.3)
    store.list()
    for run_id in ids:
        path = store.folder(run_id) / files.CONFIG
        path.write_text(path.read_text().replace("run ", "hand "))
    for _ in range(8):
        time.sleep(0.05)
        store.list()
    assert all(run.name.startswith("hand ") for run in store.list() if isinstance(run, Run))


def test_a_listing_in_the_next_moment_looks_at_no_ended_run(
    store: RunStore, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.list()
    looked_at: list[str] = []
    monkeypatch.setattr(listing, "mark_of", looked_at.append)
    monkeypatch.setattr(listing, "_SWEEP_SECONDS", float("inf"))
    assert (store.list(at_most_old=60), looked_at) == (before, [])


def test_what_waits_is_looked_at_in_the_next_moment_too(store: RunStore, ids: list[str]) -> None:
    run_id = store.create(CONFIG)
    let_pass()
    store.list(at_most_old=60)
    path = store.folder(run_id) / files.STATUS
    path.write_text(path.read_text().replace("queued", "cancelled"))
    assert store.list(at_most_old=60) == [store.read(run_id), *store.list()[1:]]


def test_a_run_that_another_process_resumes_shows_at_once_to_whoever_looks_seldom(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status("cancelled"))
    let_pass()
    monkeypatch.setattr(listing, "_SWEEP_SECONDS", float("inf"))
    store.list(at_most_old=60)
    last = files.last_write()
    monkeypatch.setattr(files, "last_write", lambda: last)  # as if somebody else wrote from here on
    resume_run(store, run_id)
    assert store.list(at_most_old=60) == [store.read(run_id)]


def test_a_folder_whose_name_is_no_text_is_listed_with_the_reason(store: RunStore) -> None:
    store.root.mkdir()
    try:
        os.mkdir(os.fsencode(store.root) + b"/bad\xff")  # noqa: PTH102 - a Path is text
    except OSError:
        pytest.skip("this file system takes names only that are text")
    (run,) = store.list()
    assert isinstance(run, UnreadableRun)
    assert (run.id, "rename the folder" in run.reason) == ("bad\N{REPLACEMENT CHARACTER}", True)


def test_an_own_change_shows_at_once_in_whatever_store(store: RunStore, ids: list[str]) -> None:
    other = RunStore(store.root)
    other.list()
    relabel(store, ids[0], name="changed")
    assert other.list(at_most_old=60) == store.list()


def test_a_new_run_shows_at_once_to_whoever_looks_seldom(store: RunStore, ids: list[str]) -> None:
    store.list(at_most_old=60)
    shutil.copytree(store.folder(ids[0]), store.root / "copied")
    assert len(store.list(at_most_old=60)) == 4


# Where it lies


def test_the_cache_lies_where_the_system_has_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITLAB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert read_settings().cache == Path("/somewhere/digit-lab")


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path))
    assert read_settings().cache == tmp_path


def test_without_either_the_cache_lies_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DIGITLAB_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/home/x"}.items():
        monkeypatch.setenv(name, value)
    assert read_settings().cache == Path("/home/x/.cache/digit-lab")
