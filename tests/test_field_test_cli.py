"""`field-test` and `export-drawings` on the command line."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.cli.app import main
from core.field_test.store import DrawingStore
from core.runs.results import write_weights
from core.runs.store import RunStore
from tests.support.drawings import NO_LIMITS, keep


@pytest.fixture
def folders(examples: RunStore) -> list[str]:
    return ["--runs", str(examples.root)]


@pytest.fixture
def drawings(examples: RunStore) -> DrawingStore:
    """Ten drawings beside the folder of runs, one of them a mistake."""
    store = DrawingStore(examples.root.parent / "drawings", NO_LIMITS)
    kept = keep(store, 10)
    store.mark(kept[0].id, mistake=True)
    return store


def test_runs_are_tested_on_the_drawings_beside_them(
    folders: list[str], drawings: DrawingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["field-test", "example-sgd", "example-adam", *folders]) == 0
    said = capsys.readouterr().out
    assert "Adam (article 1)" in said
    assert " of 9 " in said
    assert "Not counted: 1 that its maker called a mistake" in said
    assert "Wilson" in said


def test_a_run_without_finite_answers_is_named_and_never_scored(
    examples: RunStore,
    folders: list[str],
    drawings: DrawingStore,
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights = examples.weights("example-sgd")
    hurt = {name: np.full_like(value, 3e38) for name, value in weights.items()}
    write_weights(examples.root / "example-sgd", hurt)
    assert main(["field-test", "example-sgd", "example-adam", *folders]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "(example-sgd) cannot answer. Its saved weights answer with no finite" in said.err


def test_a_program_gets_the_numbers(
    folders: list[str], drawings: DrawingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["field-test", "example-adam", "--json", *folders]) == 0
    found = json.loads(capsys.readouterr().out)
    (run,) = found["runs"]
    assert run["drawings"] == 9
    assert sum(map(sum, run["confusion_matrix"])) == 9
    assert sum(run["confusion_matrix"][digit][digit] for digit in range(10)) == run["right"]
    assert run["interval"][0] < run["accuracy"] <= run["interval"][1]
    assert found["verdict"] is None


def test_drawings_may_lie_elsewhere(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(DrawingStore(tmp_path / "elsewhere", NO_LIMITS), 2)
    assert main(["field-test", "example-adam", *folders]) == 1
    assert "There is no drawing in" in capsys.readouterr().err
    where = ["--drawings", str(tmp_path / "elsewhere")]
    assert main(["field-test", "example-adam", *folders, *where]) == 0


def test_the_environment_says_where_drawings_lie(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(DrawingStore(tmp_path / "mine", NO_LIMITS), 2)
    monkeypatch.setenv("DIGITLAB_DRAWINGS", str(tmp_path / "mine"))
    assert main(["field-test", "example-adam", *folders]) == 0


def test_the_drawings_are_exported(
    folders: list[str], drawings: DrawingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.zip"
    assert main(["export-drawings", "-o", str(file), *folders]) == 0
    assert "9 drawings" in capsys.readouterr().out
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    assert main(["export-drawings", "-o", str(file), *folders]) == 2
    assert "is there already" in capsys.readouterr().err
    all_of_them = tmp_path / "all.zip"
    assert main(["export-drawings", "--mistakes", "-o", str(all_of_them), *folders]) == 0
    assert "10 drawings" in capsys.readouterr().out


def test_nothing_to_export_leaves_no_file(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.zip"
    assert main(["export-drawings", "-o", str(file), *folders]) == 1
    assert "no drawing to export" in capsys.readouterr().err
    assert not file.exists()
