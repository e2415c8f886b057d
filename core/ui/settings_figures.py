"""Charts of settings against results: rates by optimizer, and all settings side by side."""

import math
from collections.abc import Sequence
from typing import Any, Final, get_args

import numpy as np
import plotly.graph_objects as go

from core.analysis.tried import Judged, Tried
from core.config import Optimizer, choice_word, field_title, value_word
from core.palette import run_colour, run_symbol

ACCURACY_TITLES: Final[dict[Judged, str]] = {
    "validation": "read right, % of the validation images",
    "test": "read right, % of the test images",
}
_OPTIMIZERS: Final = get_args(Optimizer)
# Settings that are searched in factors of ten: evenly spaced axes would squeeze the small ones.
_LOGARITHMIC: Final = frozenset({"learning_rate", "weight_decay", "epsilon"})
# Told apart by colour-blind eyes, and no end of it sinks into the light or the dark page.
_FROM_LOW_TO_HIGH: Final = ((0, "#3E7CC2"), (0.5, "#C77DBB"), (1, "#D98E04"))


def rate_figure(rows: Sequence[Tried], judged: Judged) -> go.Figure:
    """Return learning rate (logarithmic) against accuracy: a line of means an optimizer.

    Every run is a point; those without a result are crosses at the foot of the chart.
    """
    figure = go.Figure()
    known = [100 * row.accuracy for row in rows if row.accuracy is not None]
    foot = max(0.0, min(known, default=0.0) - 0.06 * (max(known, default=100.0) or 100.0))
    optimizers = sorted({row.config.optimizer for row in rows}, key=_OPTIMIZERS.index)
    for optimizer in optimizers:
        of_it = [row for row in rows if row.config.optimizer == optimizer]
        figure.add_traces(_rate_traces(optimizer, of_it, foot))
    figure.update_layout(
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={
            "title": {"text": "learning rate (logarithmic)"},
            "type": "log",
            "dtick": 1,
            "tickformat": "~g",  # Plotly's own would write 100µ
        },
        yaxis={"title": {"text": ACCURACY_TITLES[judged]}},
    )
    return figure


def _rate_traces(optimizer: str, rows: Sequence[Tried], foot: float) -> list[go.Scatter]:
    colour = _OPTIMIZERS.index(optimizer)
    word = choice_word("optimizer", optimizer)
    by_rate: dict[float, list[float]] = {}
    for row in rows:
        if row.accuracy is not None:
            by_rate.setdefault(row.config.learning_rate, []).append(100 * row.accuracy)
    rates = sorted(by_rate)
    means = [math.fsum(by_rate[rate]) / len(by_rate[rate]) for rate in rates]
    common: dict[str, Any] = {"legendgroup": word, "line": {"color": run_colour(colour)}}
    line = go.Scatter(x=rates, y=means, mode="lines", showlegend=False, hoverinfo="skip", **common)
    points = [(rate, value) for rate in rates for value in by_rate[rate]]
    marks = go.Scatter(
        x=[rate for rate, _ in points],
        y=[value for _, value in points],
        name=word,
        mode="markers",
        marker={"symbol": run_symbol(colour), "size": 9, "color": run_colour(colour)},
        hovertemplate="%{y:.2f} % at %{x:g}",
        legendgroup=word,
    )
    lost = [row for row in rows if row.accuracy is None]
    crosses = go.Scatter(
        x=[row.config.learning_rate for row in lost],
        y=[foot] * len(lost),
        text=[f"no result ({row.state})" for row in lost],
        name=f"{word}, no result",
        mode="markers",
        marker={"symbol": "x-thin-open", "size": 10, "color": run_colour(colour)},
        hovertemplate="%{text} at %{x:g}",
        legendgroup=word,
    )
    return [line, marks, *([crosses] if lost else [])]


def parallel_figure(rows: Sequence[Tried], fields: Sequence[str]) -> go.Figure:
    """Return parallel coordinates: an axis a setting, the accuracy last, a line a run.

    Runs without a result have no line.
    """
    known = [row for row in rows if row.accuracy is not None]
    accuracies = [100 * (row.accuracy or 0.0) for row in known]
    axes = [_axis(field, [getattr(row.config, field) for row in known]) for field in fields]
    axes.append({"label": "read right, %", "values": accuracies, "tickformat": ".0f"})
    figure = go.Figure(
        go.Parcoords(
            dimensions=axes,
            line={
                "color": accuracies,
                "colorscale": _FROM_LOW_TO_HIGH,
                "showscale": True,
                "colorbar": {"title": {"text": "read right, %"}, "thickness": 12},
            },
        )
    )
    figure.update_layout(margin={"l": 60, "r": 12, "t": 60, "b": 24})
    return figure


def _axis(field: str, values: Sequence[Any]) -> dict[str, Any]:
    """Return one axis; choices, lists and empty values stand beside each other in their order."""
    label = field_title(field)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return _number_axis(field, label, np.array(values, dtype=np.float64))
    words = [value_word(field, value) for value in values]
    places = list(dict.fromkeys(words))
    return {
        "label": label,
        "values": [places.index(word) for word in words],
        "tickvals": list(range(len(places))),
        "ticktext": places,
    }


def _number_axis(field: str, label: str, values: Any) -> dict[str, Any]:
    distinct = sorted(set(values.tolist()))
    if field in _LOGARITHMIC and distinct[0] > 0:
        ticks, values = np.log10(distinct).tolist(), np.log10(values)
    else:
        ticks = distinct
    texts = [value_word(field, value) for value in distinct]
    return {"label": label, "values": values.tolist(), "tickvals": ticks, "ticktext": texts}
