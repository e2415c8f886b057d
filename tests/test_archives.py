"""core.runs.exporting and importing: runs as zip files, good, odd, damaged and hostile."""

import io
import json
import pickle
import shutil
import stat
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from core.config import RunConfig
from core.errors import ArchiveError, RunError, RunNotFoundError, RunStateError
from core.runs import exporting, files, foreign_files, importing, untrusted_zip
from core.runs.bin import discard
from core.runs.exporting import export_bytes, export_runs, write_zip
from core.runs.groups import GroupStore, launch_group, plan_sweep
from core.runs.importing import import_runs
from core.runs.labels import relabel
from core.runs.records import Run, new_status
from core.runs.store import PALETTE_SIZE, RunStore
from core.settings import PROJECT_ROOT

CONFIG = RunConfig(dataset="digits")
INFO = {"config": CONFIG.model_dump(mode="json"), "name": "guest", "created": 1.0}
STATUS = {"state": "cancelled", "heartbeat": 2.0}
GOOD = {
    "guest/config.json": json.dumps(INFO),
    "guest/status.json": json.dumps(STATUS),
}


@pytest.fixture
def examples(tmp_path: Path) -> RunStore:
    """A store with the finished example runs."""
    store = RunStore(tmp_path / "home")
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, store.root / name)
    return store


def zipped(members: Mapping[str, str | bytes] = GOOD) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def exported(store: RunStore, *ids: str) -> io.BytesIO:
    file = io.BytesIO()
    write_zip(store, ids, file)
    return file


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def with_entry(info: zipfile.ZipInfo, content: bytes = b"x") -> io.BytesIO:
    file = zipped()
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(info, content)
    return file


def changed(file: io.BytesIO, old: bytes, new: bytes, count: int = -1) -> io.BytesIO:
    content = file.getvalue()
    assert old in content
    return io.BytesIO(content.replace(old, new, count))


def refused(store: RunStore, file: io.BytesIO, reason: str) -> None:
    """Check that `file` is refused for `reason`, and that no trace of it is left."""
    store.root.mkdir(exist_ok=True)
    before = sorted(store.root.rglob("*"))
    with pytest.raises(ArchiveError, match="not taken in") as caught:
        import_runs(store, file)
    assert reason in str(caught.value)
    after = [path for path in sorted(store.root.rglob("*")) if path.name != files.CHANGES_LOCK]
    assert after == before


# There and back


def test_a_run_comes_back_as_it_was(examples: RunStore, store: RunStore) -> None:
    (taken,) = import_runs(store, exported(examples, "example-sgd"))
    assert (taken.run_id, taken.name, taken.remarks) == ("example-sgd", "SGD (article 1)", ())
    run, original = store.read(taken.run_id), examples.read("example-sgd")
    assert (run.config, run.summary, run.environment) == (
        original.config,
        original.summary,
        original.environment,
    )
    pd.testing.assert_frame_equal(store.steps(run.id), examples.steps(run.id))
    pd.testing.assert_frame_equal(store.layers(run.id), examples.layers(run.id))
    assert np.array_equal(
        store.predictions(run.id).predicted, examples.predictions(run.id).predicted
    )
    assert store.weights_file(run.id) == examples.weights_file(run.id)
    assert store.digits(run.id).keys() == examples.digits(run.id).keys()


def test_labels_come_along(examples: RunStore, store: RunStore) -> None:
    relabel(examples, "example-sgd", name="mine", notes="a\nb", tags=["t"], starred=True)
    import_runs(store, exported(examples, "example-sgd"))
    info = store.read("example-sgd").info
    assert (info.name, info.notes, info.tags, info.starred) == ("mine", "a\nb", ("t",), True)


def test_an_archived_run_is_in_the_table_where_it_comes_in(
    examples: RunStore, store: RunStore
) -> None:
    relabel(examples, "example-sgd", archived=True)
    import_runs(store, exported(examples, "example-sgd"))
    assert not store.read("example-sgd").info.archived


def test_an_example_from_elsewhere_is_none_here(examples: RunStore, store: RunStore) -> None:
    import_runs(store, exported(examples, "example-sgd"))
    assert not store.read("example-sgd").info.example
    discard(store, "example-sgd")


