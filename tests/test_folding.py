"""Runs that belong together as one row: which, under what name, in what order."""

import statistics

import pytest

from core.analysis.folding import Fold, Line, Row, folded, foremost, lines_of, page_of, sorted_rows
from core.analysis.sides import sides
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore
from tests.support.finished_runs import finished, waiting

TORN = UnreadableRun(id="torn", reason="It is torn.")


def three_seeds(store: RunStore, *accuracies: float, **settings: object) -> list[Run]:
    return [
        finished(store, accuracy, seed=seed, name=f"Adam, seed {seed}", **settings)
        for seed, accuracy in enumerate(accuracies or (0.9, 0.8, 0.7))
    ]


def only_fold(rows: list[Row]) -> Fold:
    (fold,) = (row for row in rows if isinstance(row, Fold))
    return fold


def test_runs_that_differ_in_the_seed_alone_become_one_row_where_the_first_stood(store) -> None:
    runs = three_seeds(store)
    other = finished(store, 0.5, optimizer="adam")
    rows = folded([runs[0], other, runs[1], TORN, runs[2]], [*runs, other, TORN], "seeds")
    assert rows[1:] == [other, TORN]
    assert isinstance(rows[0], Fold)
    assert [run.id for run in rows[0].runs] == [run.id for run in runs]


def test_folds_of_seeds_are_the_sides_of_a_comparison(store: RunStore) -> None:
    runs = [*three_seeds(store), *three_seeds(store, batch_size=32), *three_seeds(store, epochs=9)]
    found = [tuple(run.id for run in row.runs) for row in folded(runs, runs, "seeds")]  # type: ignore[union-attr]
    assert found == sides({run.id: run.config for run in runs})


def test_runs_of_one_group_become_one_row_and_others_stay(store: RunStore) -> None:
    runs = [finished(store, 0.5, group="g", learning_rate=rate) for rate in (0.1, 0.2)]
    alone = finished(store, 0.6)
    rows = folded([*runs, alone], [*runs, alone], "groups")
    assert [run.id for run in only_fold(rows).runs] == [run.id for run in runs]
    assert rows[1] == alone


def test_what_was_found_is_folded_and_what_was_left_out_is_counted(store: RunStore) -> None:
    runs = three_seeds(store)
    fold = only_fold(folded(runs[1:2], runs, "seeds"))
    assert (len(fold.runs), len(fold.every)) == (1, 3)


@pytest.mark.parametrize("kind", ["seeds", "groups"])
def test_a_fold_keeps_its_short_key_when_runs_come_and_go(store: RunStore, kind) -> None:
    runs = [finished(store, 0.5, group="g", seed=seed) for seed in range(4)]
    some, others = folded(runs[:2], runs[:2], kind), folded(runs[2:], runs[2:], kind)
    assert only_fold(some).key == only_fold(others).key
    assert len(only_fold(some).key) == 8


def test_a_fold_is_sorted_by_the_mean_of_its_seeds(store: RunStore) -> None:
    seeds = three_seeds(store, 0.9, 0.8, 0.4)  # a mean of 70 %
    better, worse = finished(store, 0.75, epochs=3), finished(store, 0.65, epochs=4)
    every = [*seeds, better, worse]
    order = sorted_rows(folded(every, every, "seeds"), "test", falling=True)
    assert [row if isinstance(row, Run) else "fold" for row in order] == [better, "fold", worse]


def test_folded_groups_stand_in_the_order_of_the_names_they_show(store: RunStore) -> None:
    runs = [finished(store, 0.5, group=group, seed=seed) for group in "ab" for seed in (1, 2)]
    names = {"a": "Z sweep", "b": "A sweep"}
    order = sorted_rows(folded(runs, runs, "groups"), "name", falling=False, groups=names)
    assert [row.title(names) for row in order if isinstance(row, Fold)] == ["A sweep", "Z sweep"]


@pytest.mark.parametrize("falling", [True, False])
def test_a_fold_of_several_settings_is_sorted_by_its_end_that_comes_first(
    store: RunStore, falling: bool
) -> None:
    mixed = [
        finished(store, share, group="g", epochs=epochs) for epochs, share in ((3, 0.9), (4, 0.1))
    ]
    alone = finished(store, 0.5)
    order = sorted_rows(folded([alone, *mixed], [alone, *mixed], "groups"), "test", falling=falling)
    assert isinstance(order[0], Fold)


