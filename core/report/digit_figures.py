"""Figures of how well each digit is read, and of how far percentages can be believed."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.calibration import Calibration
from core.analysis.checks import Numbers
from core.analysis.sides import one_of_each_first
from core.config import CLASSES, RunConfig
from core.palette import run_colour, run_dash, run_symbol

# A second sign beside colour, for eyes or printers that see none.
PATTERNS: Final = ("", "/", "x", ".", "-", "\\", "+", "|")
_HALF_WAY: Final = "#808080"  # readable on the light and the dark page
_LEGEND: Final = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
MOST_INTERVALS: Final = 4  # more of them hide the lines
MOST_DRAWN: Final = 20  # bars or lines beside each other that an eye may still tell apart


def drawn_runs(configs: Mapping[str, RunConfig]) -> tuple[set[str], str]:
    """Return the keys of the runs that a figure has room for, and which they are where not all.

    Rather one of each kind than many seeds of one.
    """
    order = one_of_each_first(configs)
    if len(order) <= MOST_DRAWN:
        return set(order), ""
    which = f"Drawn are {MOST_DRAWN} of the {len(order)} runs, one of each kind first."
    return set(order[:MOST_DRAWN]), which


def run_patterns(colours: Sequence[int]) -> list[str]:
    """Return the pattern of each run's bars, by its place in the palette.

    No two are alike as long as there are patterns left, whatever colours the runs have.
    """
    chosen: list[str] = []
    for colour in colours:
        own = colour + colour // len(PATTERNS)
        order = [PATTERNS[(own + step) % len(PATTERNS)] for step in range(len(PATTERNS))]
        chosen.append(next((pattern for pattern in order if pattern not in chosen), order[0]))
    return chosen


def per_digit_figure(
    scores: Sequence[tuple[str, int, Numbers]], *, up: str, close: bool
) -> go.Figure:
    """Return bars of one score, in [0, 1], for each digit and run.

    `scores` holds each run's name, place in the palette and (10,) figures; `up` titles the
    vertical axis. `close` lets it begin just below the lowest bar instead of at 0.
    """
    figure = go.Figure()
    patterns = run_patterns([colour for _, colour, _ in scores])
    for (name, colour, values), pattern in zip(scores, patterns, strict=True):
        figure.add_trace(
            go.Bar(
                x=list(range(CLASSES)),
                y=[None if np.isnan(value) else float(100 * value) for value in values],
                name=escape(name),  # Plotly reads tags in it
                marker=_bar(colour, pattern),
                hovertemplate="%{y:.1f} %",
            )
        )
    low = _round_below([values for _, _, values in scores]) if close else 0.0
    title = f"{up}; the axis begins at {low:.0f}" if low else up
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        legend=_LEGEND,
        hovermode="x unified",
        showlegend=True,
        xaxis={"title": {"text": "digit"}, "tickvals": list(range(CLASSES)), "showgrid": False},
        yaxis={"title": {"text": title}, "range": [low, 100 if low else 102]},
    )
    return figure


def reliability_figure(found: Sequence[tuple[str, int, Calibration]]) -> go.Figure:
    """Return the reliability diagram of runs, and below it how many answers each bin holds.

    `found` holds each run's name, place in the palette and answers in bins.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.74, 0.26], vertical_spacing=0.08
    )
    figure.add_trace(_diagonal(), row=1, col=1)
    patterns = run_patterns([colour for _, colour, _ in found])
    for (name, colour, bins), pattern in zip(found, patterns, strict=True):
        intervals = len(found) <= MOST_INTERVALS
        figure.add_trace(_reliability(name, colour, bins, intervals=intervals), row=1, col=1)
        figure.add_trace(_amounts(name, colour, bins, pattern), row=2, col=1)
    figure.update_layout(
        barmode="group",
        bargap=0.15,
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        legend=_LEGEND,
        hovermode="closest",
        xaxis={"range": [0, 101.5]},
        xaxis2={"range": [0, 101.5], "title": {"text": "how sure it said it was, %"}},
        yaxis={"range": [0, 103], "title": {"text": "how often it was right, %"}},
        yaxis2={"title": {"text": "answers, %"}, "rangemode": "tozero"},
    )
    return figure


def _bar(colour: int, pattern: str) -> dict[str, Any]:
    shade = run_colour(colour)
    # Drawn in the run's colour on the page's ground, with the same edge: seen on light and dark.
    shape = {"shape": pattern, "fillmode": "replace", "fgcolor": shade, "size": 7, "solidity": 0.4}
    return {"color": shade, "pattern": shape, "line": {"color": shade, "width": 1}}


def _round_below(values: Sequence[Numbers]) -> float:
    """Return in percent the multiple of 5 that leaves the lowest figure a visible bar."""
    known = np.concatenate(values)
    known = known[~np.isnan(known)]
    if not len(known):
        return 0.0
    lowest = 100 * float(known.min())
    return max(0.0, 5 * float(np.floor((lowest - 1) / 5)))


def _diagonal() -> go.Scatter:
    return go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="as often right as it said",
        line={"color": _HALF_WAY, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )


def _reliability(name: str, colour: int, bins: Calibration, *, intervals: bool) -> go.Scatter:
    places = np.flatnonzero(bins.counts)
    share = bins.accuracy[places]
    ends = [bins.interval(int(place)) for place in places]
    spread = {
        "type": "data",
        "symmetric": False,
        "array": [100 * (high - own) for own, (_, high) in zip(share, ends, strict=True)],
        "arrayminus": [100 * (own - low) for own, (low, _) in zip(share, ends, strict=True)],
        "thickness": 1,
        "width": 3,
    }
    words = [
        f"said {100 * bins.confidence[place]:.1f} %, right {100 * own:.1f} % "
        f"({bins.right[place]:,} of {bins.counts[place]:,})"
        f"<br>95 %: {100 * low:.1f} to {100 * high:.1f} %"
        for place, own, (low, high) in zip(places, share, ends, strict=True)
    ]
    return go.Scatter(
        x=(100 * bins.confidence[places]).tolist(),
        y=(100 * share).tolist(),
        mode="lines+markers",
        name=escape(name),
        legendgroup=name,
        marker={"symbol": run_symbol(colour), "size": 9},
        line={"color": run_colour(colour), "width": 2.5, "dash": run_dash(colour)},
        error_y=spread if intervals else None,
        hovertext=words,
        hovertemplate="%{hovertext}",
    )


def _amounts(name: str, colour: int, bins: Calibration, pattern: str) -> go.Bar:
    width = 100 / len(bins.counts)
    return go.Bar(
        x=[width * (place + 0.5) for place in range(len(bins.counts))],
        y=(100 * bins.counts / max(1, bins.total)).tolist(),
        name=escape(name),
        legendgroup=name,
        showlegend=False,
        marker=_bar(colour, pattern),
        hovertext=[f"{count:,} answers" for count in bins.counts],
        hovertemplate="%{y:.1f} % (%{hovertext})",
    )
