"""Settings against results, for a group of runs or for the runs of the Compare page."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core.analysis.tried import Judged, Tried, tried, varied_fields
from core.runs.records import Run
from core.ui.components import draw_chart
from core.ui.folds import draw_fold
from core.ui.settings_figures import parallel_figure, rate_figure

# With two runs the verdict says it all.
_FEWEST: Final = 3
_HEIGHT: Final = 400
_MARK: Final = 8  # characters of a group's id that stand in the address
_TEST_ONLY: Final = (
    "These runs kept no validation images, so the figures are of the test images. Choosing "
    "settings by them makes the chosen ones look better than they are."
)


def draw_settings(runs: Sequence[Run], key: str) -> None:
    """Draw which settings did how well, folded up; nothing where there is nothing to see."""
    rows, judged = tried(runs)
    fields = varied_fields([row.config for row in rows])
    if sum(row.accuracy is not None for row in rows) < _FEWEST or not fields:
        return
    draw_fold(
        f"settings_{key[-_MARK:]}",
        "Settings against results",
        lambda: _draw_charts(rows, judged, fields, key),
    )


def _draw_charts(rows: Sequence[Tried], judged: Judged, fields: Sequence[str], key: str) -> None:
    if judged == "test":
        st.caption(_TEST_ONLY)
    if "learning_rate" in fields:
        st.html(
            '<p class="dl-quiet">Where each optimizer works: too small a learning rate learns '
            "too slowly, too large a one runs away. Each point is a run, the line goes through "
            "their means, a cross is a run without a result.</p>"
        )
        figure = rate_figure(rows, judged)
        label = "Chart of accuracy over the learning rate, by optimizer"
        draw_chart(figure, key=f"rates_{key}", height=_HEIGHT, label=label)
    st.html(
        '<p class="dl-quiet">Each line is a run: it crosses every axis at its setting and ends '
        f"at what it read right of the {judged} images. Drag along an axis to keep only the "
        "runs there; a click on the axis brings all back.</p>"
    )
    figure = parallel_figure(rows, fields)
    label = "Parallel coordinates of all settings that differ and the accuracy"
    draw_chart(figure, key=f"parallel_{key}", height=_HEIGHT, label=label)
