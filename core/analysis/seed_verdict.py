"""Which of two sides reads better over their seeds: the plain sentence, and its figures."""

from typing import Final

import pandas as pd

from core.analysis import wording
from core.analysis.needed import MOST_SEEDS
from core.analysis.paired import SIGNIFICANCE
from core.analysis.seeds import Method, OverSeeds, SeedComparison
from core.analysis.verdict import (
    FAR_BELOW_CHANCE,
    NAMED_WHEN,
    SMALL_GAP,
    percent_with,
    points_with,
    spoken_gap,
)

SEEDS_CAVEAT: Final = (
    "Each seed is a training of its own, with its own chance (first weights, order of images). The "
    "interval covers what other seeds would give on these test images; it does not cover other "
    "test images."
)
ONE_RUN_CAVEAT: Final = (
    "A single run does not show its own spread: it is taken to be that of the other side."
)
METHODS: Final[dict[Method, str]] = {
    "paired": "paired t test over the seeds that both have (Student 1908)",
    "welch": "Welch's t test, which lets each side have its own spread (Welch 1947)",
    "one run": "t test of one run against several, with their spread for both "
    "(Crawford and Howell 1998)",
}
SIDE_SOURCE: Final = "mean of its runs; 95 % t interval (Student 1908)"
DEVIATION_SOURCE: Final = "how far the runs lie from their mean: standard deviation, n − 1 below"
_NO_SPREAD: Final = "cannot be said: the seeds agree to the image"


def seed_sentence(comparison: SeedComparison, name_a: str, name_b: str) -> str:
    """Say in plain words which side reads better on average, or that one cannot tell.

    Show `SEEDS_CAVEAT` near it.
    """
    a, b = (comparison.a, name_a), (comparison.b, name_b)
    (high, better), (low, worse) = (a, b) if comparison.difference >= 0 else (b, a)
    reads, shown = _reads(comparison, high, better, low, worse)
    if not comparison.difference:
        return f"Cannot tell yet: {reads}"
    the_gap = f"The gap of {shown} points"
    if comparison.p_value is None:
        return (
            f"Cannot tell yet: {reads} {the_gap} is the same to the image whatever the seed, so "
            "these seeds do not show how much is luck."
        )
    if comparison.winner is None:
        return f"Cannot tell yet: {reads} {the_gap} could be the luck of the seeds."
    size = _size(abs(comparison.difference), comparison.p_value)
    # The first letter of a name stays as it was given.
    begin = "O" + reads[1:] if comparison.left_out else reads
    return f"{begin} {the_gap} is {size}."


def seeds_needed_sentence(comparison: SeedComparison) -> str:
    """Say how many seeds would be needed to tell; empty where one can tell already."""
    if comparison.winner is not None:
        return ""
    if not comparison.difference:
        return "As long as the gap is 0, no number of seeds would tell them apart."
    if comparison.seeds_needed is None:
        return "More seeds of each would show how much is luck."
    count = spoken_seeds_needed(comparison)
    return (
        f"{count[:1].upper()}{count[1:]} seeds of each would be needed to tell, if the gap and "
        "the spread stay as they are."
    )


def seed_table(comparison: SeedComparison, name_a: str, name_b: str) -> pd.DataFrame:
    """Return the figures behind `seed_sentence` as readable strings, each with its source."""
    method = METHODS[comparison.method]
    caveat = f"{SEEDS_CAVEAT} {ONE_RUN_CAVEAT}" if comparison.method == "one run" else SEEDS_CAVEAT
    rows = [
        ("test images", f"{comparison.images:,}", "the same images for every run"),
        *_left_out_row(comparison),
        *_side_rows(comparison.a, name_a),
        *_side_rows(comparison.b, name_b),
        (
            f"difference, {name_a} {wording.MINUS} {name_b}",
            points_with(comparison.difference, comparison.difference_interval),
            f"difference of the means; 95 % interval of the {method}",
        ),
        ("p-value", _p_value(comparison), _meaning(comparison, method)),
        (
            "better one",
            {"a": name_a, "b": name_b, None: "cannot tell yet"}[comparison.winner],
            NAMED_WHEN,
        ),
        *_needed_row(comparison),
        ("holds for", "these settings on these test images", caveat),
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "how it is computed (source)"])


