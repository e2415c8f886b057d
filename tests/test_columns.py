"""The columns of the table of runs: how a link names them, and how they read."""

import time

import pytest
from scipy import stats

from core.analysis.columns import COLUMNS, USUAL, falls_first, read_columns, sort_key, write_columns
from core.analysis.folding import Fold, folded
from core.analysis.run_values import sort_keys
from core.column_words import Cell, age, column_help, column_title, fold_cell, run_cell, states
from core.runs.records import Run
from core.runs.store import RunStore
from tests.support.finished_runs import finished, waiting


def fold_of(runs: list[Run], kind="seeds") -> Fold:
    (row,) = folded(runs, runs, kind)
    assert isinstance(row, Fold)
    return row


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (None, USUAL),
        ("", USUAL),
        ("lr.bs.seed", ("learning_rate", "batch_size", "seed")),
        ("test.colour.hidden.test", ("test", "hidden_sizes")),
        ("nonsense", USUAL),
        ("name", USUAL),
        ("none", ()),
    ],
)
def test_a_link_names_columns_and_what_it_does_not_know_is_passed_over(text, columns) -> None:
    assert read_columns(text) == columns


@pytest.mark.parametrize("columns", [(), USUAL, ("learning_rate", "test"), COLUMNS])
def test_columns_come_back_from_the_link_as_they_went(columns: tuple[str, ...]) -> None:
    assert read_columns(write_columns(columns)) == columns


def test_the_usual_columns_leave_the_link_short() -> None:
    assert write_columns(USUAL) == ""
    assert write_columns(["learning_rate", "batch_size"]) == "lr.batch"


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_has_words_and_an_order_and_reads_of_one_run_and_of_several(
    column: str, store: RunStore
) -> None:
    assert column_title(column)
    assert column_help(column)
    assert sort_key(column) in sort_keys()
    runs = [finished(store, 0.5, seed=0), finished(store, 0.6, seed=1), waiting(store, seed=2)]
    cells = [*(run_cell(run, column) for run in runs), fold_cell(fold_of(runs), column)]
    assert all(cell.text for cell in cells)


def test_a_first_click_puts_on_top_what_is_better() -> None:
    assert falls_first("test")
    assert not falls_first("test_loss")
    assert not falls_first("learning_rate")


def test_of_several_seeds_the_mean_is_told_with_students_interval(store: RunStore) -> None:
    shares = (0.91, 0.93, 0.96)
    runs = [finished(store, share, seed=seed) for seed, share in enumerate(shares)]
    low, high = stats.t.interval(0.95, 2, loc=sum(shares) / 3, scale=stats.sem(shares))
    said = f"93.3 % ±{50 * (high - low):.1f}"
    assert fold_cell(fold_of(runs), "test") == Cell(said, "mean of 3 seeds")
    assert fold_cell(fold_of(runs), "validation").text == said


def test_of_one_seed_the_interval_is_that_of_its_test_images(store: RunStore) -> None:
    run = finished(store, 0.9)
    cell = fold_cell(fold_of([run, waiting(store, seed=1)]), "test")
    assert cell == Cell(run_cell(run, "test").text, "1 seed")
    assert cell.text == "90.0 % ±3.1"


def test_seeds_that_agree_do_not_make_a_mean_exact(store: RunStore) -> None:
    runs = [finished(store, 0.9, seed=seed) for seed in range(2)]
    assert fold_cell(fold_of(runs), "test").text == "90.0 % ± under 0.1"


def test_of_several_settings_there_is_no_mean_but_the_lowest_and_the_highest(store) -> None:
    runs = [
        finished(store, share, group="g", epochs=epochs) for epochs, share in ((3, 0.2), (4, 0.9))
    ]
    cell = fold_cell(fold_of(runs, "groups"), "test")
    assert cell == Cell("20.0 to 90.0 %", "of 2, lowest to highest")


def test_settings_of_several_runs_are_told_as_what_they_span(store: RunStore) -> None:
    rates = (0.1, 0.01, 0.001, 0.3)
    runs = [finished(store, 0.5, group="g", learning_rate=rate, seed=3) for rate in rates]
    fold = fold_of(runs, "groups")
    assert fold_cell(fold, "learning_rate").text == "0.001 to 0.3"
    assert fold_cell(fold, "method").text == "4 settings"
    assert fold_cell(fold, "batch_size").text == "64"
    assert fold_cell(fold, "seed").text == "3"
    assert fold_cell(fold, "beta1").text == "–"  # SGD has none


def test_times_are_added_and_states_counted(store: RunStore) -> None:
    runs = [finished(store, 0.5, seed=seed, figures={"seconds": 40}) for seed in range(2)]
    fold = fold_of([*runs, waiting(store, seed=5)])
    assert fold_cell(fold, "time") == Cell("1 min 20 s", "in all")
    assert states(fold.runs) == "1 waiting, 2 finished"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (5, "just now"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (86_400, "1 day ago"),
        (6.5 * 86_400, "6 days ago"),
    ],
)
def test_it_is_told_how_long_ago_a_run_was_made(seconds: float, said: str) -> None:
    assert age(time.time() - seconds - 0.5) == said


def test_after_a_week_the_date_is_told() -> None:
    assert age(1_700_000_000).endswith("Nov 2023")
