"""Which digits are taken for which, checked against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from core.analysis.checks import Integers
from core.analysis.confusion import (
    column_percent,
    confusion_matrix,
    confusion_sentence,
    in_unit,
    most_confused,
    row_percent,
)
from core.errors import RunError


def matrix(right: int = 90, **mistakes: int) -> Integers:
    """A matrix with `right` on the diagonal; `m49=66` is 4 read as 9, 66 times."""
    counts = right * np.eye(10, dtype=np.int64)
    for name, count in mistakes.items():
        counts[int(name[1]), int(name[2])] = count
    return counts


def test_matrix_is_scikit_learns() -> None:
    generator = np.random.default_rng(0)
    labels, predicted = generator.integers(0, 10, (2, 500))
    expected = metrics.confusion_matrix(labels, predicted, labels=range(10))
    assert np.array_equal(confusion_matrix(labels, predicted), expected)


def test_matrix_is_ten_by_ten_whatever_digits_occur() -> None:
    counted = confusion_matrix([1], [1])
    assert counted.shape == (10, 10)


def test_matrix_counts_in_int64() -> None:
    assert confusion_matrix([1], [1]).dtype == np.dtype("int64")


def test_rows_are_the_true_digits() -> None:
    assert confusion_matrix([4], [9])[4, 9] == 1


def test_small_integers_do_not_overflow() -> None:
    labels = np.full(3, 9, dtype=np.uint8)
    assert confusion_matrix(labels, labels)[9, 9] == 3


def test_no_images_give_zeros() -> None:
    assert confusion_matrix([], []).sum() == 0


def test_a_value_that_is_no_digit_is_refused() -> None:
    with pytest.raises(RunError, match="digits from 0 to 9"):
        confusion_matrix([10], [1])


def test_different_lengths_are_refused() -> None:
    with pytest.raises(RunError, match="differ"):
        confusion_matrix([1, 2], [1])


def test_row_percent_is_of_the_true_digit() -> None:
    assert row_percent(matrix(right=30, m49=10))[4, 9] == pytest.approx(25.0)


def test_row_and_column_percent_are_scikit_learns() -> None:
    generator = np.random.default_rng(1)
    labels, predicted = generator.integers(0, 10, (2, 700))
    counted = confusion_matrix(labels, predicted)
    for unit, normalize in (("row", "true"), ("column", "pred")):
        expected = 100 * metrics.confusion_matrix(labels, predicted, normalize=normalize)
        assert in_unit(counted, unit) == pytest.approx(expected)  # type: ignore[arg-type]


def test_column_percent_is_of_what_was_answered() -> None:
    assert column_percent(matrix(right=30, m49=10))[4, 9] == pytest.approx(25.0)


def test_column_percent_of_a_digit_never_answered_is_zero() -> None:
    assert column_percent(confusion_matrix([1], [2]))[:, 1].tolist() == [0.0] * 10


def test_counts_stay_as_they_are() -> None:
    assert in_unit(matrix(m49=66), "count")[4, 9] == 66


def test_row_percent_of_a_digit_without_images_is_zero() -> None:
    assert row_percent(confusion_matrix([1], [1]))[0].tolist() == [0.0] * 10


def test_most_confused_comes_largest_first() -> None:
    assert most_confused(matrix(m49=66, m53=58, m79=60), count=2) == [(4, 9, 66), (7, 9, 60)]


def test_most_confused_leaves_out_what_was_right() -> None:
    assert most_confused(matrix(right=500, m72=1)) == [(7, 2, 1)]


def test_most_confused_orders_ties_by_digit() -> None:
    assert most_confused(matrix(m94=5, m35=5, m49=5)) == [(3, 5, 5), (4, 9, 5), (9, 4, 5)]


def test_sentence_names_the_two_commonest() -> None:
    assert confusion_sentence(matrix(m49=66, m53=58, m72=3), "SGD") == (
        "SGD most often reads 4 as 9 (66 times) and 5 as 3 (58)."
    )


def test_sentence_leaves_out_a_mistake_made_once() -> None:
    assert confusion_sentence(matrix(m49=66, m53=1), "SGD") == (
        "SGD most often reads 4 as 9 (66 times)."
    )


def test_sentence_of_a_single_mistake() -> None:
    assert confusion_sentence(matrix(m49=1), "SGD") == (
        "SGD makes one mistake in 901 images: it reads 4 as 9."
    )


def test_sentence_when_no_mistake_is_made_twice() -> None:
    assert confusion_sentence(matrix(m49=1, m53=1), "SGD") == (
        "SGD makes 2 mistakes in 902 images, none of them twice."
    )


def test_sentence_of_a_perfect_model() -> None:
    assert confusion_sentence(matrix(), "CNN") == "CNN makes no mistake in 900 images."


def test_sentence_without_images() -> None:
    assert confusion_sentence(matrix(right=0), "CNN") == "CNN has read no images yet."