def spoken_deviation(side: OverSeeds) -> str:
    """Write the standard deviation of a side in points; a dash for a single run."""
    if side.deviation is None:
        return "–"
    # Half a unit of the last decimal and more is shown as such, never as 0.00.
    return "under 0.01" if 0 < side.deviation < 5e-5 else f"{100 * side.deviation:.2f}"


def spoken_seeds_needed(comparison: SeedComparison) -> str:
    """Write how many seeds of each side would tell them apart, or that it cannot be said."""
    needed = comparison.seeds_needed
    if needed is None:
        return "cannot be said: no gap or no spread"
    return f"at least {MOST_SEEDS:,}" if needed >= MOST_SEEDS else wording.about(needed)


def _reads(
    comparison: SeedComparison, high: OverSeeds, better: str, low: OverSeeds, worse: str
) -> tuple[str, str]:
    """Return the sentence on what each side reads, and the gap in points that it shows."""
    more, less, shown = spoken_gap(high.accuracy, low.accuracy)
    lead = f"over the {len(high.seeds)} seeds that both have, " if comparison.left_out else ""
    of = f"{more} of 100 test digits"
    if not comparison.difference:
        return f"{lead}{better} and {worse} both read {of} on average.", shown
    if len(high.seeds) == 1:
        return f"{better}, a single run, reads {of}, {worse} {less} on average.", shown
    if len(low.seeds) == 1:
        return f"{better} reads {of} on average, {worse}, a single run, {less}.", shown
    return f"{lead}{better} reads {of} on average, {worse} {less}.", shown


def _size(gap: float, p_value: float) -> str:
    if gap < SMALL_GAP:
        return "small, but larger than the luck of the seeds would explain"
    if p_value < FAR_BELOW_CHANCE:
        return "far larger than the luck of the seeds"
    return "larger than the luck of the seeds would explain"


def _side_rows(side: OverSeeds, name: str) -> list[tuple[str, str, str]]:
    accuracy = percent_with(side.accuracy, side.interval)
    if len(side.seeds) == 1:
        return [(f"accuracy of {name}", accuracy, f"one run, seed {side.seeds[0]}")]
    seeds = wording.listed_seeds(side.seeds)
    return [
        (f"accuracy of {name}, mean", accuracy, f"{SIDE_SOURCE}; seeds {seeds}"),
        (f"spread of {name}", f"{spoken_deviation(side)} points", DEVIATION_SOURCE),
    ]


def _left_out_row(comparison: SeedComparison) -> list[tuple[str, str, str]]:
    if not comparison.left_out:
        return []
    reason = "runs of a seed that the other side does not have: only pairs are compared"
    return [("left out", wording.so_many(comparison.left_out, "run"), reason)]


def _p_value(comparison: SeedComparison) -> str:
    if comparison.p_value is None:
        return _NO_SPREAD
    return wording.probability(comparison.p_value, SIGNIFICANCE)


def _meaning(comparison: SeedComparison, method: str) -> str:
    freedom = comparison.freedom
    at = "" if freedom is None else f", {freedom:.3g} degrees of freedom"
    return (
        "how often the luck of the seeds would give at least this gap, were both equally good: "
        f"{method}{at}"
    )


def _needed_row(comparison: SeedComparison) -> list[tuple[str, str, str]]:
    if comparison.winner is not None:
        return []
    return [
        (
            "seeds of each needed to tell",
            spoken_seeds_needed(comparison),
            "so many that, were gap and spread above the true ones, four of five such comparisons "
            "would tell (power 80 %): power of the t test by the noncentral t distribution "
            "(Cohen 1988)",
        )
    ]
