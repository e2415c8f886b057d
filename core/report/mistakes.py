"""The worst mistakes of a report: the digits that runs were most sure of and got wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.analysis.mistakes import Reading, mistake_table, select
from core.palette import run_colour
from core.pictures import png_url
from core.report.subjects import Subject, few_of, judged_alike
from core.words import share_word

_SHOWN: Final = 12
_SHOWN_OF_MANY: Final = 8
_MANY: Final = 4
MOST_READERS: Final = 8  # with a sheet each


@dataclass(frozen=True)
class Answer:
    """What one run read a digit as, with the probability it gave that answer as percent."""

    name: str
    colour: str
    predicted: int
    sure: str
    right: bool


@dataclass(frozen=True)
class Digit:
    """One test image: its position, true digit, picture (a data URL, "" if not kept), answers."""

    index: int
    true: int
    picture: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Sheet:
    """Some digits of a group of mistakes; `count` is how many the group has."""

    title: str
    count: int
    digits: tuple[Digit, ...]


def sheets(subjects: Sequence[Subject]) -> list[Sheet]:
    """Return the mistakes to show, those given with the most confidence first.

    Of two runs judged on the same images: those of one, of the other and of both. Of any others:
    each run's own, of up to MOST_READERS of them.
    """
    groups = judged_alike(subjects)
    if len(groups) == 1 and len(groups[0]) == 2:
        first, second = groups[0]
        titles = {
            "only_a_wrong": f"Only {first.name} was wrong",
            "only_b_wrong": f"Only {second.name} was wrong",
            "both_wrong": "Both were wrong",
        }
        table = _table(groups[0])
        return [_sheet(table, group, title, groups[0]) for group, title in titles.items()]
    shown = _SHOWN if len(subjects) <= _MANY else _SHOWN_OF_MANY
    return [
        _sheet(_table([subject]), "wrong", f"{subject.name} was wrong", [subject], shown)
        for subject in few_of(subjects, MOST_READERS)
    ]


def _table(readers: Sequence[Subject]) -> pd.DataFrame:
    answers = [reader.answers for reader in readers if reader.answers is not None]
    readings = [Reading(found.predicted, found.probabilities) for found in answers]
    return mistake_table(answers[0].labels, answers[0].indices, readings)


def _sheet(
    table: pd.DataFrame, group: str, title: str, readers: Sequence[Subject], shown: int = _SHOWN
) -> Sheet:
    chosen = select(table, group, order="confident")
    digits = tuple(_digit(row, readers) for _, row in chosen.head(shown).iterrows())
    return Sheet(title, len(chosen), digits)


def _digit(row: "pd.Series[float]", readers: Sequence[Subject]) -> Digit:
    index = int(row["index"])
    kept = next((reader.digits[index] for reader in readers if index in reader.digits), None)
    answers = tuple(
        Answer(
            reader.name,
            run_colour(reader.run.info.colour),
            int(row[f"predicted_{place}"]),
            share_word(float(row[f"confidence_{place}"])),
            bool(row[f"right_{place}"]),
        )
        for place, reader in enumerate(readers)
    )
    return Digit(index, int(row["true"]), "" if kept is None else png_url(kept), answers)
