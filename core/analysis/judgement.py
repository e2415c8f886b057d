"""What finished runs, however many, say about which is better: sentences first, then tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from core.analysis import wording
from core.analysis.contenders import Answers, Contender, contenders, repeated_sentence
from core.analysis.named_sides import Side
from core.analysis.paired import (
    Interval,
    PairedComparison,
    both_right_counts,
    compare_counts,
    compare_predictions,
    wilson_interval,
)
from core.analysis.seed_verdict import (
    DEVIATION_SOURCE,
    ONE_RUN_CAVEAT,
    SEEDS_CAVEAT,
    SIDE_SOURCE,
    seed_sentence,
    seed_table,
    seeds_needed_sentence,
    spoken_deviation,
)
from core.analysis.seeds import OverSeeds, compare_seeds
from core.analysis.several import (
    Comparison,
    Pair,
    best_place,
    best_sentence,
    every_pair,
    open_sentence,
    pairs_note,
    pairs_table,
)
from core.analysis.verdict import (
    needed_sentence,
    one_seed_caveat,
    percent_with,
    statistics_table,
    verdict_sentence,
)
from core.analysis.wording import TEST_IMAGES, Judged
from core.runs.records import Run

_FEW: Final = 8  # sides in a table that are found at a glance in the order of their choice
_ADD_OTHERS: Final = "To learn which settings are better, add a run with other settings."


@dataclass(frozen=True)
class Statistics:
    """One table behind a verdict, its first column the rows' names, and a note below it."""

    title: str
    table: pd.DataFrame
    note: str = ""


@dataclass(frozen=True)
class Standing:
    """How one side did; `interval` is 95 %, over the seeds or of a single run over the images."""

    side: Side
    figures: OverSeeds
    interval: Interval | None


@dataclass(frozen=True)
class Judgement:
    """The verdict on runs that were judged on the same test images.

    `pairs` are all pairs of `standings`, by their places there.
    """

    sentences: tuple[str, ...]
    caveat: str  # what the verdict covers and what not, to show near it
    statistics: tuple[Statistics, ...]
    images: int = 0
    standings: tuple[Standing, ...] = ()
    pairs: tuple[Pair, ...] = ()


def judgements(
    finished: Sequence[tuple[Run, Answers]],
    names: Mapping[str, str],
    *,
    apart: bool = False,
    of: Judged = TEST_IMAGES,
) -> list[Judgement]:
    """Return a verdict for each set of test images that two or more of the runs were judged on.

    `names` calls each run by its id. Runs that differ in nothing but the seed are one side; with
    `apart` every run is one of its own: that is about these trained models, not their settings.
    `of` is how sentences about single runs call the images.
    """
    return [
        _judge(group, of)
        for group in contenders(finished, names, apart=apart)
        if sum(len(one.side.runs) + len(one.side.again) for one in group) > 1
    ]


def _judge(every: Sequence[Contender], of: Judged) -> Judgement:
    pairs = every_pair(len(every), _comparing(every))
    if len(every) == 1:
        judged = _judge_one(every[0])
    else:
        a, b, *others = every
        judged = _judge_several(every, pairs, of) if others else _judge_two(a, b, pairs[0], of)
        repeated = [repeated_sentence(one) for one in every if one.side.again]
        judged = replace(judged, caveat=" ".join([judged.caveat, *repeated]))
    standings = tuple(_standing(one) for one in every)
    return replace(judged, images=every[0].images, standings=standings, pairs=tuple(pairs))


def _judge_one(only: Contender) -> Judgement:
    """Runs of one side: no better and worse, but how much the seed does."""
    if only.single:
        return Judgement((repeated_sentence(only),), _ADD_OTHERS, ())
    if len(only.right) == 2:
        return _judge_two_seeds(only)
    figures = only.figures
    low, high = min(only.right.values()), max(only.right.values())
    decimals = wording.carrying_decimals([low / only.images, high / only.images])
    ends = [wording.out_of_hundred(count / only.images, decimals) for count in (low, high)]
    mean = wording.out_of_hundred(figures.accuracy, decimals)
    between = f"from {ends[0]} to {ends[1]}" if low < high else "with every seed"
    sentence = (
        f"These {len(only.right)} runs differ only in their seed. They read {mean} of 100 test "
        f"digits on average, {between}."
    )
    repeated = [repeated_sentence(only)] if only.side.again else []
    told = Statistics(only.side.name, _sides_table([only]), _side_sources(TEST_IMAGES))
    return Judgement((sentence,), " ".join([_ADD_OTHERS, *repeated]), (told,))


