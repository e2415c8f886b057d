"""Which images were read wrongly, by whom, and in what order they are shown."""

import numpy as np
import pandas as pd
import pytest

from core.analysis.confusion import confusion_matrix
from core.analysis.mistake_groups import (
    GROUPS,
    disagreement,
    group_counts,
    only_wrong_counts,
    sure_needed,
    votes,
)
from core.analysis.mistakes import Reading, mistake_table, rather_than, select
from core.errors import ConfigError, RunError

LABELS = [4, 4, 4, 9, 7, 9]
INDICES = [10, 11, 12, 13, 14, 15]
READ_A = [9, 4, 9, 9, 7, 4]  # wrong on 10, 12 and 15
SURE_A = [0.6, 0.9, 0.8, 0.7, 1.0, 0.95]
READ_B = [4, 9, 9, 9, 7, 9]  # wrong on 11 and 12
SURE_B = [0.5, 0.75, 0.85, 0.4, 0.9, 0.99]


def reading(predicted: list[int], sure: list[float]) -> Reading:
    probabilities = np.zeros((len(predicted), 10), dtype=np.float32)
    probabilities[np.arange(len(predicted)), predicted] = sure
    return Reading(np.array(predicted), probabilities)


def one_run() -> pd.DataFrame:
    return mistake_table(LABELS, INDICES, [reading(READ_A, SURE_A)])


def two_runs() -> pd.DataFrame:
    readings = [reading(READ_A, SURE_A), reading(READ_B, SURE_B)]
    return mistake_table(LABELS, INDICES, readings)


def chosen(table: pd.DataFrame) -> list[int]:
    return [int(index) for index in table["index"]]


def test_table_of_one_run_has_its_columns() -> None:
    assert list(one_run().columns) == ["index", "true", "predicted_0", "confidence_0", "right_0"]


def test_table_of_two_runs_has_both_runs_columns() -> None:
    assert list(two_runs().columns)[-3:] == ["predicted_1", "confidence_1", "right_1"]


def test_confidence_is_the_probability_of_the_runs_own_answer() -> None:
    assert two_runs()["confidence_1"].to_numpy() == pytest.approx(SURE_B)


def test_right_says_whether_the_answer_is_the_label() -> None:
    assert one_run()["right_0"].tolist() == [False, True, False, True, True, False]


def test_no_run_at_all_is_refused() -> None:
    with pytest.raises(RunError, match="at least one run"):
        mistake_table(LABELS, INDICES, [])


def test_a_reading_of_other_images_is_refused() -> None:
    with pytest.raises(RunError, match="differ"):
        mistake_table(LABELS, INDICES, [reading(READ_A[:4], SURE_A[:4])])


def test_probabilities_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(RunError, match="shape"):
        mistake_table([1], [0], [Reading([1], [[0.5, 0.5]])])


def test_group_counts_of_one_run() -> None:
    assert group_counts(one_run()) == {"wrong": 3, "right": 3, "all": 6}


def test_group_counts_of_two_runs() -> None:
    assert group_counts(two_runs()) == {
        "only_a_wrong": 2,
        "only_b_wrong": 1,
        "both_wrong": 1,
        "both_right": 2,
        "sure_wrong": 0,
        "any_wrong": 4,
        "all": 6,
    }


@pytest.mark.parametrize("group", GROUPS[2])
def test_selecting_a_group_gives_as_many_as_it_counts(group: str) -> None:
    assert len(select(two_runs(), group)) == group_counts(two_runs())[group]


def test_the_most_sure_of_a_wrong_answer_comes_first() -> None:
    assert chosen(select(one_run(), "wrong")) == [15, 12, 10]


def test_where_both_are_wrong_the_surer_one_counts() -> None:
    # Image 12: a is 0.8 sure, b 0.85. On image 15 b is surer still, but right.
    assert chosen(select(two_runs(), "any_wrong")) == [15, 12, 11, 10]


def test_in_all_images_the_mistakes_come_first() -> None:
    assert chosen(select(one_run(), "all")) == [15, 12, 10, 14, 11, 13]


def test_the_least_sure_can_come_first() -> None:
    assert chosen(select(one_run(), "all", order="unsure")) == [10, 13, 12, 11, 15, 14]


def test_images_can_come_in_the_order_of_the_test_set() -> None:
    assert chosen(select(one_run(), "wrong", order="index")) == [10, 12, 15]


def test_equally_sure_mistakes_come_in_the_order_of_the_test_set() -> None:
    table = mistake_table([1, 1, 1], [7, 3, 5], [reading([2, 2, 2], [0.9, 0.9, 0.9])])
    assert chosen(select(table, "wrong")) == [3, 5, 7]


