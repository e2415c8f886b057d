"""Plotly figures from tables; colours of text and grid are set in the browser by the theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.analysis.curves import curve, smooth, thin, watched_columns
from core.palette import run_colour, run_dash, run_symbol
from core.runs.records import Run

Metric = Literal["loss", "accuracy"]
Axis = Literal["epochs", "steps", "images", "seconds"]
Part = Literal["train", "validation", "both"]

AXIS_TITLES: Final[dict[str, str]] = {
    "epochs": "epochs (times through all training images)",
    "steps": "steps (corrections)",
    "images": "training images seen",
    "seconds": "seconds of training",
}
METRIC_TITLES: Final[dict[str, str]] = {
    "loss": "loss (lower is better)",
    "accuracy": "read right, % (accuracy)",
}
# Enough for every pixel of a wide screen, fewer where lines are many. Figures in words always come
# from all points.
_MOST_POINTS: Final = 1_500
_LEAST_POINTS: Final = 300
_ALL_POINTS: Final = 30_000
_LIVE_POINTS: Final = 20_000  # while runs train, a browser draws them anew each second
# So many lines have room for their names above and beside a chart; so many can be named at all.
_FEW_LINES: Final = 12
_MANY_LINES: Final = 60
# Beyond so many powers of ten there is no room for ticks between them.
_MANY_DECADES: Final = 2.5


@dataclass(frozen=True)
class Line:
    """One curve: what it shows, in which colour, and its points before and after smoothing."""

    label: str
    colour: int
    training: bool
    x: npt.NDArray[np.float64]
    raw: npt.NDArray[np.float64]
    smoothed: npt.NDArray[np.float64]
    dash: str | None = None  # of a line not of training images, if not its run's own
    spread: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None  # low, high
    faint: bool = False  # behind the others, not in the legend


@dataclass(frozen=True)
class Trace:
    """One trace of a chart: how it looks, and its points as pairs of x and y `(P,)`.

    Two pairs are an outline: there along the first and back along the second.
    """

    style: dict[str, Any]
    points: tuple[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], ...]

    def plain(self) -> dict[str, Any]:
        """Return the trace as Plotly takes it."""
        ways = [self.points[0], *((x[::-1], y[::-1]) for x, y in self.points[1:])]
        across, up = (np.concatenate([way[axis] for way in ways]) for axis in (0, 1))
        return {**self.style, "x": across.tolist(), "y": up.tolist()}


@dataclass(frozen=True)
class Drawing:
    """A chart before it is one of Plotly's figures, which take long to make and to compare."""

    traces: list[Trace]
    layout: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """Return the figure as Plotly takes it."""
        return {"data": [trace.plain() for trace in self.traces], "layout": self.layout}


def run_lines(
    run: Run,
    name: str,
    steps: pd.DataFrame,
    epochs: pd.DataFrame,
    *,
    metric: Metric,
    axis: Axis,
    part: Part,
    smoothing: float,
) -> list[Line]:
    """Return the curves of one run, called `name`; `steps` and `epochs` are its histories.

    Over steps or seconds the training loss is that of every batch; over epochs its mean.
    Accuracies are in percent.
    """
    watched = watched_columns(epochs)
    columns: list[tuple[str, pd.DataFrame, str, bool]] = []
    if part in ("train", "both"):
        by_step = metric == "loss" and axis != "epochs"
        table, column = (steps, "loss") if by_step else (epochs, f"train_{metric}")
        columns.append((f"{name}, training", table, column, True))
    if part in ("validation", "both") and watched is not None:
        column = watched[0] if metric == "loss" else watched[1]
        kind = "validation" if column.startswith("validation") else "test, watched"
        columns.append((f"{name}, {kind}", epochs, column, False))
    # Beside losses of single batches, figures of whole epochs need no smoothing.
    by_batch = axis != "epochs"
    return [
        _line(
            label,
            run.info.colour,
            training,
            *curve(table, axis, column),
            metric,
            smoothing if not by_batch or table is steps else 0.0,
        )
        for label, table, column, training in columns
    ]


def curve_drawing(
    lines: Sequence[Line],
    *,
    metric: Metric,
    axis: Axis,
    log: bool,
    log_across: bool = False,
    live: bool = False,
) -> Drawing:
    """Return a chart of `lines`; `log` and `log_across` make its axes logarithmic.

    A `live` one will be drawn again and again.
    """
    drawing = history_drawing(
        lines,
        across=AXIS_TITLES[axis],
        up=METRIC_TITLES[metric],
        log=log,
        from_zero=metric == "loss",
        live=live,
    )
    if log_across:
        # Plotly's own ticks are every digit between the powers of ten: they overlap.
        dtick = 1 if _decades(lines) > _MANY_DECADES else "D2"
        drawing.layout["xaxis"] |= {
            "type": "log",
            "rangemode": "normal",
            "dtick": dtick,
            "tickformat": ".2~s",
        }
    return drawing