def _judge_two_seeds(only: Contender) -> Judgement:
    a, b = (only.names[run.id] for run in only.side.runs)
    first, second = only.answers.values()
    images = compare_predictions(first.labels, first.predicted, second.predicted)
    told = (
        verdict_sentence(images, a, b),
        "They differ only in their seed: what sets them apart is chance in the training.",
    )
    table = statistics_table(images, a, b)
    repeated = [repeated_sentence(only)] if only.side.again else []
    return Judgement(
        told,
        " ".join([_ADD_OTHERS, *repeated]),
        (Statistics(f"{a} against {b}", table),),
    )


def _judge_two(a: Contender, b: Contender, pair: Pair, of: Judged) -> Judgement:
    names = a.side.name, b.side.name
    title = f"{names[0]} against {names[1]}"
    found = pair.comparison
    if isinstance(found, PairedComparison):
        told = verdict_sentence(found, *names, of), needed_sentence(found, of)
        table, caveat = statistics_table(found, *names, of), one_seed_caveat(of)
    else:
        told = seed_sentence(found, *names), seeds_needed_sentence(found)
        table, caveat = seed_table(found, *names), _seeds_caveat([a, b])
    return Judgement(tuple(filter(None, told)), caveat, (Statistics(title, table),))


def _judge_several(every: Sequence[Contender], pairs: Sequence[Pair], of: Judged) -> Judgement:
    names = [one.side.name for one in every]
    accuracies = [one.figures.accuracy for one in every]
    averages = [not one.single for one in every]
    best = best_place(accuracies)
    in_order = list(every)
    if len(every) > _FEW:
        in_order.sort(key=lambda one: -one.figures.accuracy)
    told = (
        best_sentence(names, accuracies, pairs, averages=averages, of=of),
        open_sentence(names, accuracies, pairs, of),
    )
    statistics = (
        Statistics("Each side", _sides_table(in_order), _side_sources(of)),
        Statistics(
            "Every pair", pairs_table(names, pairs, best, of), pairs_note(names, pairs, best)
        ),
    )
    caveat = _seeds_caveat(every) if any(averages) else _one_seed_each(of)
    return Judgement(tuple(filter(None, told)), caveat, statistics)


def _one_seed_each(of: Judged) -> str:
    return (
        f"This compares trained models on these {of.many}, one seed each: other seeds may give "
        "another result."
    )


def _side_sources(of: Judged) -> str:
    return (
        f"Of several seeds: {SIDE_SOURCE}. Of a single run: 95 % interval over the {of.many} by "
        f"Wilson's score method (Wilson 1927). Spread: {DEVIATION_SOURCE}."
    )


def _comparing(every: Sequence[Contender]) -> Callable[[int, int], Comparison]:
    """Return what compares two of `every` by their places."""
    singles = [place for place, one in enumerate(every) if one.single]
    answers = [next(iter(every[place].answers.values())) for place in singles]
    labels = answers[0].labels if answers else ()
    # All pairs counted at once: a hundred runs are 4,950 of them.
    both = both_right_counts(labels, [one.predicted for one in answers])
    row = {place: index for index, place in enumerate(singles)}

    def compare(first: int, second: int) -> Comparison:
        a, b = every[first], every[second]
        if not (a.single and b.single):
            return compare_seeds(a.right, b.right, a.images)
        one, other = row[first], row[second]
        return compare_counts(
            int(both[one, other]), int(both[one, one]), int(both[other, other]), a.images
        )

    return compare


def _standing(one: Contender) -> Standing:
    figures = one.figures
    (right, *_) = one.right.values()
    interval = wilson_interval(right, one.images) if one.single else figures.interval
    return Standing(one.side, figures, interval)


def _sides_table(every: Sequence[Contender]) -> pd.DataFrame:
    rows = [
        (
            one.side.name,
            wording.listed_seeds(one.figures.seeds),
            percent_with(one.figures.accuracy, one.interval),
            spoken_deviation(one.figures),
        )
        for one in map(_standing, every)
    ]
    return pd.DataFrame(rows, columns=["side", "seeds", "accuracy", "spread in points"])


def _seeds_caveat(every: Sequence[Contender]) -> str:
    return f"{SEEDS_CAVEAT} {ONE_RUN_CAVEAT}" if any(one.single for one in every) else SEEDS_CAVEAT
