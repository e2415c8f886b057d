"""Figures of confusion matrices and of the difference of two."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.analysis import wording
from core.analysis.confusion import Unit, in_unit
from core.config import CLASSES
from core.palette import ACCENT

# Indigo and amber lie on the axis from blue to yellow, which eyes without red or green see too.
MORE: Final = ACCENT
LESS: Final = "#E0A000"
_GREY: Final = "#808080"
# As strong as the text over it allows (4.5 to 1) on the light and the dark page.
STRONGEST: Final = {MORE: 0.6, LESS: 0.5, _GREY: 0.35}
_FAINTEST: Final = 0.04
_DIAGONAL: Final = np.eye(CLASSES, dtype=bool)

Matrix = npt.NDArray[np.int64]
Shown = npt.NDArray[np.float64]


def shade(colour: str, part: float) -> str:
    """Return the CSS colour of a cell at `part`, 0 to 1, of the scale that ends in `colour`."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    opacity = _FAINTEST + part * (STRONGEST[colour] - _FAINTEST)
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def scale_top(shown: Sequence[Shown], *, diagonal: bool) -> float:
    """Return the largest figure of any matrix, where their shared scale ends.

    Signs do not count. Without `diagonal`, what was read right does not count either.
    """
    counted = _DIAGONAL | ~_DIAGONAL if diagonal else ~_DIAGONAL
    return max((float(np.abs(matrix[counted]).max()) for matrix in shown), default=0.0)


def matrix_figure(
    matrix: Matrix, *, title: str, unit: Unit, top: float, diagonal: bool
) -> go.Figure:
    """Return a confusion matrix coloured up to `top` on a scale shared with others.

    Without `diagonal`, what was read right is grey: in the same colours it would outshine every
    mistake.
    """
    shown = in_unit(matrix, unit)
    texts = [[_cell_text(value, unit) for value in row] for row in shown]
    hovers = [
        [_cell_hover(true, read, matrix, shown, unit) for read in range(CLASSES)]
        for true in range(CLASSES)
    ]
    scale = [[0, shade(MORE, 0)], [1, shade(MORE, 1)]]
    return _figure(shown, texts, hovers, title, (0, top), scale, diagonal=diagonal)


def difference_figure(
    first: Matrix, second: Matrix, *, names: tuple[str, str], unit: Unit, diagonal: bool, hint: str
) -> go.Figure:
    """Return `first` minus `second`, zero in the middle of the scale; `hint` ends each hover.

    Without `diagonal`, what was read right is grey and leaves the scale to the mistakes.
    """
    shown = in_unit(first, unit), in_unit(second, unit)
    difference = shown[0] - shown[1]
    top = scale_top([difference], diagonal=diagonal)
    texts = [[signed(value, unit) for value in row] for row in difference]
    hovers = [
        [
            f"a {true} read as {read}: "
            + ", ".join(
                f"{escape(name)} {_amount(part[true, read], unit)}"
                for name, part in zip(names, shown, strict=True)
            )
            + hint
            for read in range(CLASSES)
        ]
        for true in range(CLASSES)
    ]
    scale = [[0, shade(LESS, 1)], [0.5, shade(LESS, 0)], [0.5, shade(MORE, 0)], [1, shade(MORE, 1)]]
    title = f"{names[0]} {wording.MINUS} {names[1]}"
    return _figure(difference, texts, hovers, title, (-top, top), scale, diagonal=diagonal)


def signed(value: float, unit: Unit) -> str:
    """Write a difference with its sign, short enough for a cell; empty for none."""
    decimals = 0 if unit == "count" or round(abs(value), 1) >= 10 else 1
    text = wording.number(value, decimals)
    if not text.strip("0.,"):
        return ""
    return text if value < 0 else f"+{text}"


def _figure(
    shown: Shown,
    texts: list[list[str]],
    hovers: list[list[str]],
    title: str,
    limits: tuple[float, float],
    scale: list[list[Any]],
    *,
    diagonal: bool,
) -> go.Figure:
    figure = go.Figure()
    low, high = limits[0], max(limits[1], 1e-9)
    if diagonal:
        figure.add_trace(_cells(shown, texts, hovers, (low, high), scale))
    else:
        off = np.where(_DIAGONAL, np.nan, shown)
        figure.add_trace(_cells(off, texts, hovers, (low, high), scale))
        grey = [[0, shade(_GREY, 1)], [1, shade(_GREY, 1)]]
        figure.add_trace(_cells(np.where(_DIAGONAL, shown, np.nan), texts, hovers, (0, 1), grey))
    ticks = {
        "tickvals": list(range(CLASSES)),
        "ticktext": [str(digit) for digit in range(CLASSES)],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    figure.update_layout(
        title={"text": escape(title), "x": 0, "xanchor": "left", "font": {"size": 15}},
        margin={"l": 50, "r": 8, "t": 40, "b": 48},
        xaxis={"title": {"text": "read as (digit)"}, **ticks},
        yaxis={"title": {"text": "true digit"}, "autorange": "reversed", **ticks},
    )
    return figure


def _cells(
    part: Shown,
    texts: list[list[str]],
    hovers: list[list[str]],
    limits: tuple[float, float],
    scale: list[list[Any]],
) -> go.Heatmap:
    there = ~np.isnan(part)
    return go.Heatmap(
        z=part,
        zmin=limits[0],
        zmax=limits[1],
        colorscale=scale,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        text=np.where(there, np.array(texts, dtype=object), "").tolist(),
        texttemplate="%{text}",
        hovertext=hovers,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _cell_text(value: float, unit: Unit) -> str:
    if value == 0:
        return ""
    return f"{value:.0f}" if unit == "count" or value == 100 else f"{value:.1f}"


def _cell_hover(true: int, read: int, matrix: Matrix, shown: Shown, unit: Unit) -> str:
    times = int(matrix[true, read])
    if not times:
        return f"a {true} read as {read}: never"
    counted = _amount(times, "count")
    if unit != "count":
        of = f"of all {true}s" if unit == "row" else f"of all answers {read}"
        counted = f"{_amount(shown[true, read], unit)} {of} ({counted})"
    return f"a {true} read as {read}: {counted}<br>click to see them"


def _amount(value: float, unit: Unit) -> str:
    if unit != "count":
        return f"{value:.1f} %"
    return "1 time" if value == 1 else f"{value:,.0f} times"