def test_a_missing_probability_comes_last() -> None:
    table = mistake_table([1, 1], [0, 1], [reading([2, 2], [float("nan"), 0.2])])
    assert chosen(select(table, "wrong")) == [1, 0]


def test_true_narrows_to_that_digit() -> None:
    assert chosen(select(two_runs(), "any_wrong", true=9)) == [15]


def test_predicted_matches_the_wrong_reading_of_either_run() -> None:
    assert chosen(select(two_runs(), "any_wrong", predicted=9)) == [12, 11, 10]


def test_predicted_does_not_match_a_right_reading_beside_a_wrong_one() -> None:
    # On image 15 b reads 9 and is right; a reads 4.
    assert 15 not in chosen(select(two_runs(), "only_a_wrong", predicted=9))


def test_predicted_among_the_right_ones_is_what_both_read() -> None:
    assert chosen(select(two_runs(), "both_right", predicted=9)) == [13]


def test_predicted_among_all_is_what_any_run_read() -> None:
    assert sorted(chosen(select(two_runs(), "all", predicted=9))) == [10, 11, 12, 13, 15]


def test_predicted_with_a_reader_is_what_that_run_read() -> None:
    assert chosen(select(two_runs(), "any_wrong", true=4, predicted=9, reader=1)) == [12, 11]


def test_order_with_a_reader_goes_by_that_run() -> None:
    assert chosen(select(two_runs(), "any_wrong", order="unsure", reader=1)) == [10, 11, 12, 15]


@pytest.mark.parametrize(("true", "predicted"), [(4, 9), (4, 4), (9, 9), (9, 4), (0, 0)])
@pytest.mark.parametrize(("reader", "predictions"), [(0, READ_A), (1, READ_B)])
def test_a_clicked_cell_shows_as_many_digits_as_it_counts(
    reader: int, predictions: list[int], true: int, predicted: int
) -> None:
    cell = confusion_matrix(LABELS, predictions)[true, predicted]
    assert len(select(two_runs(), "all", true, predicted, reader=reader)) == cell


def test_rows_are_numbered_anew() -> None:
    assert select(two_runs(), "any_wrong").index.tolist() == [0, 1, 2, 3]


def test_a_group_of_two_runs_is_refused_for_one() -> None:
    with pytest.raises(ConfigError, match="wrong, right, all"):
        select(one_run(), "both_wrong")


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ConfigError, match="no order"):
        select(one_run(), "all", order="random")  # type: ignore[arg-type]


def test_a_reader_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no run number 1"):
        select(one_run(), "all", reader=1)


def test_an_empty_selection_keeps_its_columns() -> None:
    empty = select(two_runs(), "any_wrong", true=0)
    assert (len(empty), list(empty.columns)) == (0, list(two_runs().columns))


# Many runs


READ_C = [9, 4, 9, 4, 1, 9]  # wrong on 10, 12, 13 and 14
SURE_C = [0.95, 0.5, 0.97, 0.3, 0.6, 0.7]


def three_runs() -> pd.DataFrame:
    read = ((READ_A, SURE_A), (READ_B, SURE_B), (READ_C, SURE_C))
    return mistake_table(LABELS, INDICES, [reading(*part) for part in read])


def test_group_counts_of_three_runs() -> None:
    assert group_counts(three_runs()) == {
        "any_wrong": 6,
        "all_wrong": 1,
        "disputed": 5,
        "sure_wrong": 0,
        "one_wrong": 4,
        "all_right": 0,
        "all": 6,
    }


@pytest.mark.parametrize("group", GROUPS[3])
def test_selecting_a_group_of_three_runs_gives_as_many_as_it_counts(group: str) -> None:
    assert len(select(three_runs(), group)) == group_counts(three_runs())[group]


def test_twenty_runs_have_the_groups_of_three() -> None:
    table = mistake_table(LABELS, INDICES, [reading(READ_A, SURE_A)] * 20)
    assert group_counts(table) == {
        "any_wrong": 3,
        "all_wrong": 3,
        "disputed": 0,
        "sure_wrong": 1,  # image 15, at 95 %
        "one_wrong": 0,
        "all_right": 3,
        "all": 6,
    }


def test_each_runs_own_mistakes_are_counted() -> None:
    assert only_wrong_counts(three_runs()) == [1, 1, 2]


