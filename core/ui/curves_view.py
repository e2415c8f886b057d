"""The curves on the Compare page; while runs train, the browser fetches what is new."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from core.runs.records import Run
from core.ui.components import draw_chart, draw_live_chart
from core.ui.curve_charts import CurveChart, CurveSection, curve_section
from core.ui.curve_controls import CurveView
from core.ui.live_curves import CURVES_ROUTE, live_curves
from core.ui.services import services

_HEIGHT: Final = 400


def draw_curves(runs: Sequence[Run], view: CurveView) -> None:
    """Draw loss and accuracy of all runs as `view` says.

    While one of them waits or trains, the browser gets the address of the view in place of
    figures, and fetches new points from there. Raises RunError for a run that is gone.
    """
    if any(run.active for run in runs):
        key, section = live_curves().register([run.id for run in runs], view)
        _draw(section, f"{CURVES_ROUTE}/{key}")
    else:
        _draw(curve_section(services().store, runs, view), None)
    if any(run.config.watch == "test" for run in runs):
        st.html(
            '<p class="dl-quiet">“Test, watched” means that the recipe reads the test images '
            "after every epoch, as its article does. Choosing anything by that curve would make "
            "the test figures too good.</p>"
        )


def _draw(section: CurveSection, live: str | None) -> None:
    st.html(f'<p class="dl-quiet">{escape(section.note)}</p>')
    for row in section.rows:
        for column, chart in zip(st.columns(section.columns), row, strict=False):
            with column:
                _draw_chart(chart, live)


def _draw_chart(chart: CurveChart, live: str | None) -> None:
    st.html(f'<h3 class="dl-chart-title">{escape(chart.title)}</h3>')
    key = f"chart_{chart.key}"
    if live is None:
        draw_chart(chart.drawing.plain(), key=key, height=_HEIGHT, label=chart.label)
    else:
        draw_live_chart(live, chart.key, key=key, height=_HEIGHT, label=chart.label)
