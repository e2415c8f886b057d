"""Renaming, filing, deleting, exporting and importing runs on the command line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from core.cli.app import main
from core.config import RunConfig
from core.runs import files
from core.runs.records import new_status
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.command_line import start, wait

CONFIG = RunConfig(dataset="digits")
EXAMPLE = "example-sgd"


@pytest.fixture
def run_id(store: RunStore) -> str:
    run_id = store.create(CONFIG, name="before")
    store.write_status(run_id, new_status("cancelled"))
    return run_id


class Said(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


DigitLab = Callable[..., Said]


@pytest.fixture
def digitlab(capsys: pytest.CaptureFixture[str]) -> DigitLab:
    """`python -m core` in this process: what it says, and its exit code."""

    def call(store: RunStore, *words: str | Path) -> Said:
        capsys.readouterr()
        code = main([*map(str, words), "--runs", str(store.root)])
        return Said(code, *capsys.readouterr())

    return call


def listed(digitlab: DigitLab, store: RunStore, *words: str) -> list[str]:
    return [entry["id"] for entry in json.loads(digitlab(store, "runs", "--json", *words).stdout)]


def test_a_run_is_renamed_noted_tagged_and_starred(
    digitlab: DigitLab, store: RunStore, run_id: str
) -> None:
    assert digitlab(store, "rename", run_id[:8], "after \x1b[31m").returncode == 0
    assert digitlab(store, "note", run_id, "why\nso").returncode == 0
    tagged = digitlab(store, "tag", run_id, "--add", "a, b", "--add", "c", "--remove", "B")
    assert f"{run_id} has the tags: a, b, c." in tagged.stderr
    assert digitlab(store, "star", run_id).returncode == 0
    info = store.read(run_id).info
    assert (info.name, info.notes, info.starred) == ("after [31m", "why\nso", True)
    assert "★ after" in digitlab(store, "runs").stdout


def test_what_is_called_wrongly_ends_with_2(
    digitlab: DigitLab, store: RunStore, run_id: str
) -> None:
    for words in (["rename", run_id, " "], ["tag", run_id], ["tag", run_id, "--add", "x" * 41]):
        done = digitlab(store, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1


def test_archived_runs_are_listed_when_asked_for(
    digitlab: DigitLab, store: RunStore, run_id: str
) -> None:
    other = store.create(CONFIG)
    digitlab(store, "archive", run_id)
    done = digitlab(store, "runs")
    assert run_id not in done.stdout
    assert "1 archived run left out" in done.stderr
    assert listed(digitlab, store) == [other]
    assert listed(digitlab, store, "--archived") == [other, run_id]
    digitlab(store, "archive", "--off", run_id)
    assert listed(digitlab, store) == [other, run_id]


def test_a_deleted_run_is_restored(digitlab: DigitLab, store: RunStore, run_id: str) -> None:
    done = digitlab(store, "delete", run_id)
    assert f"python -m core restore {run_id}" in done.stderr
    assert listed(digitlab, store) == []
    assert listed(digitlab, store, "--bin") == [run_id]
    assert digitlab(store, "show", run_id).stderr.startswith(f"Run '{run_id}' is in the bin")
    assert digitlab(store, "restore", run_id[:8]).returncode == 0
    assert listed(digitlab, store) == [run_id]


def test_the_bin_is_emptied(digitlab: DigitLab, store: RunStore, run_id: str) -> None:
    digitlab(store, "delete", run_id)
    assert digitlab(store, "empty-bin").stderr == "1 run removed for good.\n"
    assert digitlab(store, "restore", run_id).stderr == "The bin is empty.\n"
    assert list((store.root / files.BIN).iterdir()) == []


def test_of_several_runs_those_are_deleted_that_can_be(
    digitlab: DigitLab, store: RunStore, run_id: str
) -> None:
    waiting = store.create(CONFIG, name="waiting")
    done = digitlab(store, "delete", run_id, waiting)
    assert done.returncode == 1
    assert "waiting waits or trains and cannot be deleted: cancel it first." in done.stderr
    assert [run.id for run in store.list()] == [waiting]


def test_a_mistyped_id_changes_nothing(digitlab: DigitLab, store: RunStore, run_id: str) -> None:
    done = digitlab(store, "delete", run_id, "gone1234567")
    assert done.returncode == 1
    assert store.folder(run_id).exists()


def test_runs_are_exported_and_imported(
    digitlab: DigitLab, store: RunStore, tmp_path: Path
) -> None:
    shutil.copytree(PROJECT_ROOT / "runs" / EXAMPLE, store.root / EXAMPLE)
    file = tmp_path / "runs.zip"
    done = digitlab(store, "export", EXAMPLE, "-o", file)
    assert (done.returncode, done.stdout) == (0, f"{file}\n")
    other = RunStore(tmp_path / "other")
    assert digitlab(other, "import", file).stdout == f"{EXAMPLE}\n"
    again = digitlab(other, "import", file)
    new_id = again.stdout.strip()
    assert f"It got the new id {new_id}: {EXAMPLE} is taken here." in again.stderr
    assert {run.id for run in other.list()} == {EXAMPLE, new_id}


def test_a_bad_zip_file_is_one_sentence(
    digitlab: DigitLab, store: RunStore, tmp_path: Path
) -> None:
    (tmp_path / "bad.zip").write_text("Dear teacher")
    done = digitlab(store, "import", tmp_path / "bad.zip")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("The zip file was not taken in. It is damaged, or not a zip file.\n")
    assert "missing.zip" in digitlab(store, "import", tmp_path / "missing.zip").stderr


@pytest.mark.parametrize(
    "words",
    [["import", "a\0b"], ["export", EXAMPLE, "-o", "a\0b"], ["export-drawings", "-o", "\0"]],
)
def test_no_file_has_a_null_character_in_its_name(
    digitlab: DigitLab, store: RunStore, words: list[str]
) -> None:
    done = digitlab(store, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "null character" in done.stderr


def test_it_works_as_typed_in_a_shell(store: RunStore, run_id: str) -> None:
    done = wait(start("rename", run_id, "after", "--runs", store.root))
    assert (done.returncode, done.stderr) == (0, f"{run_id} is called after.\n")
    assert store.read(run_id).name == "after"