def test_a_fold_is_sorted_by_the_time_of_all_its_runs(store: RunStore) -> None:
    seeds = three_seeds(store)  # a second each
    longer = finished(store, 0.5, epochs=3, figures={"seconds": 2.5})
    order = sorted_rows(folded([longer, *seeds], [longer, *seeds], "seeds"), "time", falling=True)
    assert order[1] == longer


def test_rows_without_a_value_stand_last_and_unreadable_ones_after_them(store: RunStore) -> None:
    waits, seeds = waiting(store, epochs=9), three_seeds(store)
    every = [TORN, waits, *seeds]
    for falling in (True, False):
        order = sorted_rows(folded(every, every, "seeds"), "test", falling=falling)
        assert order[1:] == [waits, TORN]


def test_the_same_training_twice_counts_once_in_a_mean(store: RunStore) -> None:
    runs = [*three_seeds(store), finished(store, 0.6, seed=0, name="Adam, seed 0")]
    fold = only_fold(folded(runs, runs, "seeds"))
    # The newer one of seed 0 stands for it.
    shares = [run.summary.test_accuracy for run in fold.finished if run.summary]
    assert statistics.mean(shares) == pytest.approx((0.6 + 0.8 + 0.7) / 3)
    assert fold.name == "Adam (3 seeds)"


def test_a_fold_is_called_what_its_names_share_and_else_after_its_first(store: RunStore) -> None:
    runs = [*three_seeds(store), finished(store, 0.6, seed=9, name="Mine")]
    assert only_fold(folded(runs[:3], runs[:3], "seeds")).name == "Adam (3 seeds)"
    assert only_fold(folded(runs, runs, "seeds")).name == "Adam, seed 0 and 3 more"
    pair = [finished(store, 0.5, group="g", name=name, epochs=len(name)) for name in ("A", "BC")]
    assert only_fold(folded(pair, pair, "groups")).name == "A and BC"


def test_a_choice_of_a_fold_leaves_out_runs_without_a_future(store: RunStore) -> None:
    runs = [finished(store, 0.5), waiting(store, seed=1), waiting(store, seed=2)]
    failed = runs[2].model_copy(
        update={"status": runs[2].status.model_copy(update={"state": "failed"})}
    )
    every = [*runs[:2], failed]
    assert only_fold(folded(every, every, "seeds")).usable == (runs[0], runs[1])
    assert only_fold(folded([failed], every, "seeds")).usable == (failed,)


def test_the_best_of_a_fold_is_chosen_by_validation_images_alone(store: RunStore) -> None:
    first = finished(store, 0.5, group="g", figures={"best_validation_accuracy": 0.9})
    second = finished(store, 0.8, group="g", epochs=3, figures={"best_validation_accuracy": 0.6})
    fold = only_fold(folded([first, second], [first, second], "groups"))
    assert foremost(fold) == first
    unseen = [
        finished(store, share, group="h", epochs=epochs, figures={"best_validation_accuracy": None})
        for epochs, share in ((3, 0.5), (4, 0.6))
    ]
    assert foremost(only_fold(folded(unseen, unseen, "groups"))) is None


def test_where_several_runs_are_equally_good_none_is_called_the_best(store: RunStore) -> None:
    runs = [finished(store, 0.5, group="g", epochs=epochs) for epochs in (3, 4)]
    assert foremost(only_fold(folded(runs, runs, "groups"))) is None


def test_an_opened_fold_shows_its_runs_below_in_the_order_asked_for(store: RunStore) -> None:
    runs = three_seeds(store, 0.7, 0.9, 0.8)
    rows = folded(runs, runs, "seeds")
    fold = only_fold(rows)
    assert lines_of(rows, ["other"]) == [Line(fold)]
    assert [line.row for line in lines_of(rows, [fold.key])] == [fold, *runs]
    ordered = lines_of(rows, [fold.key], ("test", True))
    assert [line.row for line in ordered[1:]] == [runs[1], runs[2], runs[0]]
    assert all(line.inside is fold for line in ordered[1:])


def test_a_page_that_begins_inside_a_fold_repeats_its_line(store: RunStore) -> None:
    runs = three_seeds(store)
    rows = folded(runs, runs, "seeds")
    lines = lines_of(rows, [only_fold(rows).key])
    assert page_of(lines, 1, 2) == lines[:2]
    assert page_of(lines, 2, 2) == [lines[0], *lines[2:]]
    assert page_of(lines, 3, 2) == []
