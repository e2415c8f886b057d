"""Which of two trained models reads better, and whether the gap could be chance.

Both models read the same test images, so the comparison is paired: only the images on which
one is right and the other wrong say anything about the gap.
"""

import pandas as pd

from core.analysis import wording
from core.analysis.needed import images_needed
from core.analysis.paired import SIGNIFICANCE, Interval, PairedComparison
from core.analysis.wording import TEST_IMAGES, Judged

NAMED_WHEN = "named when the interval of the difference leaves out 0 and p < 0.05"
SMALL_GAP = 0.01  # below one digit in a hundred a gap is called small, however certain it is
FAR_BELOW_CHANCE = 0.001  # the p-value under which a gap is called far larger than chance


def one_seed_caveat(of: Judged = TEST_IMAGES) -> str:
    """Say what a verdict on two trained models covers and what not."""
    return (
        f"This compares these two trained models on these {of.many}, one seed each: "
        "another seed may give another result."
    )


ONE_SEED_CAVEAT = one_seed_caveat()


def verdict_sentence(
    comparison: PairedComparison, name_a: str, name_b: str, of: Judged = TEST_IMAGES
) -> str:
    """Say in plain words which model reads better, the better one first, or that one cannot tell.

    `of` is how it calls the images. Show `one_seed_caveat` near it: the sentence is about two
    trained models, not two recipes.
    """
    if comparison.only_a_right == comparison.only_b_right:
        return "Cannot tell yet: " + _level_sentence(comparison, name_a, name_b, of)
    a, b = (comparison.accuracy_a, name_a), (comparison.accuracy_b, name_b)
    (high, better), (low, worse) = (a, b) if comparison.difference > 0 else (b, a)
    more, less, shown = spoken_gap(high, low)
    reads = f"{better} reads {more} of 100 {of.digits}, {worse} {less}."
    the_gap = f"The gap of {shown} points"
    if comparison.winner is None:
        where = wording.images(comparison.count, of)
        return f"Cannot tell yet: {reads} {the_gap} could be chance on {where}."
    return f"{reads} {the_gap} is {_size(abs(comparison.difference), comparison.p_value)}."


def needed_sentence(comparison: PairedComparison, of: Judged = TEST_IMAGES) -> str:
    """Say how many images would be needed to tell; empty where one can tell already."""
    if comparison.winner is not None:
        return ""
    needed = images_needed_to_tell(comparison)
    if needed is None:
        return f"As long as the gap is 0, no number of {of.many} would tell them apart."
    count = wording.about(needed)
    return (
        f"{count[:1].upper()}{count[1:]} {of.many} would be needed to tell, if the gap stays as it "
        "is."
    )


def images_needed_to_tell(comparison: PairedComparison) -> int | None:
    """Return about how many test images would tell the two apart; None where the gap is 0."""
    needed = images_needed(comparison.only_a_right, comparison.only_b_right, comparison.count)
    return None if needed is None else max(needed, comparison.count + 1)


def spoken_gap(high: float, low: float) -> tuple[str, str, str]:
    """Write two shares as so many of 100, and the points between them.

    The gap is the difference of what is shown: a reader who subtracts finds the same. The exact
    one stands in the table.
    """
    decimals = wording.carrying_decimals([high, low, high - low])
    shown = round(100 * high, decimals) - round(100 * low, decimals)
    return (
        wording.out_of_hundred(high, decimals),
        wording.out_of_hundred(low, decimals),
        wording.number(shown, decimals),
    )


def statistics_table(
    comparison: PairedComparison, name_a: str, name_b: str, of: Judged = TEST_IMAGES
) -> pd.DataFrame:
    """Return the figures behind the verdict as readable strings, each with its source."""
    counted, images = f"counted over the same {of.many}", f"{of.short}s"
    wilson = f"right ÷ {images}; 95 % interval by Wilson's score method (Wilson 1927)"
    rows = [
        (of.many, f"{comparison.count:,}", f"the same {images} for both"),
        ("both right", f"{comparison.both_right:,}", counted),
        (f"only {name_a} right", f"{comparison.only_a_right:,}", counted),
        (f"only {name_b} right", f"{comparison.only_b_right:,}", counted),
        ("both wrong", f"{comparison.both_wrong:,}", counted),
        (
            f"accuracy of {name_a}",
            percent_with(comparison.accuracy_a, comparison.interval_a),
            wilson,
        ),
        (
            f"accuracy of {name_b}",
            percent_with(comparison.accuracy_b, comparison.interval_b),
            wilson,
        ),
        (
            f"difference, {name_a} {wording.MINUS} {name_b}",
            points_with(comparison.difference, comparison.difference_interval),
            "95 % adjusted Wald interval for matched pairs, "
            "one half added to each of the four counts (Agresti and Min 2005)",
        ),
        (
            "p-value",
            wording.probability(comparison.p_value, SIGNIFICANCE),
            f"how often chance would split the {images} that only one reads right at least this "
            "unevenly, were both equally good: exact two-sided McNemar test (McNemar 1947)",
        ),
        (
            "better one",
            {"a": name_a, "b": name_b, None: "cannot tell yet"}[comparison.winner],
            NAMED_WHEN,
        ),
        *_needed_row(comparison, of),
        ("holds for", "these two trained models", one_seed_caveat(of)),
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "how it is computed (source)"])


def _needed_row(comparison: PairedComparison, of: Judged) -> list[tuple[str, str, str]]:
    if comparison.winner is not None:
        return []
    needed = images_needed_to_tell(comparison)
    return [
        (
            f"{of.many} needed to tell",
            "cannot be said: the gap is 0" if needed is None else wording.about(needed),
            "so many that, were the shares above the true ones, four of five such comparisons "
            "would tell (power 80 %): sample size of McNemar's test (Connor 1987)",
        )
    ]


def _size(gap: float, p_value: float) -> str:
    if gap < SMALL_GAP:
        return "small, but larger than chance would explain"
    if p_value < FAR_BELOW_CHANCE:
        return "far larger than chance"
    return "larger than chance would explain"


def _level_sentence(comparison: PairedComparison, name_a: str, name_b: str, of: Judged) -> str:
    where = wording.images(comparison.count, of)
    if comparison.both_right == comparison.count:
        return f"{name_a} and {name_b} both read every digit right on {where}."
    decimals = wording.carrying_decimals([comparison.accuracy_a])
    share = wording.out_of_hundred(comparison.accuracy_a, decimals)
    both = f"{name_a} and {name_b} both read {share} of 100 {of.digits}."
    apart = comparison.only_a_right
    if not apart:
        return f"{both} On {where} they are right and wrong on exactly the same ones."
    times = wording.so_many(apart, of.short)
    return f"{both} On {times} only {name_a} is right, on as many only {name_b}."


def percent_with(share: float, interval: Interval | None) -> str:
    """Write a share as percent with its interval, if it has one."""
    decimals = wording.carrying_decimals([share])
    text = f"{wording.out_of_hundred(share, decimals)} %"
    if interval is None:
        return text
    low, high = (wording.number(100 * end, decimals) for end in interval)
    return f"{text} (95 %: {low} to {high})"


def points_with(difference: float, interval: Interval | None) -> str:
    """Write a difference of shares as points with its interval, if it has one."""
    # An end close to 0 must show its side of 0: that side is the verdict.
    decimals = wording.carrying_decimals([difference, *(interval or ())])
    sign = "+" if difference > 0 else ""
    text = f"{sign}{wording.number(100 * difference, decimals)} points"
    if interval is None:
        return text
    low, high = (wording.number(100 * end, decimals) for end in interval)
    return f"{text} (95 %: {low} to {high})"
