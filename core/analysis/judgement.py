"""What finished runs, however many, say about which is better: sentences first, then tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.analysis import wording
from core.analysis.contenders import Answers, Contender, contenders, repeated_sentence
from core.analysis.paired import PairedComparison, compare_predictions, wilson_interval
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
from core.analysis.seeds import compare_seeds
from core.analysis.several import (
    HOLM_NOTE,
    Comparison,
    best_place,
    best_sentence,
    every_pair,
    open_sentence,
    pairs_table,
)
from core.analysis.verdict import (
    ONE_SEED_CAVEAT,
    needed_sentence,
    percent_with,
    statistics_table,
    verdict_sentence,
)
from core.runs.records import Run

_ONE_SEED_EACH: Final = (
    "This compares trained models on these test images, one seed each: other seeds may give "
    "another result."
)
_ADD_OTHERS: Final = "To learn which settings are better, add a run with other settings."
_SIDE_SOURCES: Final = (
    f"Of several seeds: {SIDE_SOURCE}. Of a single run: 95 % interval over the test images by "
    f"Wilson's score method (Wilson 1927). Spread: {DEVIATION_SOURCE}."
)


@dataclass(frozen=True)
class Statistics:
    """One table behind a verdict, its first column the rows' names, and a note below it."""

    title: str
    table: pd.DataFrame
    note: str = ""


@dataclass(frozen=True)
class Judgement:
    """The verdict on runs that were judged on the same test images."""

    sentences: tuple[str, ...]
    caveat: str  # what the verdict covers and what not, to show near it
    statistics: tuple[Statistics, ...]


def judgements(
    finished: Sequence[tuple[Run, Answers]], names: Mapping[str, str]
) -> list[Judgement]:
    """Return a verdict for each set of test images that two or more of the runs were judged on.

    `names` calls each run by its id. Runs that differ in nothing but the seed are one side.
    """
    return [
        _judge(group)
        for group in contenders(finished, names)
        if sum(len(one.side.runs) + len(one.side.again) for one in group) > 1
    ]


def _judge(every: Sequence[Contender]) -> Judgement:
    if len(every) == 1:
        return _judge_one(every[0])
    two = len(every) == 2
    judged = _judge_two(*every) if two else _judge_several(every)
    repeated = [repeated_sentence(one) for one in every if one.side.again]
    return Judgement(judged.sentences, " ".join([judged.caveat, *repeated]), judged.statistics)


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
    told = Statistics(only.side.name, _sides_table([only]), _SIDE_SOURCES)
    return Judgement((sentence,), " ".join([_ADD_OTHERS, *repeated]), (told,))


def _judge_two_seeds(only: Contender) -> Judgement:
    names = [only.names[run.id] for run in only.side.runs]
    first, second = only.answers.values()
    images = compare_predictions(first.labels, first.predicted, second.predicted)
    told = (
        verdict_sentence(images, *names),
        "They differ only in their seed: what sets them apart is chance in the training.",
    )
    table = statistics_table(images, *names)
    repeated = [repeated_sentence(only)] if only.side.again else []
    return Judgement(
        told,
        " ".join([_ADD_OTHERS, *repeated]),
        (Statistics(" against ".join(names), table),),
    )


def _judge_two(a: Contender, b: Contender) -> Judgement:
    names = a.side.name, b.side.name
    title = f"{names[0]} against {names[1]}"
    if a.single and b.single:
        images = _over_images(a, b)
        told = verdict_sentence(images, *names), needed_sentence(images)
        table, caveat = statistics_table(images, *names), ONE_SEED_CAVEAT
    else:
        seeds = compare_seeds(a.right, b.right, a.images)
        told = seed_sentence(seeds, *names), seeds_needed_sentence(seeds)
        table, caveat = seed_table(seeds, *names), _seeds_caveat([a, b])
    return Judgement(tuple(filter(None, told)), caveat, (Statistics(title, table),))


def _judge_several(every: Sequence[Contender]) -> Judgement:
    names = [one.side.name for one in every]
    accuracies = [one.figures.accuracy for one in every]
    pairs = every_pair(len(every), lambda a, b: _compare(every[a], every[b]))
    averages = [not one.single for one in every]
    told = (
        best_sentence(names, accuracies, pairs, averages=averages),
        open_sentence(names, accuracies, pairs),
    )
    statistics = (
        Statistics("Each side", _sides_table(every), _SIDE_SOURCES),
        Statistics("Every pair", pairs_table(names, pairs, best_place(accuracies)), HOLM_NOTE),
    )
    caveat = _seeds_caveat(every) if any(averages) else _ONE_SEED_EACH
    return Judgement(tuple(filter(None, told)), caveat, statistics)


def _compare(a: Contender, b: Contender) -> Comparison:
    if a.single and b.single:
        return _over_images(a, b)
    return compare_seeds(a.right, b.right, a.images)


def _over_images(a: Contender, b: Contender) -> PairedComparison:
    (first,), (second,) = a.answers.values(), b.answers.values()
    return compare_predictions(first.labels, first.predicted, second.predicted)


def _sides_table(every: Sequence[Contender]) -> pd.DataFrame:
    rows = []
    for one in every:
        figures = one.figures
        (right, *_) = one.right.values()
        interval = wilson_interval(right, one.images) if one.single else figures.interval
        rows.append(
            (
                one.side.name,
                wording.listed_seeds(figures.seeds),
                percent_with(figures.accuracy, interval),
                spoken_deviation(figures),
            )
        )
    return pd.DataFrame(rows, columns=["side", "seeds", "accuracy", "spread in points"])


def _seeds_caveat(every: Sequence[Contender]) -> str:
    return f"{SEEDS_CAVEAT} {ONE_RUN_CAVEAT}" if any(one.single for one in every) else SEEDS_CAVEAT
