"""Own parts of the page: a chart that keeps its zoom, the table of runs, a page of digits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from core.report.page import chart_files_script
from core.words import file_name

PLOTLY_ROUTE: Final = "/digitlab/plotly.min.js"
_ACTIONS: Final = (
    "open",
    "cancel",
    "resume",
    "continue",
    "edit",
    "star",
    "unstar",
    "archive",
    "unarchive",
    "export",
    "delete",
    "restore",
    "remove",
)
_ASSETS: Final = Path(__file__).with_name("assets")


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


_chart = st.components.v2.component(
    "digitlab_chart",
    css=_asset("chart.css"),
    js=chart_files_script() + _asset("chart.js"),
    isolate_styles=False,
)
_run_table = st.components.v2.component(
    "digitlab_run_table",
    css=_asset("run_table.css"),
    js=_asset("run_table.js"),
    isolate_styles=False,
)

_sheet = st.components.v2.component(
    "digitlab_sheet", css=_asset("sheet.css"), js=_asset("sheet.js"), isolate_styles=False
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
            "file": _file_name(figure, label),
            "plotly": f"{'/' + base if base else ''}{PLOTLY_ROUTE}",
        },
        on_clicked_change=lambda: None,
    )
    clicked: dict[str, Any] | None = result.clicked
    return clicked


def _file_name(figure: go.Figure, label: str) -> str:
    """Return what the pictures and numbers of a chart are called: what it is and of which runs."""
    what = label.partition(". ")[0].removeprefix("Chart of ")
    title = figure.layout.title.text or ""
    return file_name(f"{what} {unescape(title)}")


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


def draw_tiles(
    tiles: Sequence[dict[str, Any]], *, picture: str, columns: int, rows: int, label: str, key: str
) -> int | None:
    """Draw a page of digits out of one `picture` of so many columns and rows; see `mistake_sheet`.

    `label` names the page for those who cannot see it. Returns the index of the digit that was
    opened by click or key once, else None.
    """
    result = _sheet(
        key=key,
        data={
            "tiles": list(tiles),
            "picture": picture,
            "columns": columns,
            "rows": rows,
            "label": label,
        },
        on_opened_change=lambda: None,
    )
    opened = result.opened if isinstance(result.opened, dict) else {}
    index = opened.get("index")
    # From the browser, so it may be anything: only digits on the page count.
    return index if index in [tile["index"] for tile in tiles] else None
