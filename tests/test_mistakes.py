"""Which images were read wrongly, by whom, and in what order they are shown."""

import numpy as np
import pandas as pd
import pytest

from core.analysis.confusion import confusion_matrix
from core.analysis.mistakes import GROUPS, Reading, group_counts, mistake_table, select
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


def test_three_runs_are_refused() -> None:
    with pytest.raises(RunError, match="one run or two"):
        mistake_table(LABELS, INDICES, [reading(READ_A, SURE_A)] * 3)


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
