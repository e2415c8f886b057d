"""core.analysis.outcomes: what came out of a group, and what the page shows of it."""

import pytest

from core.analysis.outcomes import Outcome, half_interval, outcomes
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_sweep
from core.runs.groups import GroupStore, readable
from core.runs.store import RunStore
from core.ui.groups_view import foremost, to_compare
from tests.support.groups import TINY, end, end_all


def test_an_outcome_sums_up_the_seeds(store: RunStore, groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"lr": (0.1, 0.2), "seed": (0, 1)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    for run_id, accuracy in zip(ids, (0.5, 0.7, 0.9, 0.9), strict=True):
        end(store, store.read(run_id), accuracy)
    first, second = outcomes(group, readable(store))
    assert (first.label, first.finished) == ("0.1", 2)
    assert first.validation_accuracy == pytest.approx(0.6)
    assert second.validation_accuracy == pytest.approx(0.9)


def test_an_outcome_outlives_a_deleted_run(store: RunStore, groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    end_all(store, group)
    store.delete(ids[0])
    (row,) = outcomes(group, readable(store))
    assert row.run_ids == (ids[1],)


def test_the_interval_is_students() -> None:
    from scipy import stats

    values = [0.91, 0.93, 0.96]
    low, high = stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    assert half_interval(values) == pytest.approx((high - low) / 2)


def test_one_value_has_no_interval() -> None:
    assert half_interval([0.9]) is None


@pytest.mark.parametrize(
    ("half", "said"),
    [(None, ""), (0.0, "under 0.1"), (0.0004, "under 0.1"), (0.0006, "0.1"), (0.6, "over 50")],
)
def test_an_interval_is_never_told_as_nothing(half: float | None, said: str) -> None:
    assert outcome(half=half).spoken_half == said


def outcome(validation: float | None = None, half: float | None = None) -> Outcome:
    return Outcome("0.1", TINY, ("a",), 1, validation, 0.5, half)


def test_of_too_many_rows_those_best_on_validation_images_are_shown() -> None:
    shown, said = foremost([outcome(place / 100) for place in range(25)])
    assert [row.validation_accuracy for row in shown[:2]] == [0.24, 0.23]
    assert said == "The 20 of 25 that read the validation images best."


def test_of_too_many_rows_without_validation_images_the_first_are_shown() -> None:
    rows = [outcome() for _ in range(25)]
    shown, said = foremost(rows)
    assert all(one is other for one, other in zip(shown, rows[:20], strict=True))
    assert said == "The first 20 of 25."


@pytest.mark.parametrize(
    ("validation", "label"), [(0.5, "Compare the best 100"), (None, "Compare the first 100")]
)
def test_the_button_calls_best_only_what_was_seen_to_be(
    store: RunStore, groups: GroupStore, validation: float | None, label: str
) -> None:
    group = plan_sweep(TINY, {"seed": range(101)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    for run_id in ids:
        end(store, store.read(run_id), validation)
    assert to_compare(group, readable(store)) == (ids[:100], label)
