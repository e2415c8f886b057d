"""The curves on the Compare page; while runs train, the browser fetches what is new."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from core.runs.records import Run
from core.ui.components import draw_chart, draw_live_chart
from core.ui.curve_charts import CurveChart, CurveSection, curve_section
from core.ui.curve_controls import CurveView
from core.ui.live_curves import CURVES_ROUTE, live_curves
from core.ui.model_cache import ModelCache
from core.ui.services import services
from core.ui.shared_figures import FigureText
from core.ui.trained import ending

_HEIGHT: Final = 400
_MOST_BYTES: Final = 32 * 2**20  # a hundred views of two long runs


def draw_curves(runs: Sequence[Run], view: CurveView) -> None:
    """Draw loss and accuracy of all runs as `view` says.

    While one of them waits or trains, the browser gets the address of the view in place of
    figures, and fetches new points from there. Raises RunError for a run that is gone.
    """
    if any(run.active for run in runs):
        key, section = live_curves().register([run.id for run in runs], view)
        _draw(_section(section, figures=False), f"{CURVES_ROUTE}/{key}")
    else:
        _draw(_ended_section(runs, view), "")
    if any(run.config.watch == "test" for run in runs):
        st.html(
            '<p class="dl-quiet">“Test, watched” means that the recipe reads the test images '
            "after every epoch, as its article does. Choosing anything by that curve would make "
            "the test figures too good.</p>"
        )


@dataclass(frozen=True)
class _Chart:
    """A chart of a view; without a `figure` the browser fetches it."""

    key: str
    title: str
    label: str
    figure: FigureText | None = None


@dataclass(frozen=True)
class _Section:
    """The charts of a view, as many visitors may look at them."""

    note: str
    rows: tuple[tuple[_Chart, ...], ...]
    columns: int

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        figures = [chart.figure for row in self.rows for chart in row]
        return sum(len(figure.text) for figure in figures if figure is not None)


_ended: Final = ModelCache[_Section](_MOST_BYTES, lambda section: section.size)


def _ended_section(runs: Sequence[Run], view: CurveView) -> _Section:
    """Return the charts of runs that have ended, made once for all who look at them."""
    key = tuple((run.id, run.name, run.info.colour) for run in runs), view
    version = tuple((run.status.attempt, run.status.state, ending(run)) for run in runs)

    def make() -> _Section:
        return _section(curve_section(services().store, runs, view), figures=True)

    return _ended.get(key, version, make)


def _section(section: CurveSection, *, figures: bool) -> _Section:
    rows = tuple(tuple(_chart(chart, figures=figures) for chart in row) for row in section.rows)
    return _Section(section.note, rows, section.columns)


def _chart(chart: CurveChart, *, figures: bool) -> _Chart:
    figure = FigureText(json.dumps(chart.drawing.plain()), "") if figures else None
    return _Chart(chart.key, chart.title, chart.label, figure)


def _draw(section: _Section, live: str) -> None:
    st.html(f'<p class="dl-quiet">{escape(section.note)}</p>')
    for row in section.rows:
        for column, chart in zip(st.columns(section.columns), row, strict=False):
            with column:
                _draw_chart(chart, live)


def _draw_chart(chart: _Chart, live: str) -> None:
    st.html(f'<h3 class="dl-chart-title">{escape(chart.title)}</h3>')
    key = f"chart_{chart.key}"
    if chart.figure is not None:
        draw_chart(chart.figure, key=key, height=_HEIGHT, label=chart.label)
    else:
        draw_live_chart(live, chart.key, key=key, height=_HEIGHT, label=chart.label)
