"""Own parts of the page: a chart that keeps its zoom, and the table of runs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

PLOTLY_ROUTE: Final = "/digitlab/plotly.min.js"
_ACTIONS: Final = ("open", "cancel", "resume", "continue", "delete")
_ASSETS: Final = Path(__file__).with_name("assets")


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


_chart = st.components.v2.component(
    "digitlab_chart", css=_asset("chart.css"), js=_asset("chart.js"), isolate_styles=False
)
_run_table = st.components.v2.component(
    "digitlab_run_table",
    css=_asset("run_table.css"),
    js=_asset("run_table.js"),
    isolate_styles=False,
)


def draw_chart(figure: go.Figure, *, key: str, height: int, label: str) -> dict[str, Any] | None:
    """Draw `figure` so that zoom, hidden legend entries and hover outlive every update.

    `height` is in pixels and reserved from the start. `label` describes the chart to those who
    cannot see it. Returns the clicked point as `{"x": …, "y": …}` once, else None.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    result = _chart(
        key=key,
        data={
            "figure": json.loads(figure.to_json()),
            "height": height,
            "label": label,
            "plotly": f"{'/' + base if base else ''}{PLOTLY_ROUTE}",
        },
        on_clicked_change=lambda: None,
    )
    clicked: dict[str, Any] | None = result.clicked
    return clicked


@dataclass(frozen=True)
class TableAnswer:
    """What the visitor did in the table of runs: chosen ids, and at most one action."""

    chosen: list[str]
    action: str | None  # one of _ACTIONS
    run_id: str | None


def draw_run_table(rows: Sequence[dict[str, Any]], *, key: str) -> TableAnswer:
    """Draw the table of runs; see `run_rows` for what a row holds."""
    result = _run_table(
        key=key,
        data={"rows": list(rows)},
        default={"chosen": []},
        on_chosen_change=lambda: None,
        on_action_change=lambda: None,
    )
    known = {row["id"] for row in rows}
    chosen = [run_id for run_id in (result.chosen or []) if run_id in known]
    action = result.action if isinstance(result.action, dict) else {}
    # From the browser, so it may be anything: only ids in the table count.
    if action.get("run") not in known or action.get("kind") not in _ACTIONS:
        return TableAnswer(chosen, None, None)
    return TableAnswer(chosen, action["kind"], action["run"])
