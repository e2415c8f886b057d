"""The numbers of a comparison as tables: whole, as recorded, and harmless in a spreadsheet."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.paired import wilson_interval
from core.recipes import find_recipe
from core.report import tables
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT

PAIR = ["example-sgd", "example-adam"]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A store of its own with the two example runs."""
    for name in PAIR:
        shutil.copytree(PROJECT_ROOT / "runs" / name, tmp_path / "runs" / name)
    return RunStore(tmp_path / "runs")


def runs_of(store: RunStore) -> list[Run]:
    return [store.read(run_id) for run_id in PAIR]


def read_back(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(tables.as_csv(table)))


def test_curves_are_whole_and_as_recorded(store: RunStore) -> None:
    found = read_back(tables.steps_table(store, runs_of(store)))
    for run_id in PAIR:
        recorded = store.steps(run_id)
        written = found[found["run_id"] == run_id].reset_index(drop=True)
        assert written["run"].unique().tolist() == [store.read(run_id).name]
        pd.testing.assert_frame_equal(
            written[recorded.columns], recorded, check_exact=False, rtol=1e-9
        )


def test_epochs_of_every_run_stand_below_each_other(store: RunStore) -> None:
    found = tables.epochs_table(store, runs_of(store))
    assert len(found) == sum(len(store.epochs(run_id)) for run_id in PAIR)
    assert list(found.columns[:3]) == ["run", "run_id", "epoch"]


def test_matrices_hold_every_test_image_once(store: RunStore) -> None:
    finished = [(run, store.predictions(run.id)) for run in runs_of(store)]
    found = read_back(tables.matrices_table(finished))
    assert len(found) == 200
    assert found.groupby("run_id")["count"].sum().to_dict() == dict.fromkeys(PAIR, 10_000)
    adam = found[found["run_id"] == "example-adam"]
    assert adam.groupby("true_digit")["row_percent"].sum().to_list() == pytest.approx([100] * 10)
    assert adam.groupby("read_as")["column_percent"].sum().to_list() == pytest.approx([100] * 10)


def test_answers_have_ten_probabilities_that_make_one(store: RunStore) -> None:
    finished = [(run, store.predictions(run.id)) for run in runs_of(store)]
    found = tables.answers_table(finished)
    assert len(found) == 20_000
    shares = found[[f"probability_{digit}" for digit in range(10)]].sum(axis=1)
    assert np.allclose(shares, 1, atol=1e-4)
    assert found["right"].mean() == pytest.approx(
        np.mean([store.read(run_id).summary.test_accuracy for run_id in PAIR])
    )


def test_figures_have_a_row_a_run_with_interval_and_settings(store: RunStore) -> None:
    found = read_back(tables.figures_table(runs_of(store))).set_index("run_id")
    summary = store.read("example-adam").summary
    assert summary is not None
    right = round(summary.test_accuracy * summary.test_images)
    low, high = wilson_interval(right, summary.test_images)
    row = found.loc["example-adam"]
    assert (row["test_accuracy_low"], row["test_accuracy_high"]) == pytest.approx((low, high))
    assert (row["set_optimizer"], row["set_learning_rate"]) == ("adam", 0.001)
    assert row["set_hidden_sizes"] == "128 256"


def test_a_run_that_has_not_begun_has_a_row_without_figures(store: RunStore) -> None:
    waiting = store.create(find_recipe("article1-sgd").config, name="waiting")
    found = read_back(tables.figures_table([store.read(waiting), *runs_of(store)]))
    assert found["state"].tolist() == ["queued", "finished", "finished"]
    assert found["test_accuracy"].isna().tolist() == [True, False, False]
    assert len(tables.steps_table(store, [store.read(waiting)])) == 0


def test_without_a_finished_run_matrices_and_answers_are_empty_tables() -> None:
    assert tables.as_csv(tables.matrices_table([])).startswith("run,run_id,true_digit")
    assert tables.as_csv(tables.answers_table([])).startswith("run,run_id,index")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(1)", "\tx"])
def test_no_name_is_a_formula(name: str) -> None:
    written = tables.as_csv(pd.DataFrame({"run": [name, "plain"], "figure": [-1.5, 2.0]}))
    found = pd.read_csv(io.StringIO(written))
    assert found["run"].tolist() == [f"'{name}", "plain"]
    assert found["figure"].tolist() == [-1.5, 2.0]
