"""More than two sides: every pair compared, and what that says of the one that reads most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, TypeAlias

import numpy as np
import pandas as pd

from core.analysis import wording
from core.analysis.paired import SIGNIFICANCE, PairedComparison
from core.analysis.seed_verdict import METHODS, spoken_seeds_needed
from core.analysis.seeds import SeedComparison
from core.analysis.verdict import images_needed_to_tell, points_with
from core.analysis.wording import TEST_IMAGES, Judged

Comparison: TypeAlias = PairedComparison | SeedComparison

HOLM_NOTE: Final = (
    "The p-values are corrected for the number of pairs (Holm 1979), for all pairs and not only "
    "those with the best: which side is best is seen from the same figures. Each interval is for "
    "its pair alone."
)
_LISTED: Final = 5  # names in a sentence
_ROWS: Final = 45  # every pair of ten sides


@dataclass(frozen=True)
class Pair:
    """Two sides by their places, compared; `p_value` is corrected for the number of pairs.

    `winner` is named only where the comparison names one and the corrected p-value still does.
    """

    a: int
    b: int
    comparison: Comparison
    p_value: float
    winner: Literal["a", "b"] | None


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for being several, in their order.

    Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 65–70.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    raised = np.minimum(1.0, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    corrected = np.empty_like(raised)
    corrected[order] = raised
    return [float(value) for value in corrected]


def every_pair(count: int, compare: Callable[[int, int], Comparison]) -> list[Pair]:
    """Return all pairs of `count` sides, each compared by their places, corrected together."""
    places = list(combinations(range(count), 2))
    found = [compare(a, b) for a, b in places]
    # Without any spread nothing is known of the pair, but it is one of those looked at.
    corrected = holm([1.0 if one.p_value is None else one.p_value for one in found])
    return [
        Pair(a, b, one, p_value, one.winner if p_value < SIGNIFICANCE else None)
        for (a, b), one, p_value in zip(places, found, corrected, strict=True)
    ]


def best_place(accuracies: Sequence[float]) -> int:
    """Return the place of the highest accuracy, the first of equals."""
    return max(range(len(accuracies)), key=lambda place: accuracies[place])


def best_against(best: int, pairs: Sequence[Pair]) -> tuple[set[int], set[int]]:
    """Return the places of the sides that `best` surely beats, and of those that surely beat it.

    `best` has the highest mean over its own seeds. A side can beat it only where one of the two
    has more seeds: they are compared over those that both have.
    """
    beaten, ahead = set[int](), set[int]()
    for pair in pairs:
        if best in (pair.a, pair.b) and pair.winner is not None:
            won = (pair.winner == "a") == (pair.a == best)
            (beaten if won else ahead).add(pair.b if pair.a == best else pair.a)
    return beaten, ahead


def best_sentence(
    names: Sequence[str],
    accuracies: Sequence[float],
    pairs: Sequence[Pair],
    *,
    averages: Sequence[bool],
    of: Judged = TEST_IMAGES,
) -> str:
    """Say which side reads most, which ones it surely beats, and where one cannot tell.

    Those that read more than it over the seeds that both have are told apart. `averages` tells
    for each side whether its accuracy is a mean over seeds, `of` how the images are called.
    """
    best = best_place(accuracies)
    beaten, ahead = best_against(best, pairs)
    rest = sorted(
        (place for place in range(len(names)) if place != best),
        key=lambda place: -accuracies[place],
    )
    decimals = wording.carrying_decimals(list(accuracies))
    told = {
        place: f"{names[place]} ({wording.out_of_hundred(accuracies[place], decimals)})"
        for place in rest
    }
    sure = [told[place] for place in rest if place in beaten]
    unsure = [told[place] for place in rest if place not in beaten | ahead]
    reads = (
        f"{names[best]} reads most: {wording.out_of_hundred(accuracies[best], decimals)} of 100 "
        f"{of.digits}{' on average' if averages[best] else ''}."
    )
    opening = "" if sure and not ahead else "Cannot tell yet which is best: "
    shared = _shared_sentence(names[best], [names[place] for place in rest if place in ahead])
    return opening + " ".join(filter(None, [reads, _gaps_sentence(sure, unsure), shared]))


def _gaps_sentence(sure: Sequence[str], unsure: Sequence[str]) -> str:
    chance = wording.joined(unsure, _LISTED)
    if not sure:
        return f"The gap{_s(unsure)} to {chance} could be chance." if unsure else ""
    certain = (
        f"The gap{_s(sure)} to {wording.joined(sure, _LISTED)} "
        f"{'is' if len(sure) == 1 else 'are'} larger than chance would explain"
    )
    if not unsure:
        return f"{certain}."
    return f"{certain}; whether it is better than {chance}, one cannot tell yet."


def _shared_sentence(best: str, ahead: Sequence[str]) -> str:
    if not ahead:
        return ""
    verb = "reads" if len(ahead) == 1 else "each read"
    return (
        f"But over the seeds that both have, {wording.joined(ahead, _LISTED)} {verb} more than "
        f"{best}, by more than chance would explain."
    )


def open_sentence(
    names: Sequence[str],
    accuracies: Sequence[float],
    pairs: Sequence[Pair],
    of: Judged = TEST_IMAGES,
) -> str:
    """Say what it would take to tell the best from the next one that may be as good."""
    best = best_place(accuracies)
    unsure = [pair for pair in pairs if best in (pair.a, pair.b) and pair.winner is None]
    if not unsure:
        return ""
    others = [pair.b if pair.a == best else pair.a for pair in unsure]
    place = max(range(len(unsure)), key=lambda index: accuracies[others[index]])
    needed = needed_in_words(unsure[place].comparison, of)
    if not needed.startswith(("about", "more", "at least")):
        return ""
    return (
        f"{needed[:1].upper()}{needed[1:]} would be needed to tell {names[best]} from "
        f"{names[others[place]]} alone, if the figures stay as they are."
    )


def needed_in_words(comparison: Comparison, of: Judged = TEST_IMAGES) -> str:
    """Return how many images or seeds would tell this pair apart, or why that cannot be said."""
    if comparison.winner is not None:
        return "enough for this pair alone"
    if isinstance(comparison, PairedComparison):
        needed = images_needed_to_tell(comparison)
        return "no gap" if needed is None else f"{wording.about(needed)} {of.many}"
    if not comparison.difference:
        return "no gap"
    return f"{spoken_seeds_needed(comparison)} seeds of each" if comparison.seeds_needed else "–"


def pairs_note(names: Sequence[str], pairs: Sequence[Pair], best: int) -> str:
    """Return what to say below `pairs_table`: what the p-values and the intervals are for."""
    if len(pairs) <= _ROWS:
        return HOLM_NOTE
    return f"Of {len(pairs):,} pairs the table has those with {names[best]}. {HOLM_NOTE}"


def pairs_table(
    names: Sequence[str], pairs: Sequence[Pair], best: int, of: Judged = TEST_IMAGES
) -> pd.DataFrame:
    """Return a row for each pair as readable strings; of very many only those with the best.

    Those stand from the narrowest gap to the widest.
    """
    shown = list(pairs)
    if len(pairs) > _ROWS:
        with_best = [pair for pair in pairs if best in (pair.a, pair.b)]
        shown = sorted(with_best, key=lambda pair: abs(pair.comparison.difference))
    rows = [
        (
            f"{names[pair.a]} {wording.MINUS} {names[pair.b]}",
            points_with(pair.comparison.difference, pair.comparison.difference_interval),
            wording.probability(pair.p_value, SIGNIFICANCE),
            {"a": names[pair.a], "b": names[pair.b], None: "cannot tell yet"}[pair.winner],
            "–" if pair.winner else needed_in_words(pair.comparison, of),
            _method(pair.comparison, of),
        )
        for pair in shown
    ]
    columns = ["pair", "difference", "p-value, corrected", "better one"]
    columns += ["needed to tell", "how (source)"]
    return pd.DataFrame(rows, columns=columns)


def _method(comparison: Comparison, of: Judged) -> str:
    if isinstance(comparison, PairedComparison):
        return f"one run each: exact McNemar test over the {of.many} (McNemar 1947)"
    return METHODS[comparison.method]


def _s(named: Sequence[str]) -> str:
    return "" if len(named) == 1 else "s"
