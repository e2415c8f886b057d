"""How well each digit is read, in a report: recall as bars, and all three scores as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.analysis.checks import Numbers
from core.analysis.confusion import confusion_matrix
from core.analysis.per_digit import (
    SCORES,
    DigitScores,
    digit_scores,
    missing_sentence,
    weakest_sentence,
    widest_gap_sentence,
)
from core.report.charts import Chart, legend_name, plain_figure
from core.report.digit_figures import drawn_runs, per_digit_figure
from core.report.subjects import Subject, judged_alike

_HEIGHT: Final = 360
_LEGEND_LINE: Final = 9
_FEW: Final = 8  # runs whose tables stand open


@dataclass(frozen=True)
class ScoreCell:
    """One figure in percent, and how strong its colour is: from 0 of the best to 1 of the worst."""

    text: str
    strength: float


@dataclass(frozen=True)
class ScoreTable:
    """One score: a row of ten digits for each run, by its name."""

    title: str
    sentence: str
    rows: tuple[tuple[str, tuple[ScoreCell, ...]], ...]


@dataclass(frozen=True)
class PerDigit:
    """What a report says of each digit; `folded` where its tables are long."""

    sentence: str
    chart: Chart
    tables: tuple[ScoreTable, ...]
    folded: bool


def per_digit(subjects: Sequence[Subject]) -> PerDigit | None:
    """Return recall, precision and F1 of each digit and run; None where no answers can be read."""
    scores = {
        subject: digit_scores(confusion_matrix(subject.answers.labels, subject.answers.predicted))
        for subject in subjects
        if subject.answers is not None
    }
    if not scores:
        return None
    recall = {subject.name: found.recall for subject, found in scores.items()}
    sentences = [
        weakest_sentence(recall, "recall"),
        widest_gap_sentence(recall) if len(judged_alike(subjects)) == 1 else "",
        missing_sentence(recall, "recall"),
    ]
    return PerDigit(
        " ".join(filter(None, sentences)),
        _chart(scores),
        _tables(scores),
        folded=len(scores) > _FEW,
    )


def _chart(scores: Mapping[Subject, DigitScores]) -> Chart:
    shown, which = drawn_runs({subject.run.id: subject.run.config for subject in scores})
    bars = [
        (legend_name(subject.name), subject.run.info.colour, found.recall)
        for subject, found in scores.items()
        if subject.run.id in shown
    ]
    note = f"{SCORES['recall'].sentence} {which}".strip()
    figure = plain_figure(per_digit_figure(bars, up=SCORES["recall"].axis, close=False))
    height = _HEIGHT + _LEGEND_LINE * len(bars)
    return Chart("per-digit", "Recall of each digit", note, height, figure)


def _tables(scores: Mapping[Subject, DigitScores]) -> tuple[ScoreTable, ...]:
    """Return a table for each score; a colour means the same in all of them."""
    every = np.stack([found.score(name) for found in scores.values() for name in SCORES])
    lowest = float(np.nanmin(every, initial=1.0))
    return tuple(
        ScoreTable(
            words.term,
            words.sentence,
            tuple(
                (subject.name, _cells(found.score(name), lowest))
                for subject, found in scores.items()
            ),
        )
        for name, words in SCORES.items()
    )


def _cells(values: Numbers, lowest: float) -> tuple[ScoreCell, ...]:
    room = 1 - lowest
    return tuple(
        ScoreCell("–", 0.0)
        if np.isnan(value)
        else ScoreCell(f"{100 * value:.1f}", (1 - value) / room if room else 0.0)
        for value in values.tolist()
    )
