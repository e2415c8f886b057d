"""Whether runs are right as often as their percentages say, in a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.analysis.calibration import (
    Calibration,
    calibrate,
    calibration_sentence,
    error_sentence,
    own_confidence,
)
from core.errors import RunError
from core.palette import run_colour
from core.report.charts import Chart, legend_name, plain_figure
from core.report.digit_figures import MOST_INTERVALS, drawn_runs, reliability_figure
from core.report.subjects import Subject

_HEIGHT: Final = 480
_LEGEND_LINE: Final = 9
_FEW: Final = 4
_INTERVALS: Final = "Thin bars: 95 % intervals by Wilson's score method."


@dataclass(frozen=True)
class Believed:
    """A run by its name and colour, and in words how far its percentages can be believed."""

    name: str
    colour: str
    sentence: str


@dataclass(frozen=True)
class CalibrationSection:
    """The reliability diagram, and a sentence on each run, the most to be believed first.

    `folded` are the sentences of many runs in full, of which `first` has the ends only.
    """

    chart: Chart
    first: tuple[Believed, ...]
    folded: tuple[Believed, ...]


def calibration(subjects: Sequence[Subject]) -> CalibrationSection | None:
    """Return how far each run can be believed; None where no answers can be read."""
    every = [(subject, _calibrated(subject)) for subject in subjects]
    found = [(subject, bins) for subject, bins in every if bins is not None]
    if not found:
        return None
    told = tuple(
        Believed(
            subject.name,
            run_colour(subject.run.info.colour),
            f"{calibration_sentence(bins, subject.name)} {error_sentence(bins)}",
        )
        for subject, bins in sorted(found, key=lambda line: line[1].error)
    )
    many = len(told) > _FEW
    return CalibrationSection(
        _chart(found), (told[0], told[-1]) if many else told, told if many else ()
    )


def _calibrated(subject: Subject) -> Calibration | None:
    answers = subject.answers
    if answers is None:
        return None
    sure = own_confidence(answers.probabilities, answers.predicted)
    try:
        return calibrate(sure, answers.predicted == answers.labels)
    except RunError:  # outputs that are no numbers: what the run read is shown all the same
        return None


def _chart(found: Sequence[tuple[Subject, Calibration]]) -> Chart:
    shown, which = drawn_runs({subject.run.id: subject.run.config for subject, _ in found})
    lines = [
        (legend_name(subject.name), subject.run.info.colour, bins)
        for subject, bins in found
        if subject.run.id in shown
    ]
    note = " ".join(
        [
            "The lower strip shows how many answers lie in each bin; where there are few, a point "
            "says little.",
            *([_INTERVALS] if len(lines) <= MOST_INTERVALS else []),
            *([which] if which else []),
        ]
    )
    figure = plain_figure(reliability_figure(lines))
    height = _HEIGHT + _LEGEND_LINE * len(lines)
    return Chart("calibration", "Reliability diagram", note, height, figure)
