"""The sides of a verdict in order: which may be as good as the one that reads most."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.analysis.judgement import Judgement, Standing
from core.analysis.several import best_against, best_place

Place: TypeAlias = Literal["best", "worse", "ahead", "open"]


@dataclass(frozen=True)
class Ranked:
    """One side, and what the verdict says of it beside the one that reads most.

    "open" is cannot tell yet; "ahead" reads more over the seeds that both have.
    """

    standing: Standing
    place: Place


def ranked(judgement: Judgement) -> list[Ranked]:
    """Return the sides of `judgement`, those that read most first.

    Each by the mean over its own seeds; equals stand in their order. A side is "worse" only where
    the verdict, corrected for all pairs, names the first one the better of the two, and "ahead"
    where it names the side itself: some pairs are compared over fewer seeds than the means.
    """
    accuracies = [standing.figures.accuracy for standing in judgement.standings]
    if not accuracies:
        return []
    best = best_place(accuracies)
    worse, ahead = best_against(best, judgement.pairs)
    places: dict[int, Place] = {best: "best"}
    places.update(dict.fromkeys(worse, "worse"))
    places.update(dict.fromkeys(ahead, "ahead"))
    order = sorted(range(len(accuracies)), key=lambda place: -accuracies[place])
    return [Ranked(judgement.standings[place], places.get(place, "open")) for place in order]
