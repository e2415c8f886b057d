"""core.runs.exporting: runs as zip files, there and back."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from core.errors import ArchiveError, RunError, RunNotFoundError, RunStateError
from core.runs import exporting, files
from core.runs.bin import discard
from core.runs.exporting import export_bytes, export_runs
from core.runs.importing import import_runs
from core.runs.labels import relabel
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.zip_files import CONFIG, exported


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
