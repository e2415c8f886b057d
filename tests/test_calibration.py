"""Reliability and expected calibration error, against a hand-worked example and scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from core.analysis.calibration import (
    Calibration,
    calibrate,
    calibration_sentence,
    error_sentence,
    own_confidence,
)
from core.analysis.paired import wilson_interval
from core.errors import RunError


def bins_of(*groups: tuple[float, int, int]) -> Calibration:
    """`groups` are how sure, how many answers, how many of them right."""
    said = np.concatenate([np.full(count, sure) for sure, count, _ in groups])
    right = np.concatenate([np.arange(count) < hits for _, count, hits in groups])
    return calibrate(said, right)


def test_the_error_is_that_of_the_hand_worked_example() -> None:
    # Four answers at 0.95, three right: a gap of 0.20. Two at 0.65, both right: 0.35. Four at
    # 0.35, one right: 0.10. (4 · 0.20 + 2 · 0.35 + 4 · 0.10) ÷ 10 = 0.19.
    assert bins_of((0.95, 4, 3), (0.65, 2, 2), (0.35, 4, 1)).error == pytest.approx(0.19)


def test_gaps_in_opposite_directions_within_a_bin_cancel() -> None:
    # By definition: 0.91 always right and 0.99 wrong in 1 of 10 are one bin of mean 0.95.
    assert bins_of((0.91, 10, 10), (0.99, 10, 9)).error == pytest.approx(0)


def test_the_bins_are_scikit_learns() -> None:
    generator = np.random.default_rng(0)
    said = generator.uniform(0, 1, 1000)
    right = generator.uniform(0, 1, 1000) < said**2
    share, mean = calibration_curve(right, said, n_bins=10)
    found = calibrate(said, right)
    assert found.accuracy == pytest.approx(share)
    assert found.confidence == pytest.approx(mean)


def test_the_error_is_the_weighted_mean_of_the_gaps() -> None:
    generator = np.random.default_rng(1)
    said = generator.uniform(0, 1, 500)
    right = generator.uniform(0, 1, 500) < 0.5
    share, mean = calibration_curve(right, said, n_bins=15)
    counts = np.histogram(said, 15, (0, 1))[0]
    expected = float(np.sum(counts / 500 * np.abs(share - mean)))
    assert calibrate(said, right, bins=15).error == pytest.approx(expected)


@pytest.mark.parametrize(("sure", "place"), [(0.0, 0), (0.1, 0), (0.3, 2), (0.7, 6), (1.0, 9)])
def test_a_bin_holds_its_upper_edge(sure: float, place: int) -> None:
    assert calibrate([sure], [True]).counts[place] == 1


def test_an_empty_bin_adds_nothing() -> None:
    found = bins_of((0.95, 4, 4))
    assert np.isnan(found.accuracy[0])
    assert found.contributions[0] == 0


def test_the_interval_of_a_bin_is_wilsons() -> None:
    assert bins_of((0.95, 20, 19)).interval(9) == wilson_interval(19, 20)


def test_the_confidence_is_that_of_the_own_answer() -> None:
    shares = np.full((2, 10), 0.05)
    shares[0, 4], shares[1, 7] = 0.55, 0.55
    assert own_confidence(shares, np.array([4, 3])).tolist() == [0.55, 0.05]


def test_what_is_no_probability_is_refused() -> None:
    for wrong in (1.2, -0.1, np.nan):
        with pytest.raises(RunError, match="between 0 and 1"):
            calibrate([0.5, wrong], [True, True])


def test_different_lengths_are_refused() -> None:
    with pytest.raises(RunError, match="differ"):
        calibrate([0.5, 0.6], [True])


def test_a_careful_run_in_words() -> None:
    assert calibration_sentence(bins_of((0.85, 1000, 960)), "Adam") == (
        "When Adam says 80 to 90 % (85.0 % on average), it is right in 96.0 of 100 cases: more "
        "careful than it need be."
    )


def test_a_run_that_is_too_sure_in_words() -> None:
    assert calibration_sentence(bins_of((0.95, 1000, 800)), "Adam").endswith(
        "it is right in 80.0 of 100 cases: surer than it should be."
    )


def test_a_small_gap_is_called_little() -> None:
    assert calibration_sentence(bins_of((0.997, 9395, 9339)), "Adam").endswith(
        ": a little surer than it should be."
    )


def test_what_chance_may_have_done_is_no_gap() -> None:
    assert calibration_sentence(bins_of((0.85, 1000, 856)), "Adam").endswith("as often as it says.")


def test_few_cases_are_counted_and_said_to_be_few() -> None:
    assert calibration_sentence(bins_of((0.85, 5, 3)), "Adam").endswith(
        "it is right in 3 of 5 cases: too few cases to tell more."
    )


def test_the_bin_that_weighs_most_is_the_one_spoken_of() -> None:
    found = bins_of((0.55, 10, 0), (0.95, 1000, 500))
    assert "says 90 to 100 %" in calibration_sentence(found, "Adam")


def test_a_faultless_run_has_a_sentence_too() -> None:
    found = bins_of((1.0, 200, 200))
    assert calibration_sentence(found, "CNN").endswith(": as often as it says.")
    assert found.error == 0


def test_the_error_in_words() -> None:
    assert error_sentence(bins_of((0.85, 1000, 960))) == (
        "Over all its answers the two lie 11.0 points apart on average (ECE)."
    )


def test_without_images_nothing_is_claimed() -> None:
    nothing = calibrate([], [])
    assert nothing.error == 0
    assert calibration_sentence(nothing, "CNN") == "CNN has read no images yet."
    assert error_sentence(nothing) == ""
