"""The curves of a report as Plotly figures in plain JSON; the page that shows them adds colours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from core.analysis.checks import Numbers
from core.analysis.curves import curve, smooth, thin, watched_columns
from core.palette import run_colour, run_dash, run_symbol
from core.report.subjects import Subject

# Of all lines together, so that the file stays small; no line needs more than a screen is wide.
_ALL_POINTS: Final = 45_000
_MOST_POINTS: Final = 1_000
_FEW_POINTS: Final = 40
_LEGEND: Final = 32  # characters of a name
_LONG_LEGEND: Final = 30  # runs; a longer one scrolls
_LEGEND_SHARE: Final = 0.4  # of the chart's height
SMOOTHING: Final = 0.9  # of the losses of single batches
_DIGITS: Final = 5  # more than a drawing can show


@dataclass(frozen=True)
class Chart:
    """One figure, its place in the page (`key`), its height in pixels and what it shows."""

    key: str
    title: str
    note: str
    height: int
    figure: dict[str, Any]


@dataclass(frozen=True)
class _Line:
    subject: Subject
    kind: str  # what it is of, behind the run's name
    x: Numbers
    y: Numbers
    dotted: bool = False
    faint: bool = False


def charts(subjects: Sequence[Subject]) -> list[Chart]:
    """Return accuracy and loss over the epochs, and the loss of every batch over the steps.

    Accuracies are in percent. The curves are thinned for drawing as `core.analysis.curves.thin`
    says; a run without a history is left out.
    """
    accuracy, loss = (_by_epoch(subjects, metric) for metric in ("accuracy", "loss"))
    batches = _by_batch(subjects)
    room = _ALL_POINTS // max(1, len(accuracy) + len(loss) + len(batches))
    points = max(_FEW_POINTS, min(_MOST_POINTS, room))
    epochs = "epochs (times through all training images)"
    kinds = "Dotted: on the training images, while learning. Solid: on images not learned from."
    drawn = [
        ("accuracy", "Accuracy", kinds, accuracy, epochs, "read right, % (accuracy)"),
        ("loss", "Loss", kinds, loss, epochs, "loss (lower is better)"),
        (
            "batches",
            "Training loss, step by step",
            "The loss of each batch as it was learned from, smoothed (exponential moving average, "
            f"{SMOOTHING}); the raw line is faint behind.",
            batches,
            "steps (corrections)",
            "training loss",
        ),
    ]
    height = 400 + 9 * min(len(subjects), _LONG_LEGEND)  # the legend stands above the curves
    return [
        Chart(key, title, note, height, _figure(lines, across, up, points))
        for key, title, note, lines, across, up in drawn
        if lines
    ]


def _by_epoch(subjects: Sequence[Subject], metric: str) -> list[_Line]:
    lines = []
    for subject in subjects:
        columns = [(f"train_{metric}", "training", True)]
        watched = watched_columns(subject.epochs)
        if watched is not None:
            column = next(name for name in watched if name.endswith(metric))
            kind = "validation" if column.startswith("validation") else "test, watched"
            columns.append((column, kind, False))
        for column, kind, dotted in columns:
            x, y = curve(subject.epochs, "epochs", column)
            lines.append(_Line(subject, kind, x, 100 * y if metric == "accuracy" else y, dotted))
    return [line for line in lines if len(line.x)]


def _by_batch(subjects: Sequence[Subject]) -> list[_Line]:
    lines = []
    for subject in subjects:
        x, y = curve(subject.steps, "steps", "loss")
        lines.append(_Line(subject, "batch, before smoothing", x, y, faint=True))
        lines.append(_Line(subject, "batch, smoothed", x, smooth(y, SMOOTHING)))
    return [line for line in lines if len(line.x)]


def _figure(lines: Sequence[_Line], across: str, up: str, points: int) -> dict[str, Any]:
    # One entry a run, by its solid line if it has one; a click on it takes all lines of the run.
    entries: dict[str, _Line] = {}
    for line in sorted(lines, key=lambda line: (line.faint, line.dotted)):
        entries.setdefault(line.subject.run.id, line)
    chosen = list(map(id, entries.values()))
    data = [_trace(line, points, entry=id(line) in chosen) for line in lines]
    return {
        "data": data,
        "layout": {
            "margin": {"l": 60, "r": 12, "t": 12, "b": 48},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "maxheight": _LEGEND_SHARE,
            },
            "showlegend": True,
            # All values at one place become a list that hides the chart where runs are many.
            "hovermode": "x unified" if len(lines) <= 8 else "closest",
            "xaxis": {"title": {"text": across}, "rangemode": "tozero"},
            "yaxis": {"title": {"text": up}, "rangemode": "tozero" if "loss" in up else "normal"},
        },
    }


def _trace(line: _Line, most_points: int, *, entry: bool) -> dict[str, Any]:
    x, y = thin(line.x, line.y, most_points)
    colour = line.subject.run.info.colour
    few = len(x) <= _FEW_POINTS and not line.faint
    what = f"{line.subject.name}, {line.kind}"
    return {
        "type": "scatter",
        "x": _plain(x),
        "y": _plain(y),
        "name": _as_text(legend_name(line.subject.name)),
        "meta": what,  # what its numbers are called when they are saved
        "legendgroup": line.subject.run.id,
        "showlegend": entry,
        "opacity": 0.25 if line.faint else 1,
        "mode": "lines+markers" if few else "lines",
        "marker": {"symbol": run_symbol(colour), "size": 6},
        "line": {
            "color": run_colour(colour),
            "width": 1 if line.faint else 2,
            "dash": "solid" if line.faint else "dot" if line.dotted else run_dash(colour),
        },
        "hoverinfo": "skip" if line.faint else "all",
        "hovertemplate": "" if line.faint else f"%{{y:.4g}}<extra>{_as_text(what)}</extra>",
    }


def plain_figure(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as plain JSON, its numbers as short as a drawing allows.

    The page that shows it has colours and fonts of its own in place of Plotly's template.
    """
    plain: dict[str, Any] = _short(json.loads(figure.to_json()))
    plain["layout"].pop("template", None)
    return plain


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def legend_name(name: str) -> str:
    """Return a name that fits a legend on a phone; its end, which tells alike ones apart, stays."""
    return name if len(name) <= _LEGEND else f"{name[: _LEGEND // 2]}…{name[-(_LEGEND // 2) :]}"


def _as_text(text: str) -> str:
    """Return `text` so that Plotly, which reads tags and templates, shows it as it stands."""
    return escape(text).replace("{", "&#123;")


def _plain(values: Numbers) -> list[float | int | None]:
    """Return numbers as short as a drawing allows; a gap where one is not finite."""
    found = []
    for value in values.tolist():
        short = float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None
        found.append(int(short) if short is not None and short.is_integer() else short)
    return found
