"""What several answers add up to, in words."""

import numpy as np
import numpy.typing as npt
import pytest

from core.analysis.agreement import agreement, believing, how_sure, with_article


def said(digit: int, probability: float = 0.99) -> npt.NDArray[np.float64]:
    """Ten probabilities of which `digit` has the given one."""
    shares = np.full(10, (1 - probability) / 9)
    shares[digit] = probability
    return shares


def named(*digits: int) -> list[tuple[str, npt.NDArray[np.float64]]]:
    return [(f"R{place}", said(digit)) for place, digit in enumerate(digits, start=1)]


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "very sure"),
        (0.95, "very sure"),
        (0.949, "fairly sure"),
        (0.75, "fairly sure"),
        (0.749, "not sure"),
        (0.5, "not sure"),
        (0.499, "guessing"),
        (0.1, "guessing"),
    ],
)
def test_how_sure_an_answer_is_in_words(probability: float, words: str) -> None:
    assert how_sure(probability) == words


def test_only_eight_is_an_eight() -> None:
    assert [with_article(digit) for digit in (0, 1, 8)] == ["a 0", "a 1", "an 8"]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([], ""),
        (named(8), "It reads an 8."),
        (named(7, 7), "Both read a 7."),
        (named(7, 1), "They disagree: R1 says 7, R2 says 1."),
        (named(7, 7, 7), "All three read a 7."),
        (named(*[4] * 8), "All eight read a 4."),
        (named(7, 1, 3), "They disagree: R1 says 7, R2 says 1, R3 says 3."),
        (named(1, 7, 7), "R2 and R3 read a 7; R1 a 1."),
        (named(7, 7, 7, 7, 7, 1, 1, 8), "Five read a 7; R6 and R7 a 1; R8 an 8."),
        (named(7, 7, 7, 1, 1, 1), "Three read a 7; three a 1."),
    ],
)
def test_what_answers_add_up_to(
    answers: list[tuple[str, npt.NDArray[np.float64]]], sentence: str
) -> None:
    assert agreement(answers) == sentence


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([("Adam", said(7, 0.6))], "It reads a 7, but is not sure."),
        ([("Adam", said(7, 0.3))], "It reads a 7, but is guessing."),
        (
            [("Adam", said(7)), ("SGD", said(7, 0.46))],
            "Both read a 7, but SGD is not sure.",
        ),
        (
            [("Adam", said(7)), ("SGD", said(1, 0.74))],
            "They disagree: Adam says 7, SGD says 1, but SGD is not sure.",
        ),
        (
            [("Adam", said(7, 0.5)), ("SGD", said(7, 0.46))],
            "Both read a 7, but neither is sure.",
        ),
        (
            [("A", said(7, 0.5)), ("B", said(7, 0.5)), ("C", said(7, 0.5))],
            "All three read a 7, but none of them is sure.",
        ),
        (
            [("A", said(7)), ("B", said(7, 0.5)), ("C", said(7, 0.5))],
            "All three read a 7, but B and C are not sure.",
        ),
    ],
)
def test_doubts_are_named(
    answers: list[tuple[str, npt.NDArray[np.float64]]], sentence: str
) -> None:
    assert agreement(answers) == sentence


def test_small_gaps_between_claim_and_truth_are_not_named() -> None:
    sentence = believing([("Adam", 0.97, 0.98), ("SGD", 0.88, 0.87)])
    assert sentence.endswith(
        "not a measured chance: Compare shows how far to believe it (calibration)."
    )


def test_a_run_that_claims_too_little_or_too_much_is_named_with_both_figures() -> None:
    sentence = believing([("SGD", 0.762, 0.873), ("Loud", 0.9, 0.8)])
    assert "SGD was right more often than it claimed (87.3 %, not 76.2 %)" in sentence
    assert "Loud was right less often than it claimed (80.0 %, not 90.0 %)" in sentence


def test_several_that_are_off_the_same_way_share_a_sentence() -> None:
    sentence = believing([("A", 0.7, 0.8), ("B", 0.6, 0.8)])
    expected = "two were right more often than they claimed: A (80.0 %, not 70.0 %) and B ("
    assert expected in sentence


def test_nearly_all_right_does_not_read_as_all() -> None:
    assert "(99.6 %, not 95.3 %)" in believing([("Champion", 0.953, 0.996)])
