"""Precision, recall and F1 of each digit, checked against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from core.analysis.confusion import confusion_matrix
from core.analysis.per_digit import (
    digit_scores,
    missing_sentence,
    weakest_sentence,
    widest_gap_sentence,
)


def scikit_learns(labels: object, predicted: object) -> list[np.ndarray]:
    found = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(10), zero_division=np.nan
    )
    return list(found[:3])


def test_the_scores_are_scikit_learns() -> None:
    generator = np.random.default_rng(0)
    labels, predicted = generator.integers(0, 10, (2, 500))
    scores = digit_scores(confusion_matrix(labels, predicted))
    for own, expected in zip(
        (scores.precision, scores.recall, scores.f1), scikit_learns(labels, predicted), strict=True
    ):
        assert own == pytest.approx(expected)


def test_digits_never_shown_or_answered_are_missing_as_in_scikit_learn() -> None:
    labels, predicted = [0, 0, 1, 2], [0, 1, 1, 3]
    scores = digit_scores(confusion_matrix(labels, predicted))
    for own, expected in zip(
        (scores.precision, scores.recall, scores.f1), scikit_learns(labels, predicted), strict=True
    ):
        assert own == pytest.approx(expected, nan_ok=True)


def test_a_score_is_found_by_its_name() -> None:
    scores = digit_scores(confusion_matrix([4, 4, 9], [4, 9, 9]))
    assert scores.score("recall")[4] == 0.5
    assert scores.score("precision")[9] == 0.5
    assert scores.score("f1")[4] == pytest.approx(2 / 3)


def test_the_weakest_digit_of_each_run_is_named() -> None:
    sgd, adam = np.full(10, 0.9), np.full(10, 0.98)
    sgd[5], adam[8] = 0.729, 0.961
    assert weakest_sentence({"SGD": sgd, "Adam": adam}, "recall") == (
        "By recall, SGD is weakest on 5 (72.9 %) and Adam is weakest on 8 (96.1 %)."
    )


def test_of_many_runs_only_the_weakest_is_named() -> None:
    scores = {f"run {number}": np.full(10, 0.9) for number in range(6)}
    scores["run 4"][5] = 0.3
    assert weakest_sentence(scores, "recall") == (
        "The lowest recall of all: run 4 is weakest on 5 (30.0 %)."
    )


def test_equally_weak_digits_are_all_named_or_counted() -> None:
    two, many = np.full(10, 0.9), np.zeros(10)
    two[[3, 5]], many[4] = 0.5, 1.0
    assert "weakest on 3 and 5 (50.0 %)" in weakest_sentence({"A": two}, "f1")
    assert "weakest on 9 digits (0 %)" in weakest_sentence({"A": many}, "f1")


def test_a_run_that_is_equally_good_everywhere_has_no_weakest_digit() -> None:
    assert weakest_sentence({"CNN": np.ones(10)}, "f1") == (
        "By F1, CNN is equally good on every digit (100 %)."
    )


def test_the_digit_on_which_runs_differ_most_is_named() -> None:
    sgd, adam = np.full(10, 0.9), np.full(10, 0.95)
    sgd[5] = 0.7
    assert widest_gap_sentence({"SGD": sgd, "Adam": adam}) == (
        "They differ most on 5: Adam 95.0 %, SGD 70.0 %."
    )


def test_a_missing_figure_is_no_gap() -> None:
    first, second = np.full(10, 0.9), np.full(10, 0.9)
    first[3] = np.nan
    assert widest_gap_sentence({"A": first, "B": second}) == ""


def test_one_run_differs_from_none() -> None:
    assert widest_gap_sentence({"A": np.full(10, 0.9)}) == ""


def test_missing_bars_are_explained() -> None:
    values = np.full(10, 0.9)
    assert missing_sentence({"A": values}, "precision") == ""
    values[[0, 3]] = np.nan
    assert missing_sentence({"A": values}, "precision") == (
        "A never answered 0 and 3: no bar there."
    )


def test_a_run_without_images_has_no_sentence() -> None:
    scores = digit_scores(confusion_matrix([], []))
    assert weakest_sentence({"A": scores.recall}, "recall") == ""
