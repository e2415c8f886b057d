"""What one run takes for what more often than another."""

import numpy as np
import pytest
from scipy.stats import binomtest

from core.analysis.confusion import confusion_matrix
from core.analysis.confusion_difference import (
    chance_sentence,
    confusion_difference,
    difference_p_value,
    difference_sentences,
    largest_differences,
)
from core.errors import RunError
from tests.test_confusion import matrix

NAMES = ("SGD", "Adam")


def test_the_difference_is_the_first_minus_the_second() -> None:
    difference = confusion_difference(matrix(m49=105, m72=9), matrix(m49=21, m72=14), "count")
    assert difference[4, 9] == 84
    assert difference[7, 2] == -5


def test_the_difference_of_percentages_is_in_points() -> None:
    difference = confusion_difference(matrix(right=30, m49=10), matrix(right=40), "row")
    assert difference[4, 9] == pytest.approx(25)
    assert difference[4, 4] == pytest.approx(-25)


def test_the_largest_difference_is_found_in_both_directions() -> None:
    difference = confusion_difference(matrix(m49=105, m72=9), matrix(m49=21, m72=14), "count")
    assert largest_differences(difference) == ((4, 9), (7, 2))


def test_what_was_read_right_is_no_difference_in_mistakes() -> None:
    difference = confusion_difference(matrix(right=90), matrix(right=10), "count")
    assert largest_differences(difference) == (None, None)


def test_the_sentence_names_the_largest_difference_first() -> None:
    sentences = difference_sentences(matrix(m49=105, m72=9), matrix(m49=21, m72=14), NAMES, "count")
    assert sentences == [
        "The largest difference: SGD reads 4 as 9 more often than Adam, 105 times against 21 "
        "(84 more).",
        "The other way round: Adam reads 7 as 2 more often than SGD, 14 times against 9 (5 more).",
    ]


def test_the_sentence_is_the_same_whichever_comes_first() -> None:
    sgd, adam = matrix(m49=105, m72=9), matrix(m49=21, m72=14)
    assert difference_sentences(adam, sgd, NAMES[::-1], "count") == difference_sentences(
        sgd, adam, NAMES, "count"
    )


def test_one_direction_alone_gives_one_sentence() -> None:
    assert difference_sentences(matrix(m49=1), matrix(), NAMES, "count") == [
        "The largest difference: SGD reads 4 as 9 more often than Adam, 1 time against 0 (1 more)."
    ]


def test_percentages_of_true_digits_in_words() -> None:
    first, second = matrix(right=30, m49=10), matrix(right=35, m49=5)
    assert difference_sentences(first, second, NAMES, "row") == [
        "The largest difference: SGD reads 4 as 9 more often than Adam, in 25.0 % of all 4s "
        "against 12.5 % (12.5 points more)."
    ]


def test_percentages_of_answers_in_words() -> None:
    first, second = matrix(right=30, m49=10), matrix(right=40)
    assert difference_sentences(first, second, NAMES, "column") == [
        "The largest difference: an answer 9 of SGD is more often a 4 than an answer 9 of Adam, "
        "25.0 % against 0 % (25.0 points more)."
    ]


def test_percentages_that_round_alike_get_the_decimals_that_part_them() -> None:
    first, second = matrix(right=9_999, m49=3), matrix(right=9_999, m49=1)
    (sentence,) = difference_sentences(first, second, NAMES, "row")
    assert "0.03 % of all 4s against 0.01 % (0.02 points more)" in sentence


def test_equal_mistakes_are_said_to_be_equal() -> None:
    assert difference_sentences(matrix(m49=3), matrix(m49=3), NAMES, "row") == [
        "SGD and Adam take each digit for each other one equally often."
    ]


def test_the_p_value_is_scipys_times_ninety() -> None:
    labels = np.full(40, 4)
    first, second = np.full(40, 4), np.full(40, 4)
    first[:20] = 9
    second[18:21] = 9
    expected = 90 * binomtest(18, 19, 0.5).pvalue
    assert expected < 0.01
    assert difference_p_value(labels, first, second, (4, 9)) == pytest.approx(expected)


def test_other_digits_do_not_count_for_the_p_value() -> None:
    labels = np.array([4] * 20 + [7] * 20)
    first = np.array([9] * 15 + [4] * 5 + [9] * 20)
    second = np.array([4] * 20 + [7] * 20)
    expected = 90 * binomtest(15, 15, 0.5).pvalue
    assert difference_p_value(labels, first, second, (4, 9)) == pytest.approx(expected)


def test_the_p_value_is_never_above_one() -> None:
    assert difference_p_value([4, 4], [9, 4], [4, 4], (4, 9)) == 1


def test_runs_on_different_numbers_of_images_are_refused() -> None:
    with pytest.raises(RunError, match="differ"):
        difference_p_value([4, 4], [9, 4], [4], (4, 9))


def test_chance_in_words() -> None:
    assert chance_sentence(0.0001).startswith("That is more than chance would explain")
    assert "p < 0.001" in chance_sentence(0.0001)
    assert chance_sentence(0.3).startswith("That could be chance")
    assert "p = 0.300" in chance_sentence(0.3)


def test_no_images_give_no_difference() -> None:
    nothing = confusion_matrix([], [])
    assert len(difference_sentences(nothing, nothing, NAMES, "row")) == 1