def test_one_wrong_with_a_reader_is_what_that_run_alone_got_wrong() -> None:
    assert chosen(select(three_runs(), "one_wrong", reader=2, order="index")) == [13, 14]


def test_the_hardest_come_first_and_among_them_the_most_sure() -> None:
    # Wrong by three: 12. By two: 10. By one: 15 at 95 %, 11 at 75, 14 at 60, 13 at 30.
    assert chosen(select(three_runs(), "any_wrong", order="hardest")) == [12, 10, 15, 11, 14, 13]


def test_the_most_disputed_come_first() -> None:
    table = mistake_table(
        [1, 1, 1],
        [0, 1, 2],
        [
            reading([1, 1, 2], [0.9] * 3),
            reading([1, 1, 3], [0.9] * 3),
            reading([1, 7, 4], [0.9] * 3),
        ],
    )
    assert chosen(select(table, "all", order="disputed")) == [2, 1, 0]


def test_disagreement_is_the_share_of_pairs_that_read_it_differently() -> None:
    # Of three pairs: on image 10 a and c agree, on 12 all, on 13 a and b.
    assert disagreement(three_runs()) == pytest.approx([2 / 3, 2 / 3, 0, 2 / 3, 2 / 3, 2 / 3])


def test_one_run_never_disagrees() -> None:
    assert disagreement(one_run()).tolist() == [0.0] * 6


def test_votes_count_the_runs_by_what_they_read() -> None:
    first = votes(three_runs())[0]
    assert (first[4], first[9], first.sum()) == (1, 2, 3)


@pytest.mark.parametrize(("runs", "needed"), [(2, 2), (3, 2), (4, 2), (5, 3), (20, 10)])
def test_half_of_the_runs_and_two_must_be_sure(runs: int, needed: int) -> None:
    assert sure_needed(runs) == needed


def sure_of(*answers: tuple[int, float]) -> int:
    """How many images of one, a 1, are in "sure_wrong" when runs read it so."""
    readings = [reading([digit], [share]) for digit, share in answers]
    return group_counts(mistake_table([1], [0], readings))["sure_wrong"]


def test_two_runs_sure_of_the_same_wrong_answer_doubt_the_label() -> None:
    assert sure_of((7, 0.91), (7, 0.99), (1, 0.99)) == 1


def test_two_runs_sure_of_different_wrong_answers_do_not() -> None:
    assert sure_of((7, 0.99), (2, 0.99), (1, 0.99)) == 0


def test_a_sure_and_an_unsure_wrong_answer_do_not() -> None:
    assert sure_of((7, 0.99), (7, 0.89), (1, 0.99)) == 0


def test_sure_right_answers_do_not() -> None:
    assert sure_of((1, 0.99), (1, 0.99)) == 0


# How sure


def test_sure_narrows_to_wrong_answers_given_with_that_probability() -> None:
    assert chosen(select(two_runs(), "any_wrong", sure=(0.7, 0.9))) == [12, 11]


def test_both_bounds_of_sure_belong_to_it() -> None:
    table = mistake_table([1, 1, 1], [0, 1, 2], [reading([2, 2, 2], [0.25, 0.5, 0.75])])
    assert chosen(select(table, "wrong", sure=(0.25, 0.5), order="index")) == [0, 1]


def test_sure_and_predicted_must_hold_for_the_same_answer() -> None:
    # On image 12, a reads 9 at 80 %, b at 85 %; on 15, b reads 9 at 99 % and is right.
    assert chosen(select(two_runs(), "all", predicted=9, sure=(0.9, 1.0))) == [15]


def test_sure_with_a_reader_goes_by_that_run() -> None:
    assert chosen(select(two_runs(), "any_wrong", sure=(0.95, 1.0), reader=1)) == [15]


def test_a_missing_probability_is_outside_every_range_but_the_whole() -> None:
    table = mistake_table([1], [0], [reading([2], [float("nan")])])
    assert (len(select(table, "wrong")), len(select(table, "wrong", sure=(0.0, 0.99)))) == (1, 0)


# What an answer is held against


def test_a_wrong_answer_is_held_against_the_true_digit() -> None:
    assert rather_than([0.0, 0.7, 0.0, 0.3, 0, 0, 0, 0, 0, 0], answer=1, true=8) == 8


def test_a_right_answer_is_held_against_the_runner_up() -> None:
    assert rather_than([0.0, 0.7, 0.0, 0.3, 0, 0, 0, 0, 0, 0], answer=1, true=1) == 3


def test_of_equal_runners_up_the_smaller_digit_counts() -> None:
    assert rather_than([0.1] * 10, answer=0, true=0) == 1