def test_several_runs_come_in_one_file(examples: RunStore, store: RunStore) -> None:
    import_runs(store, exported(examples, "example-sgd", "example-adam", "example-sgd"))
    assert sorted(run.id for run in store.list()) == ["example-adam", "example-sgd"]


def test_an_import_leaves_only_the_runs(examples: RunStore, store: RunStore) -> None:
    import_runs(store, exported(examples, "example-sgd"))
    assert sorted(path.name for path in store.root.iterdir()) == [
        files.CHANGES_LOCK,
        "example-sgd",
    ]


def test_only_what_belongs_to_a_run_is_exported(examples: RunStore) -> None:
    folder = examples.folder("example-sgd")
    for name in (files.WORKER_LOG, files.WORKER_LOCK, files.CANCEL, files.RESERVE, "diary.txt"):
        (folder / name).write_text("not for others")
    (folder / "more").mkdir()
    (folder / "more" / files.CONFIG).write_text("{}")
    (folder / files.CHECKPOINT).symlink_to("/etc/passwd")
    names = zipfile.ZipFile(exported(examples, "example-sgd")).namelist()
    assert {Path(name).name for name in names} == {
        path.name for path in (PROJECT_ROOT / "runs" / "example-sgd").iterdir()
    }


def test_the_weights_of_every_epoch_come_along(examples: RunStore, store: RunStore) -> None:
    folder = examples.folder("example-sgd") / files.CHECKPOINTS
    folder.mkdir()
    save_file({"a": np.zeros(3, np.float32)}, folder / "epoch-00001.safetensors")
    import_runs(store, exported(examples, "example-sgd"))
    kept = store.folder("example-sgd") / files.CHECKPOINTS / "epoch-00001.safetensors"
    assert kept.read_bytes() == (folder / "epoch-00001.safetensors").read_bytes()


def test_the_size_said_before_is_about_that_of_the_file(examples: RunStore) -> None:
    size = len(exported(examples, "example-sgd").getvalue())
    assert export_bytes(examples, ["example-sgd"]) == pytest.approx(size, rel=0.05)


def test_a_file_is_written_whole_or_not_at_all(examples: RunStore, tmp_path: Path) -> None:
    with pytest.raises(RunNotFoundError):
        export_runs(examples, ["example-sgd", "gone1234567"], tmp_path / "runs.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_no_file_is_written_over(examples: RunStore, tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_text("precious")
    with pytest.raises(RunError, match="exists already"):
        export_runs(examples, ["example-sgd"], tmp_path / "mine.zip")
    assert (tmp_path / "mine.zip").read_text() == "precious"


def test_a_folder_that_is_not_there_is_a_sentence(examples: RunStore, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        export_runs(examples, ["example-sgd"], tmp_path / "nowhere" / "runs.zip")


def test_an_active_run_is_not_exported(store: RunStore) -> None:
    with pytest.raises(RunStateError, match="once it has ended"):
        exported(store, store.create(CONFIG))


def test_too_much_is_not_exported(examples: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "MOST_RUNS", 1)
    with pytest.raises(ArchiveError, match="at most 1 run"):
        exported(examples, "example-sgd", "example-adam")
    monkeypatch.setattr(exporting, "MOST_FILES", 5)
    with pytest.raises(ArchiveError, match="11 files"):
        exported(examples, "example-sgd")
    monkeypatch.setattr(exporting, "MOST_FILES", 50)
    monkeypatch.setattr(exporting, "MOST_BYTES", 500_000)
    with pytest.raises(ArchiveError, match="larger than 2 GB"):
        exported(examples, "example-sgd")


# What is of elsewhere


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


# What is refused


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"Dear teacher", b"PK\x05\x06" + bytes(17), bytes(100_000)]
)
def test_what_is_no_zip_file_is_refused(store: RunStore, content: bytes) -> None:
    refused(store, io.BytesIO(content), "not a zip file")


@pytest.mark.parametrize("cut", [1, 10, 30, 100])
def test_a_torn_zip_file_is_refused(store: RunStore, cut: int) -> None:
    refused(store, io.BytesIO(zipped().getvalue()[:-cut]), "not a zip file")


def test_an_empty_zip_file_is_refused(store: RunStore) -> None:
    refused(store, zipped({}), "There is no run in it")


def test_a_zip_of_other_things_is_refused(store: RunStore) -> None:
    refused(store, zipped({"holiday.txt": "x"}), "There is no run in it")


