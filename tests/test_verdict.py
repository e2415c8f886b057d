"""Is one model better, checked against statsmodels, published tables and simulation."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from core.analysis.paired import PairedComparison, compare_predictions
from core.analysis.verdict import (
    ONE_SEED_CAVEAT,
    statistics_table,
    verdict_sentence,
)
from core.errors import RunError

# Approval of a prime minister, first and second survey: Agresti, Categorical Data Analysis, 10.1.
APPROVAL = (794, 150, 86, 570)
# Response before and after consolidation therapy, Cavo and others 2012, as worked in Fagerland,
# Lydersen and Laake, Statistical Analysis of Contingency Tables, chapter 8.
THERAPY = (59, 6, 16, 80)
# Airway hyper-responsiveness, Bentur and others 2009, worked in the same chapter.
AIRWAYS = (1, 1, 7, 12)


def compare(
    both_right: int, only_a_right: int, only_b_right: int, both_wrong: int
) -> PairedComparison:
    counts = [both_right, only_a_right, only_b_right, both_wrong]
    labels = np.zeros(sum(counts), dtype=np.int64)
    predicted_a = np.repeat([0, 0, 1, 1], counts)
    predicted_b = np.repeat([0, 1, 0, 1], counts)
    return compare_predictions(labels, predicted_a, predicted_b)


def sentence(*counts: int) -> str:
    return verdict_sentence(compare(*counts), "Adam", "SGD")


def value(comparison: PairedComparison, figure: str) -> str:
    table = statistics_table(comparison, "Adam", "SGD").set_index("figure")
    return str(table.loc[figure, "value"])


def test_counts_are_the_cells_of_the_two_by_two_table() -> None:
    comparison = compare_predictions([1, 2, 3, 4, 5], [1, 2, 0, 0, 5], [1, 0, 3, 9, 0])
    cells = (
        comparison.both_right,
        comparison.only_a_right,
        comparison.only_b_right,
        comparison.both_wrong,
    )
    assert cells == (1, 2, 1, 1)


def test_accuracy_is_the_share_read_right() -> None:
    comparison = compare(*APPROVAL)
    assert (comparison.accuracy_a, comparison.accuracy_b) == (944 / 1600, 880 / 1600)


def test_difference_is_a_minus_b() -> None:
    assert compare(*APPROVAL).difference == pytest.approx(0.04)


@pytest.mark.parametrize("counts", [APPROVAL, THERAPY, AIRWAYS, (5, 3, 0, 0), (0, 0, 9, 1)])
def test_p_value_is_statsmodels_exact_mcnemar(counts: tuple[int, int, int, int]) -> None:
    a, b, c, d = counts
    expected = mcnemar([[a, b], [c, d]], exact=True).pvalue
    assert compare(*counts).p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("counts", "published"), [(THERAPY, 0.052), (AIRWAYS, 0.070)])
def test_p_value_is_the_published_one(counts: tuple[int, int, int, int], published: float) -> None:
    assert compare(*counts).p_value == pytest.approx(published, abs=6e-4)


def test_p_value_is_one_when_no_image_sets_the_two_apart() -> None:
    assert compare(90, 0, 0, 10).p_value == 1.0


@pytest.mark.parametrize("right", [0, 1, 352, 360])
def test_accuracy_interval_is_wilsons(right: int) -> None:
    expected = proportion_confint(right, 360, method="wilson")
    assert compare(right, 0, 0, 360 - right).interval_a == pytest.approx(expected)


def test_accuracy_interval_of_b_belongs_to_b() -> None:
    expected = proportion_confint(880, 1600, method="wilson")
    assert compare(*APPROVAL).interval_b == pytest.approx(expected)


def test_difference_interval_is_the_published_adjusted_wald() -> None:
    # −0.1182 to −0.0045 in the R package contingencytables that accompanies the book.
    assert compare(*THERAPY).difference_interval == pytest.approx((-0.1182, -0.0045), abs=5e-5)


def test_difference_interval_of_many_images_is_the_plain_wald_one() -> None:
    # Agresti prints the plain one: 0.04 ± 1.96 × 0.0095; two images in 1,600 hardly move it.
    assert compare(*APPROVAL).difference_interval == pytest.approx((0.0214, 0.0586), abs=2e-4)


def test_difference_interval_is_cut_off_at_one() -> None:
    assert compare(0, 1, 0, 0).difference_interval[1] <= 1.0
    assert compare(0, 0, 3, 0).difference_interval[0] >= -1.0


def test_difference_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    tables = generator.multinomial(100, [0.85, 0.08, 0.03, 0.04], size=600)
    intervals = [compare(*(int(cell) for cell in table)).difference_interval for table in tables]
    covered = np.mean([low <= 0.05 <= high for low, high in intervals])
    assert 0.92 < covered < 0.98


def test_equal_models_are_seldom_told_apart() -> None:
    generator = np.random.default_rng(1)
    tables = generator.multinomial(300, [0.9, 0.04, 0.04, 0.02], size=600)
    winners = [compare(*(int(cell) for cell in table)).winner for table in tables]
    assert np.mean([winner is not None for winner in winners]) < 0.06


def test_swapping_the_models_mirrors_the_result() -> None:
    there, back = compare(*APPROVAL), compare(794, 86, 150, 570)
    assert there.difference_interval == pytest.approx(
        (-back.difference_interval[1], -back.difference_interval[0])
    )
    assert (there.winner, back.winner) == ("a", "b")


def test_nobody_wins_when_only_the_interval_leaves_out_zero() -> None:
    assert compare(*THERAPY).winner is None


def test_nobody_wins_when_there_is_no_difference() -> None:
    assert compare(90, 5, 5, 0).winner is None


def test_different_lengths_are_refused() -> None:
    with pytest.raises(RunError, match="differ"):
        compare_predictions([1, 2], [1, 2], [1])


def test_no_images_are_refused() -> None:
    with pytest.raises(RunError, match="no test images"):
        compare_predictions([], [], [])


def test_probabilities_in_place_of_predictions_are_refused() -> None:
    with pytest.raises(RunError, match="one number for each image"):
        compare_predictions([1], [[0.1] * 10], [1])


def test_sentence_of_a_large_gap() -> None:
    assert sentence(8744, 1036, 46, 174) == (
        "Adam reads 97.8 of 100 test digits, SGD 87.9. "
        "The gap of 9.9 points is far larger than chance."
    )


def test_sentence_names_the_better_one_first() -> None:
    assert sentence(8744, 46, 1036, 174).startswith("SGD reads 97.8 of 100 test digits, Adam 87.9.")


def test_sentence_of_a_small_but_certain_gap() -> None:
    assert sentence(9720, 60, 30, 190).endswith(
        "The gap of 0.3 points is small, but larger than chance would explain."
    )


def test_sentence_of_a_middling_gap() -> None:
    assert sentence(900, 30, 12, 58).endswith(
        "The gap of 1.8 points is larger than chance would explain."
    )


def test_sentence_when_one_cannot_tell() -> None:
    assert sentence(350, 2, 1, 7) == (
        "Cannot tell yet: Adam reads 97.8 of 100 test digits, SGD 97.5. "
        "The gap of 0.3 points could be chance on these 360 test images."
    )


def test_sentence_of_the_same_accuracy_by_different_images() -> None:
    assert sentence(346, 6, 6, 2) == (
        "Cannot tell yet: Adam and SGD both read 97.8 of 100 test digits. "
        "On 6 images only Adam is right, on as many only SGD."
    )


def test_sentence_of_identical_results() -> None:
    assert sentence(352, 0, 0, 8) == (
        "Cannot tell yet: Adam and SGD both read 97.8 of 100 test digits. "
        "On these 360 test images they are right and wrong on exactly the same ones."
    )


def test_sentence_of_two_perfect_models() -> None:
    assert sentence(360, 0, 0, 0) == (
        "Cannot tell yet: Adam and SGD both read every digit right on these 360 test images."
    )


def test_sentence_of_a_tiny_certain_gap_shows_it() -> None:
    assert "The gap of 0.02 points is small" in sentence(99_970, 20, 2, 8)


def test_sentence_does_not_round_an_imperfect_model_to_perfect() -> None:
    assert sentence(9000, 999, 0, 1).startswith("Adam reads 99.99 of 100 test digits, SGD 90.00.")


def test_sentence_shows_a_gap_that_is_the_difference_of_what_it_shows() -> None:
    # With one decimal it would be 97.8 and 88.0, but a gap of 9.9.
    assert sentence(8796, 988, 0, 216) == (
        "Adam reads 97.8 of 100 test digits, SGD 88.0. "
        "The gap of 9.8 points is far larger than chance."
    )


def test_table_has_the_three_columns_as_strings() -> None:
    table = statistics_table(compare(*APPROVAL), "Adam", "SGD")
    assert list(table.columns) == ["figure", "value", "how it is computed (source)"]
    assert all(isinstance(cell, str) and cell for cell in table.to_numpy().ravel())


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("test images", "1,600"),
        ("both right", "794"),
        ("only Adam right", "150"),
        ("only SGD right", "86"),
        ("both wrong", "570"),
        ("accuracy of Adam", "59.0 % (95 %: 56.6 to 61.4)"),
        ("difference, Adam − SGD", "+4.0 points (95 %: 2.1 to 5.9)"),
        ("p-value", "< 0.001"),
        ("better one", "Adam"),
    ],
)
def test_table_figure(figure: str, text: str) -> None:
    assert value(compare(*APPROVAL), figure) == text


def test_table_writes_negative_points_with_a_real_minus() -> None:
    assert value(compare(*THERAPY), "difference, Adam − SGD") == (
        "−6.2 points (95 %: −11.8 to −0.4)"
    )


def test_table_says_that_another_seed_may_give_another_result() -> None:
    table = statistics_table(compare(*APPROVAL), "Adam", "SGD")
    assert ONE_SEED_CAVEAT in set(table["how it is computed (source)"])
    assert "another seed may give another result" in ONE_SEED_CAVEAT


@pytest.mark.parametrize(
    ("only_a", "only_b", "text"), [(300, 351, "0.04995"), (188, 229, "0.050"), (60, 60, "1")]
)
def test_table_does_not_round_a_p_value_across_the_threshold(
    only_a: int, only_b: int, text: str
) -> None:
    # The first is 0.049953, the second 0.050005.
    assert value(compare(0, only_a, only_b, 0), "p-value") == text


def test_table_shows_on_which_side_of_zero_the_interval_ends() -> None:
    # The upper end is −0.04 points.
    assert value(compare(9000, 0, 6, 994), "difference, Adam − SGD").endswith("to −0.01)")
