"""The sides of a verdict in order: which may be as good as the one that reads most."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.analysis.judgement import Judgement, Standing
from core.analysis.several import best_place

Place: TypeAlias = Literal["best", "worse", "open"]


@dataclass(frozen=True)
class Ranked:
    """One side, and what the verdict says of it beside the best: "open" is cannot tell yet."""

    standing: Standing
    place: Place


def ranked(judgement: Judgement) -> list[Ranked]:
    """Return the sides of `judgement`, those that read most first.

    Equals stand in their order. A side is "worse" only where the verdict, corrected for all
    pairs, names the best one the better of the two.
    """
    accuracies = [standing.figures.accuracy for standing in judgement.standings]
    if not accuracies:
        return []
    best = best_place(accuracies)
    worse = {
        pair.b if pair.a == best else pair.a
        for pair in judgement.pairs
        if (pair.a == best and pair.winner == "a") or (pair.b == best and pair.winner == "b")
    }
    places: dict[int, Place] = {best: "best", **dict.fromkeys(worse, "worse")}
    order = sorted(range(len(accuracies)), key=lambda place: -accuracies[place])
    return [Ranked(judgement.standings[place], places.get(place, "open")) for place in order]