@pytest.mark.parametrize(
    "name",
    [
        "guest/diary.txt",
        "elsewhere.txt",
        "guest/deep/config.yaml",
        "guest/model.pkl",
        "guest/checkpoints/epoch-1.pkl",
        "guest/checkpoints/deep/epoch-00001.safetensors",
        "guest/events.out.tfevents.1/x",
        "guest/config.json/x",
    ],
)
def test_a_foreign_file_is_refused(store: RunStore, name: str) -> None:
    refused(store, zipped({**GOOD, name: "x"}), "is not a file of a run")


@pytest.mark.parametrize(
    "name",
    [
        "../evil/config.json",
        "guest/../../evil.json",
        "guest/..",
        "/etc/passwd",
        "//host/share",
        "guest//config.json",
        "./guest/summary.json",
    ],
)
def test_a_name_that_leads_out_is_refused(store: RunStore, name: str) -> None:
    refused(store, zipped({**GOOD, name: "x"}), "leads out of its folder")


@pytest.mark.parametrize(
    "name",
    [
        "C:\\evil.json",
        "C:/evil.json",
        "guest\\..\\evil.json",
        "guest/line\nbreak",
        "guest/\x1b[31m",
        "guest/" + "x" * 300,
        "guest/turn\u202eed",
    ],
)
def test_a_strange_name_is_refused(store: RunStore, name: str) -> None:
    refused(store, zipped({**GOOD, name: "x"}), "is not one that files have")


def test_a_name_with_a_hidden_end_is_refused(store: RunStore) -> None:
    file = changed(zipped({**GOOD, "guest/error.txtX": "x"}), b"error.txtX", b"error.txt\0")
    refused(store, file, "is not one that files have")


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]
)
def test_links_and_devices_are_refused(store: RunStore, mode: int) -> None:
    file = with_entry(entry("guest/summary.json", mode | 0o777), b"/etc/passwd")
    refused(store, file, "is a link or a device")


