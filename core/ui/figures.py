"""Plotly figures from tables; colours of text and grid are set in the browser by the theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.analysis.confusion import row_percent
from core.analysis.curves import curve, smooth, thin, watched_columns
from core.config import CLASSES
from core.runs.records import Run
from core.ui.theme import ACCENT, run_colour, run_dash, run_symbol

Metric = Literal["loss", "accuracy"]
Axis = Literal["epochs", "steps", "seconds"]
Part = Literal["train", "validation", "both"]

AXIS_TITLES: Final[dict[str, str]] = {
    "epochs": "epochs (times through all training images)",
    "steps": "steps (corrections)",
    "seconds": "seconds of training",
}
METRIC_TITLES: Final[dict[str, str]] = {
    "loss": "loss (lower is better)",
    "accuracy": "read right, % (accuracy)",
}
# Enough for every pixel of a wide screen; figures in words always come from all points.
_MAX_POINTS: Final = 1_500


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


def curve_figure(lines: Sequence[Line], *, metric: Metric, axis: Axis, log: bool) -> go.Figure:
    """Return a chart of `lines`; `log` puts the vertical axis on a logarithmic scale."""
    return history_figure(
        lines,
        across=AXIS_TITLES[axis],
        up=METRIC_TITLES[metric],
        log=log,
        from_zero=metric == "loss",
    )


def history_figure(
    lines: Sequence[Line], *, across: str, up: str, log: bool = False, from_zero: bool = False
) -> go.Figure:
    """Return a chart of `lines` of any kind, its axes titled `across` and `up`.

    `log` puts the vertical axis on a logarithmic scale, `from_zero` lets a linear one begin at 0.
    """
    figure = go.Figure()
    for line in lines:
        if not np.array_equal(line.raw, line.smoothed, equal_nan=True):
            figure.add_trace(_trace(line, line.raw, faint=True))
        figure.add_trace(_trace(line, line.smoothed, faint=False))
    figure.update_layout(
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        # Above the plot: there it takes the room it needs, whatever the names' length.
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="x unified",
        xaxis={"title": {"text": across}, "rangemode": "tozero"},
        yaxis={
            "title": {"text": up},
            "type": "log" if log else "linear",
            "rangemode": "tozero" if from_zero else "normal",
        },
    )
    if log:
        # Whole numbers at few ticks: Plotly's own are every digit between the powers of ten.
        figure.update_yaxes(nticks=4, tickformat=".2~r")
    return figure


def matrix_figure(
    matrix: npt.NDArray[np.int64], *, title: str, percent: bool, highest: float
) -> go.Figure:
    """Return a confusion matrix whose mistakes are coloured up to `highest` on a shared scale.

    The diagonal (read right) is grey: in the same colours it would outshine every mistake.
    """
    shown = row_percent(matrix) if percent else matrix.astype(np.float64)
    on_diagonal = np.eye(CLASSES, dtype=bool)
    figure = go.Figure()
    for part, scale, top in (
        (np.where(on_diagonal, np.nan, shown), _tint(ACCENT, 0.6), max(highest, 1e-9)),
        (np.where(on_diagonal, shown, np.nan), _tint("#808080", 0.35), 1e-9),
    ):
        figure.add_trace(
            go.Heatmap(
                z=part,
                zmin=0,
                zmax=top,
                colorscale=scale,
                showscale=False,
                xgap=2,
                ygap=2,
                hoverongaps=False,
                text=_cell_texts(part, percent),
                texttemplate="%{text}",
                hovertemplate="a %{y} read as %{x}: %{text}"
                + (" %" if percent else " times")
                + "<br>click to see them<extra></extra>",
            )
        )
    digits = [str(digit) for digit in range(CLASSES)]
    ticks = {"tickvals": list(range(CLASSES)), "ticktext": digits, "showgrid": False}
    figure.update_layout(
        title={"text": escape(title), "x": 0, "xanchor": "left", "font": {"size": 15}},
        margin={"l": 50, "r": 8, "t": 40, "b": 48},
        xaxis={"title": {"text": "read as"}, "zeroline": False, "fixedrange": True, **ticks},
        yaxis={
            "title": {"text": "true digit"},
            "autorange": "reversed",
            "zeroline": False,
            "fixedrange": True,
            **ticks,
        },
    )
    return figure


def highest_mistake(matrices: Sequence[npt.NDArray[np.int64]], *, percent: bool) -> float:
    """Return the largest figure off the diagonal of any matrix, the top of their shared scale."""
    off = ~np.eye(CLASSES, dtype=bool)
    return max(
        (float((row_percent(m) if percent else m)[off].max()) for m in matrices), default=0.0
    )


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


def _trace(line: Line, y: npt.NDArray[np.float64], *, faint: bool) -> go.Scatter:
    x, y = thin(line.x, y, _MAX_POINTS)
    few = len(x) <= 40
    own = line.dash or run_dash(line.colour)
    return go.Scatter(
        x=x.tolist(),
        y=y.tolist(),
        name=escape(line.label),  # Plotly reads tags in it
        legendgroup=line.label,
        showlegend=not faint,
        hoverinfo="skip" if faint else None,
        opacity=0.25 if faint else 1,
        mode="lines+markers" if few and not faint else "lines",
        marker={"symbol": run_symbol(line.colour), "size": 6},
        line={
            "color": run_colour(line.colour),
            "width": 1 if faint else 2.5,
            "dash": "solid" if faint else "dot" if line.training else own,
        },
        hovertemplate="%{y:.4g}",
    )


def _cell_texts(part: npt.NDArray[np.float64], percent: bool) -> list[list[str]]:
    def text(value: float) -> str:
        if np.isnan(value) or value == 0:
            return ""
        return f"{value:.1f}" if percent else f"{value:.0f}"

    return [[text(value) for value in row] for row in part]


def _tint(colour: str, strongest: float = 1.0) -> list[list[float | str]]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [
        [0, f"rgba({red},{green},{blue},0.04)"],
        [1, f"rgba({red},{green},{blue},{strongest})"],
    ]
