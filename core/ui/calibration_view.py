"""Whether runs are right as often as their percentages say, on the Compare page."""

import functools
from collections.abc import Sequence
from html import escape
from typing import Final, TypeAlias

import streamlit as st

from core.analysis.calibration import (
    HOW_IT_IS_COMPUTED,
    WHAT_IT_IS,
    Calibration,
    calibrate,
    calibration_sentence,
    error_sentence,
    own_confidence,
)
from core.errors import DigitLabError
from core.report.digit_figures import MOST_INTERVALS, drawn_runs, reliability_figure
from core.runs.results import Predictions
from core.ui.components import draw_chart
from core.ui.folds import draw_fold
from core.ui.judged import Judged
from core.ui.pieces import dot
from core.ui.shared_figures import shared_figure
from core.words import as_text

_HEIGHT: Final = 480
_FEW: Final = 4
_LEGEND_LINE: Final = 20  # on a phone each run has one of its own

_Line: TypeAlias = tuple[Judged, Calibration]


def draw_calibration(judged: Sequence[Judged]) -> None:
    """Draw the reliability diagram of all runs, and say in words how far to believe each."""
    st.subheader("Can their percentages be believed?", anchor=False)
    lines = _calibrations(judged)
    if not lines:
        return
    st.html(f'<p class="dl-quiet">{escape(WHAT_IT_IS)}</p>')
    chart, words = st.columns([3, 2])
    with chart:
        shown, which = drawn_runs({one.run.id: one.run.config for one, _ in lines})
        found = [
            (one.name, one.run.info.colour, bins) for one, bins in lines if one.run.id in shown
        ]
        figure = shared_figure(reliability_figure, found)
        said = [calibration_sentence(bins, name) for name, _, bins in found]
        label = f"Reliability diagram. {' '.join(said)}"
        draw_chart(
            figure, key="calibration", height=_HEIGHT + _LEGEND_LINE * len(found), label=label
        )
        if which:
            st.html(f'<p class="dl-quiet">{which}</p>')
    with words:
        if len(lines) <= _FEW:
            _draw_lines(lines)
        else:
            by_error = sorted(lines, key=lambda line: line[1].error)
            st.html('<p class="dl-quiet">Most and least to be believed, by the error below:</p>')
            _draw_lines([by_error[0], by_error[-1]])
            draw_fold(
                "believed",
                f"All {len(lines)} runs in words, the most to be believed first",
                lambda: _draw_lines(by_error),
            )
        _explain(intervals=len(found) <= MOST_INTERVALS)


def _draw_lines(lines: Sequence[_Line]) -> None:
    items = "".join(
        f"<p>{dot(one.run)}{escape(calibration_sentence(bins, one.name))} "
        f"{escape(error_sentence(bins))}</p>"
        for one, bins in lines
    )
    st.html(f'<div class="dl-largest">{items}</div>')


def _explain(*, intervals: bool) -> None:
    thin = " Thin bars: 95 % intervals by Wilson's score method." if intervals else ""
    st.html(
        f'<p class="dl-quiet">How it is computed: {escape(HOW_IT_IS_COMPUTED)}{thin} The lower '
        "strip of the chart shows how many answers lie in each bin; where there are few, a point "
        "says little.</p>"
    )


@functools.lru_cache(maxsize=128)
def _calibration(answers: Predictions) -> Calibration:
    sure = own_confidence(answers.probabilities, answers.predicted)
    return calibrate(sure, answers.predicted == answers.labels)


def _calibrations(judged: Sequence[Judged]) -> list[_Line]:
    found = []
    for one in judged:
        try:
            found.append((one, _calibration(one.answers)))
        except DigitLabError as error:
            st.warning(as_text(f"{one.name}: {error}"), icon=":material/broken_image:")
    return found