@pytest.mark.parametrize("name", ["guest/config.json", "GUEST/Config.JSON", "guest/status.json/"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(store: RunStore, name: str) -> None:
    refused(store, with_entry(entry(name), b""), "twice")


def test_an_encrypted_file_is_refused(store: RunStore) -> None:
    content = bytearray(zipped().getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    refused(store, io.BytesIO(bytes(content)), "encrypted")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_refused(store: RunStore, packing: int) -> None:
    info = entry("guest/error.txt")
    info.compress_type = packing
    refused(store, with_entry(info), "packed in an unusual way")


def test_too_many_files_are_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(untrusted_zip, "MOST_FILES", 1)
    refused(store, zipped(), "2 files; at most 1")


def test_a_directory_that_fills_the_memory_is_refused_unread(store: RunStore) -> None:
    # The count in its end record says 2; what counts is the directory's size.
    content = bytearray(zipped().getvalue())
    end = content.rindex(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<L", 2**31)
    refused(store, io.BytesIO(bytes(content)), "too many files")


def test_a_zip_for_larger_files_is_refused(store: RunStore) -> None:
    content = zipped().getvalue()
    end = content.rindex(b"PK\x05\x06")
    locator = b"PK\x06\x07" + bytes(16)
    refused(store, io.BytesIO(content[:end] + locator + content[end:]), "larger than 2 GB")


def test_too_many_runs_are_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(importing, "MOST_RUNS", 1)
    members = {f"{top}/{name}": text for top in "ab" for name, text in GOOD.items()}
    refused(store, zipped(members), "2 runs; at most 1")


def test_too_large_a_file_is_refused(store: RunStore) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 1_100_000, np.uint8).tobytes()
    refused(store, zipped({**GOOD, "guest/error.txt": noise}), "is too large")


def test_too_much_in_all_is_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(untrusted_zip, "MOST_BYTES", 500)
    refused(store, zipped(), "Unpacked it would be larger")


def test_a_bomb_is_refused(store: RunStore) -> None:
    refused(store, zipped({**GOOD, "guest/steps.jsonl": bytes(25_000_000)}), "times as large")


def test_a_file_that_is_larger_than_it_says_is_refused(store: RunStore) -> None:
    file = zipped({**GOOD, "guest/error.txt": b"x" * 1000})
    file = changed(file, struct.pack("<L", 1000), struct.pack("<L", 10))
    refused(store, file, "damaged")


def test_a_file_that_is_smaller_than_it_says_is_refused(store: RunStore) -> None:
    file = zipped({**GOOD, "guest/error.txt": b"x" * 1000})
    file = changed(file, struct.pack("<L", 1000), struct.pack("<L", 1001))
    refused(store, file, "not as large as the zip file says")


def test_a_wrong_checksum_is_refused(store: RunStore) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
    refused(store, changed(file, b'"guest"', b'"gXest"'), "damaged")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.json", "{", "config.json is damaged"),
        ("config.json", "[]", "config.json is damaged"),
        ("config.json", "[" * 100_000, "config.json is damaged"),
        ("config.json", json.dumps(INFO | {"schema_version": 2}), "another version"),
        ("config.json", json.dumps(INFO | {"name": 7}), "name"),
        ("config.json", json.dumps(INFO | {"config": {"epochs": -1}}), "epochs"),
        ("status.json", json.dumps(STATUS | {"state": "asleep"}), "state"),
        ("status.json", json.dumps(STATUS | {"step": 10**30}), "status.json in it is damaged"),
        ("summary.json", "{}", "summary.json"),
        ("environment.json", b"\xff\xfe", "environment.json cannot be read"),
    ],
)
def test_records_that_cannot_be_read_are_refused(
    store: RunStore, name: str, content: str | bytes, reason: str
) -> None:
    refused(store, zipped({**GOOD, f"guest/{name}": content}), reason)


def test_a_run_without_a_status_is_refused(store: RunStore) -> None:
    refused(store, zipped({"guest/config.json": json.dumps(INFO)}), "status.json is missing")


def test_one_bad_run_keeps_the_good_ones_out(store: RunStore) -> None:
    refused(store, zipped({**GOOD, "worse/config.json": "{"}), "“worse” cannot be read")


class Evil:
    """Ends whoever unpickles it."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return sys.exit, ("A pickle from a zip file was executed.",)


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def nested_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("labels.npy", bytes(70_000_000))
    return buffer.getvalue()


def long_words() -> bytes:
    words = pa.array(["x" * 100_000] * 1000).dictionary_encode()
    return parquet(pa.table({"step": words}))


def test_the_pickle_of_the_next_test_would_do_harm() -> None:
    with pytest.raises(SystemExit):
        pickle.loads(pickle.dumps(Evil()))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("predictions.npz", b"x", "predictions.npz in it is damaged"),
        ("predictions.npz", pickle.dumps(Evil()), "predictions.npz in it is damaged"),
        ("predictions.npz", npz(labels=np.array([Evil()], object)), "answers on the test images"),
        ("digits.npz", npz(pixels=np.zeros(3)), "answers on the test images"),
        ("digits.npz", nested_bomb(), "more than the answers of a run"),
        ("steps.parquet", b"PAR1", "steps.parquet in it is damaged"),
        ("steps.parquet", long_words(), "more than the curves of a run"),
        (
            "steps.parquet",
            parquet(pa.table({"step": pa.array([[1, 2]])})),
            "more than the curves of a run",
        ),
        ("model.safetensors", b"x" * 100, "model.safetensors in it is damaged"),
        ("model.safetensors", pickle.dumps(Evil()), "model.safetensors in it is damaged"),
        ("checkpoint.safetensors", struct.pack("<Q", 2**60), "checkpoint.safetensors"),
        ("checkpoints/epoch-00001.safetensors", b"", "epoch-00001.safetensors"),
    ],
)
def test_files_that_are_not_what_they_are_called_are_refused(
    store: RunStore, name: str, content: bytes, reason: str
) -> None:
    refused(store, zipped({**GOOD, f"guest/{name}": content}), reason)


def test_a_table_of_too_many_rows_is_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(foreign_files, "_MOST_VALUES", 100)
    table = pa.table({"step": list(range(60)), "loss": [0.5] * 60})
    refused(store, zipped({**GOOD, "guest/steps.parquet": parquet(table)}), "more than the curves")


def test_weights_that_do_not_fit_their_settings_are_refused(
    store: RunStore, tmp_path: Path
) -> None:
    save_file({"0.weight": np.zeros((2, 2), np.float32)}, tmp_path / "small")
    content = (tmp_path / "small").read_bytes()
    refused(store, zipped({**GOOD, "guest/model.safetensors": content}), "does not fit")


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