def _decades(lines: Sequence[Line]) -> float:
    """Return over how many powers of ten the lines stretch."""
    ends = [x[x > 0][[0, -1]] for x in (line.x for line in lines) if (x > 0).any()]
    return float(np.log10(np.max(ends) / np.min(ends))) if ends else 0.0


def history_figure(
    lines: Sequence[Line], *, across: str, up: str, log: bool = False, from_zero: bool = False
) -> go.Figure:
    """Return what `history_drawing` does as a figure."""
    drawing = history_drawing(lines, across=across, up=up, log=log, from_zero=from_zero)
    return go.Figure(drawing.plain())


def history_drawing(
    lines: Sequence[Line],
    *,
    across: str,
    up: str,
    log: bool = False,
    from_zero: bool = False,
    live: bool = False,
) -> Drawing:
    """Return a chart of `lines` of any kind, its axes titled `across` and `up`.

    `log` puts the vertical axis on a logarithmic scale, `from_zero` lets a linear one begin at 0.
    A `live` one will be drawn again and again.
    """
    smoothed = [not np.array_equal(line.raw, line.smoothed, equal_nan=True) for line in lines]
    count = len(lines) + sum(smoothed)
    of_all = (_LIVE_POINTS if live else _ALL_POINTS) // max(1, count)
    room = max(_LEAST_POINTS, min(_MOST_POINTS, of_all))
    traces = []
    for line in lines:
        if line.spread is not None:
            low, high = line.spread
            # A logarithmic axis has no 0: a band that reaches it goes down as far as may matter.
            low = np.maximum(low, line.smoothed / 100) if log else low
            traces.append(_spread_trace(line, low, high, room))
    for line, differs in zip(lines, smoothed, strict=True):
        if differs:
            traces.append(_trace(line, line.raw, room, faint=True))
        traces.append(_trace(line, line.smoothed, room, faint=line.faint))
    axis = {"automargin": True, "zerolinewidth": 2}
    layout = {
        "margin": {"l": 60, "r": 12, "t": 12, "b": 48},
        # Above the plot: there it takes the room it needs, whatever the names' length.
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "x unified",
        "hoverlabel": {"align": "left"},
        "xaxis": {**axis, "title": {"text": across, "standoff": 15}, "rangemode": "tozero"},
        "yaxis": {
            **axis,
            "title": {"text": up, "standoff": 15},
            "type": "log" if log else "linear",
            "rangemode": "tozero" if from_zero else "normal",
            # Whole numbers at few ticks: Plotly's own are every digit between the powers of ten.
            **({"nticks": 4, "tickformat": ".2~r"} if log else {}),
        },
    }
    return Drawing(traces, layout | _for_many(sum(not line.faint for line in lines)))


def _for_many(lines: int) -> dict[str, Any]:
    """Return what of a layout is another where so many lines are named."""
    if lines <= _FEW_LINES:
        return {}
    # Beside one point the names of all would cover the chart: the line below the mouse alone.
    hover = {"hovermode": "closest", "hoverlabel": {"align": "left", "namelength": -1}}
    if lines > _MANY_LINES:
        return hover | {"showlegend": False}
    # Four rows that scroll; half of the chart without this.
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "maxheight": 96}
    return hover | {"legend": legend}


def _line(
    label: str,
    colour: int,
    training: bool,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    metric: Metric,
    smoothing: float,
) -> Line:
    values = 100 * y if metric == "accuracy" else y
    return Line(label, colour, training, x, values, smooth(values, smoothing))


def _trace(line: Line, y: npt.NDArray[np.float64], room: int, *, faint: bool) -> Trace:
    x, y = thin(line.x, y, room)
    few = len(x) <= 40
    own = line.dash or run_dash(line.colour)
    style: dict[str, Any] = {
        "type": "scatter",
        "name": escape(line.label),  # Plotly reads tags in it
        "legendgroup": line.label,
        "showlegend": not faint,
        "opacity": 0.25 if faint else 1,
        "mode": "lines+markers" if few and not faint else "lines",
        "marker": {"symbol": run_symbol(line.colour), "size": 6},
        "line": {
            "color": run_colour(line.colour),
            "width": 1 if faint else 2.5,
            "dash": "solid" if faint else "dot" if line.training else own,
        },
        **({"hoverinfo": "skip"} if faint else {"hovertemplate": "%{y:.4g}"}),
    }
    return Trace(style, ((x, y),))


def _spread_trace(
    line: Line, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], room: int
) -> Trace:
    """Return the band between `low` and `high`, which goes and comes with its line."""
    style = {
        "type": "scatter",
        "fill": "toself",
        "fillcolor": run_colour(line.colour),
        "opacity": 0.15,
        "line": {"width": 0},
        "mode": "lines",
        "legendgroup": line.label,
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return Trace(style, (thin(line.x, high, room), thin(line.x, low, room)))
