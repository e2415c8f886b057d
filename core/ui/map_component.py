"""The map of test digits in the browser: a chart whose dots show their image."""

import json
from typing import Final

import plotly.graph_objects as go
import streamlit as st

from core.config import Dataset
from core.ui.browser_messages import read_opened
from core.ui.components import address, asset, chart_scripts
from core.ui.digit_route import DIGITS_ROUTE
from core.ui.plotly_script import PLOTLY_ROUTE

_MANY: Final = 3_000  # more dots than a browser moves smoothly one by one


_map = st.components.v2.component(
    "digitlab_digit_map",
    css=asset("digit_map.css"),
    js=chart_scripts() + asset("digit_map.js"),
    isolate_styles=False,
)


def draw_digit_map(
    figure: go.Figure | None,
    *,
    of: str,
    dataset: Dataset,
    height: int,
    label: str,
    file: str,
    busy: str = "",
) -> int | None:
    """Draw a map out of `map_figure`; return the index of a digit just opened, else None.

    `of` names what the map is of: the zoom is kept as long as that stays the same, hidden digits
    always. `height` is in pixels and reserved from the start. Without a figure `busy` says what
    is waited for. The index comes from the browser, so it may be anything.
    """
    result = _map(
        key="digit_map",
        data={
            "figure": None if figure is None else json.loads(figure.to_json()),
            "of": of,
            "many": sum(len(trace.x) for trace in figure.data) > _MANY if figure else False,
            "height": height,
            "label": label,
            "file": file,
            "busy": busy,
            "plotly": address(PLOTLY_ROUTE),
            "pictures": address(f"{DIGITS_ROUTE}/{dataset}"),
        },
        on_opened_change=lambda: None,
    )
    return read_opened(result.opened)
