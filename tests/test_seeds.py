"""Two sides over their seeds, checked against statsmodels, scipy and published examples."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from core.analysis.seed_verdict import (
    ONE_RUN_CAVEAT,
    SEEDS_CAVEAT,
    seed_sentence,
    seed_table,
    seeds_needed_sentence,
)
from core.analysis.seeds import SeedComparison, compare_seeds, over_seeds
from core.errors import RunError

# Hours of sleep gained with two drugs by ten patients: Student 1908, "The probable error of a
# mean", and the data set `sleep` of R, whose help prints the results below.
FIRST_DRUG = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND_DRUG = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
IMAGES = 10_000
ADAM = (9_780, 9_795, 9_771, 9_802, 9_768)
SGD = (8_790, 8_812, 8_760, 8_801, 8_799)


def as_counts(hours: Sequence[float], first_seed: int = 0) -> dict[int, int]:
    """Tenths of hours as images read right, shifted so that none is negative."""
    return {first_seed + place: round(10 * value) + 100 for place, value in enumerate(hours)}


def side(counts: Sequence[int], first_seed: int = 0) -> dict[int, int]:
    return {first_seed + place: count for place, count in enumerate(counts)}


def hours(shares: Sequence[float]) -> tuple[float, ...]:
    """Shares of 1,000 images back to hours."""
    return tuple(100 * share for share in shares)


def sentence(comparison: SeedComparison) -> str:
    return seed_sentence(comparison, "Adam", "SGD")


def value(comparison: SeedComparison, figure: str) -> str:
    table = seed_table(comparison, "Adam", "SGD").set_index("figure")
    return str(table.loc[figure, "value"])


def test_mean_interval_is_statsmodels() -> None:
    found = over_seeds(side(ADAM), IMAGES)
    expected = DescrStatsW(np.array(ADAM) / IMAGES).tconfint_mean(0.05)
    assert found.interval == pytest.approx(expected, rel=1e-9)


def test_spread_is_the_standard_deviation_with_n_minus_one() -> None:
    found = over_seeds(side(ADAM), IMAGES)
    assert found.deviation == pytest.approx(np.std(np.array(ADAM) / IMAGES, ddof=1))


def test_one_seed_has_neither_spread_nor_interval() -> None:
    found = over_seeds({7: 350}, 360)
    assert (found.seeds, found.deviation, found.interval) == ((7,), None, None)


def test_seeds_that_agree_to_the_image_have_no_interval() -> None:
    found = over_seeds(side((350, 350)), 360)
    assert (found.deviation, found.interval) == (0.0, None)


def test_interval_of_a_mean_is_cut_off_at_everything_right() -> None:
    found = over_seeds(side((360, 350)), 360)
    assert found.interval is not None
    assert found.interval[1] == 1.0


def test_no_seed_is_refused() -> None:
    with pytest.raises(RunError, match="no finished run"):
        over_seeds({}, 360)


def test_shared_seeds_are_compared_in_pairs_as_published() -> None:
    found = compare_seeds(as_counts(FIRST_DRUG), as_counts(SECOND_DRUG), 1_000)
    assert found.method == "paired"
    assert found.freedom == 9
    assert found.p_value == pytest.approx(0.002833, abs=5e-7)
    assert found.difference_interval is not None
    assert hours(found.difference_interval) == pytest.approx((-2.4598858, -0.7001142), abs=5e-7)
    assert found.winner == "b"


def test_other_seeds_are_compared_by_welch_as_published() -> None:
    found = compare_seeds(as_counts(FIRST_DRUG), as_counts(SECOND_DRUG, 5), 1_000)
    assert found.method == "welch"
    assert found.freedom == pytest.approx(17.776, abs=5e-4)
    assert found.p_value == pytest.approx(0.07939, abs=5e-6)
    assert found.difference_interval is not None
    assert hours(found.difference_interval) == pytest.approx((-3.3654832, 0.2054832), abs=5e-7)
    assert found.winner is None


def test_welch_is_statsmodels_with_unequal_numbers_of_seeds() -> None:
    found = compare_seeds(side(ADAM), side(SGD[:3], 9), IMAGES)
    means = CompareMeans(
        DescrStatsW(np.array(ADAM) / IMAGES), DescrStatsW(np.array(SGD[:3]) / IMAGES)
    )
    assert found.difference_interval == pytest.approx(means.tconfint_diff(usevar="unequal"))
    _, p_value, freedom = means.ttest_ind(usevar="unequal")
    assert (found.p_value, found.freedom) == pytest.approx((p_value, freedom))


def test_a_single_run_is_compared_with_the_spread_of_the_others() -> None:
    found = compare_seeds(side(ADAM), {0: 9_700}, IMAGES)
    assert found.method == "one run"
    # Crawford and Howell 1998: (x − mean) / (s √((n + 1) / n)) with n − 1 degrees of freedom.
    mean, spread = np.mean(ADAM), np.std(ADAM, ddof=1)
    statistic = (9_700 - mean) / (spread * np.sqrt(6 / 5))
    assert found.freedom == 4
    assert found.p_value == pytest.approx(ttest_ind(ADAM, [9_700]).pvalue)
    expected = ttest_ind(ADAM, [9_700]).statistic
    assert statistic == pytest.approx(-expected)


def test_a_single_run_on_the_first_side_mirrors_it() -> None:
    there = compare_seeds(side(ADAM), {0: 9_700}, IMAGES)
    back = compare_seeds({0: 9_700}, side(ADAM), IMAGES)
    assert (there.winner, back.winner) == ("a", "b")
    assert there.p_value == pytest.approx(back.p_value)


def test_seeds_that_only_one_side_has_are_left_out_of_pairs() -> None:
    found = compare_seeds(side(ADAM), side(SGD[:3]), IMAGES)
    assert (found.method, found.a.seeds, found.left_out) == ("paired", (0, 1, 2), 2)
    assert found.difference == pytest.approx((sum(ADAM[:3]) - sum(SGD[:3])) / 3 / IMAGES)


def test_sides_that_share_only_some_seeds_are_not_paired() -> None:
    found = compare_seeds(side(ADAM), side(SGD, 2), IMAGES)
    assert (found.method, found.left_out) == ("welch", 0)


def test_the_order_of_the_seeds_does_not_matter() -> None:
    backwards = dict(reversed(side(SGD).items()))
    assert compare_seeds(side(ADAM), backwards, IMAGES).p_value == pytest.approx(
        compare_seeds(side(ADAM), side(SGD), IMAGES).p_value
    )


def test_nobody_wins_where_every_seed_shows_the_same_gap() -> None:
    found = compare_seeds(side((350, 340)), side((345, 335)), 360)
    assert (found.winner, found.p_value, found.difference_interval) == (None, None, None)


def test_nobody_wins_where_no_seed_changes_anything() -> None:
    found = compare_seeds(side((350, 350)), side((345, 345), 5), 360)
    assert (found.method, found.winner, found.p_value) == ("welch", None, None)


def test_equal_sides_are_seldom_told_apart() -> None:
    generator = np.random.default_rng(3)
    told = [
        compare_seeds(
            side(generator.normal(9_700, 15, 4).round().astype(int).tolist()),
            side(generator.normal(9_700, 40, 5).round().astype(int).tolist(), 10),
            IMAGES,
        ).winner
        is not None
        for _ in range(500)
    ]
    assert np.mean(told) < 0.08


def test_two_single_runs_are_refused() -> None:
    with pytest.raises(RunError, match="at least two seeds"):
        compare_seeds({0: 350}, {0: 340}, 360)


def test_sentence_of_a_large_gap() -> None:
    assert sentence(compare_seeds(side(ADAM), side(SGD), IMAGES)) == (
        "Adam reads 97.8 of 100 test digits on average, SGD 87.9. "
        "The gap of 9.9 points is far larger than the luck of the seeds."
    )


def test_sentence_of_a_small_but_certain_gap() -> None:
    less = tuple(count - 30 - place for place, count in enumerate(ADAM))
    assert sentence(compare_seeds(side(ADAM), side(less), IMAGES)).endswith(
        "The gap of 0.3 points is small, but larger than the luck of the seeds would explain."
    )


def test_sentence_when_one_cannot_tell() -> None:
    found = compare_seeds(side((9_780, 9_760)), side((9_750, 9_785)), IMAGES)
    assert sentence(found) == (
        "Cannot tell yet: Adam reads 97.70 of 100 test digits on average, SGD 97.67. "
        "The gap of 0.03 points could be the luck of the seeds."
    )


def test_sentence_with_a_single_run_says_so() -> None:
    assert sentence(compare_seeds(side(ADAM), {0: 8_790}, IMAGES)).startswith(
        "Adam reads 97.8 of 100 test digits on average, SGD, a single run, 87.9."
    )
    assert sentence(compare_seeds({0: 9_900}, side(SGD), IMAGES)).startswith(
        "Adam, a single run, reads 99.0 of 100 test digits, SGD 87.9 on average."
    )


def test_sentence_over_some_of_the_seeds_says_over_which() -> None:
    assert sentence(compare_seeds(side(ADAM), side(SGD[:3]), IMAGES)).startswith(
        "Over the 3 seeds that both have, Adam reads"
    )


def test_sentence_of_the_same_mean() -> None:
    found = compare_seeds(side((9_780, 9_760)), side((9_760, 9_780)), IMAGES)
    assert sentence(found) == (
        "Cannot tell yet: Adam and SGD both read 97.7 of 100 test digits on average."
    )


def test_sentence_where_every_seed_shows_the_same_gap() -> None:
    found = compare_seeds(side((350, 340)), side((345, 335)), 360)
    assert "is the same to the image whatever the seed" in sentence(found)
    assert seeds_needed_sentence(found) == "More seeds of each would show how much is luck."


def test_seeds_needed_are_said_while_one_cannot_tell() -> None:
    found = compare_seeds(side((9_780, 9_760, 9_790)), side((9_750, 9_775, 9_760), 4), IMAGES)
    assert found.winner is None
    assert seeds_needed_sentence(found) == (
        f"About {found.seeds_needed} seeds of each would be needed to tell, if the gap and the "
        "spread stay as they are."
    )


def test_seeds_needed_are_more_than_there_are() -> None:
    found = compare_seeds(side((9_780, 9_760, 9_790)), side((9_750, 9_775, 9_760), 4), IMAGES)
    assert found.seeds_needed is not None
    assert found.seeds_needed > 3


def test_seeds_needed_are_not_said_once_one_can_tell() -> None:
    assert seeds_needed_sentence(compare_seeds(side(ADAM), side(SGD), IMAGES)) == ""


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("test images", "10,000"),
        ("accuracy of Adam, mean", "97.8 % (95 %: 97.6 to 98.0)"),
        ("spread of Adam", "0.15 points"),
        ("difference, Adam − SGD", "+9.9 points (95 %: 9.7 to 10.1)"),
        ("p-value", "< 0.001"),
        ("better one", "Adam"),
    ],
)
def test_table_figure(figure: str, text: str) -> None:
    assert value(compare_seeds(side(ADAM), side(SGD), IMAGES), figure) == text


def test_table_names_the_source_of_each_figure() -> None:
    table = seed_table(compare_seeds(side(ADAM), side(SGD), IMAGES), "Adam", "SGD")
    sources = " ".join(table["how it is computed (source)"])
    assert "Student 1908" in sources
    assert "seeds 0 to 4" in sources
    assert SEEDS_CAVEAT in sources


def test_table_of_a_single_run_says_whose_spread_is_taken() -> None:
    table = seed_table(compare_seeds(side(ADAM), {3: 8_790}, IMAGES), "Adam", "SGD")
    sources = " ".join(table["how it is computed (source)"])
    assert "one run, seed 3" in sources
    assert "Crawford and Howell 1998" in sources
    assert ONE_RUN_CAVEAT in sources


def test_table_tells_how_many_runs_are_left_out() -> None:
    assert value(compare_seeds(side(ADAM), side(SGD[:3]), IMAGES), "left out") == "2 runs"


def test_caveat_says_what_the_interval_covers_and_what_not() -> None:
    assert "what other seeds would give" in SEEDS_CAVEAT
    assert "does not cover other test images" in SEEDS_CAVEAT
