"""Own parts of the page: a chart that keeps its zoom, the table of runs, a page of digits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from core.report.page import chart_files_script
from core.ui.browser_messages import TableAnswer, read_click, read_opened, read_table_answer
from core.ui.plotly_script import PLOTLY_ROUTE
from core.ui.shared_figures import FigureText, figure_text
from core.words import file_name

_ASSETS: Final = Path(__file__).with_name("assets")


def asset(name: str) -> str:
    """Return the text of a style sheet or script of our own."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def chart_scripts() -> str:
    """Return the scripts that every chart begins with: its buttons, its library, its colours."""
    return chart_files_script() + asset("plotly_loader.js")


_chart = st.components.v2.component(
    "digitlab_chart",
    css=asset("chart.css"),
    js=chart_scripts() + asset("live_points.js") + asset("chart.js"),
    isolate_styles=False,
)
_run_table = st.components.v2.component(
    "digitlab_run_table",
    css=asset("run_table.css"),
    js=asset("run_table_row.js") + asset("run_table.js"),
    isolate_styles=False,
)

_sheet = st.components.v2.component(
    "digitlab_sheet", css=asset("sheet.css"), js=asset("sheet.js"), isolate_styles=False
)


def draw_chart(
    figure: go.Figure | FigureText | Mapping[str, Any], *, key: str, height: int, label: str
) -> dict[str, Any] | None:
    """Draw `figure` so that zoom, hidden legend entries and hover outlive every update.

    It may also be given as Plotly takes it, `{"data": …, "layout": …}`, or as made for all visitors
    (`core.ui.shared_figures`). `height` is in pixels and reserved from the start. `label`
    describes the chart to those who cannot see it. Returns the clicked point as
    `{"x": …, "y": …}` once, else None.
    """
    if isinstance(figure, go.Figure):
        figure = figure_text(figure)
    if isinstance(figure, FigureText):
        shown: str | dict[str, Any] = figure.text
        title = figure.title
    else:
        shown = dict(figure)
        title = shown["layout"].get("title", {}).get("text") or ""
    result = _chart(
        key=key,
        data={
            "figure": shown,
            "height": height,
            "label": label,
            "file": _file_name(title, label),
            "plotly": address(PLOTLY_ROUTE),
        },
        on_clicked_change=lambda: None,
    )
    return read_click(result.clicked)


def draw_live_chart(route: str, name: str, *, key: str, height: int, label: str) -> None:
    """Draw the chart `name` of a view whose figures the browser fetches from `route` itself.

    See `core.ui.live_curves`. With the same `key`, `draw_chart` goes on where this one ends, with
    zoom and hidden legend entries as they are.
    """
    _chart(
        key=key,
        data={
            "live": address(route),
            "chart": name,
            "height": height,
            "label": label,
            "file": _file_name("", label),
            "plotly": address(PLOTLY_ROUTE),
        },
        on_clicked_change=lambda: None,
    )


def address(route: str) -> str:
    """Return where the browser finds one of the server's own routes."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{'/' + base if base else ''}{route}"


def _file_name(title: str, label: str) -> str:
    """Return what the pictures and numbers of a chart are called: what it is and of which runs."""
    what = label.partition(". ")[0].removeprefix("Chart of ")
    return file_name(f"{what} {unescape(title)}")


@dataclass(frozen=True)
class Heading:
    """The heading of a column of the table of runs; `sort` is empty where it sorts nothing."""

    column: str
    title: str
    hint: str = ""
    sort: str = ""
    way: str = ""  # "ascending" or "descending" where the table stands in its order


def draw_run_table(
    rows: Sequence[dict[str, Any]],
    headings: Sequence[Heading],
    *,
    key: str,
    on_sort: Callable[[str], None] | None = None,
    on_fold: Callable[[str], None] | None = None,
) -> TableAnswer:
    """Draw the table of runs; see `run_rows` for what a row holds.

    Before the page is drawn again, `on_sort` gets the `sort` of a heading that was clicked and
    `on_fold` the key of a row that shall open or close.
    """

    def told(event: str, react: Callable[[str], None] | None) -> Callable[[], None]:
        def pass_on() -> None:
            value = st.session_state[key].get(event)
            if react is not None and isinstance(value, str):
                react(value)

        return pass_on

    result = _run_table(
        key=key,
        data={"rows": list(rows), "headings": [asdict(heading) for heading in headings]},
        default={"chosen": []},
        on_chosen_change=lambda: None,
        on_action_change=lambda: None,
        on_sort_change=told("sort", on_sort),
        on_fold_change=told("fold", on_fold),
    )
    return read_table_answer(result.chosen, result.action, rows)


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
    return read_opened(result.opened, [tile["index"] for tile in tiles])
