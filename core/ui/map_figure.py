"""The figure of a map of test digits: a dot for each, a ring around those misread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.analysis.embedding import Embedding, Method, label_places
from core.config import CLASSES

# Ours: of all colours with 3 to 1 on the light and the dark page ten that eyes with full vision
# and without red, green or blue (Machado and others 2009) tell apart best; digits that are often
# mistaken for each other got those that differ most.
DIGIT_COLOURS: Final = (
    "#96695A",
    "#FF3CD2",
    "#C3873C",
    "#784BC3",
    "#879687",
    "#E10000",
    "#005AFF",
    "#0F7800",
    "#0096FF",
    "#B41E96",
)
MISREAD: Final = "read wrongly"
_AXES: Final[dict[Method, tuple[str, str]]] = {
    "pca": ("first direction (no unit)", "second direction (no unit)"),
    "tsne": ("across (no unit)", "up (no unit)"),
}
_FEW: Final = 600


@dataclass(frozen=True)
class MapDots:
    """What the dots of a map stand for, each `(N,)`: place in the test set, truth, answer.

    `sure` is the probability in [0, 1] that the run gave its answer.
    """

    indices: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    sure: npt.NDArray[np.float64]


def map_figure(embedding: Embedding, dots: MapDots, method: Method) -> go.Figure:
    """Return the map; each dot carries index, true digit, answer and how sure, in percent.

    Colours of text and ground are set in the browser, by the theme.
    """
    figure = go.Figure()
    size = 7 if len(dots.true) <= _FEW else 5
    for digit in range(CLASSES):
        own = dots.true == digit
        if own.any():
            marker = {"size": size, "color": DIGIT_COLOURS[digit], "opacity": 0.75}
            figure.add_trace(_dots(embedding, dots, own, str(digit), marker, f"{digit}"))
    wrong = dots.predicted != dots.true
    if wrong.any():
        ring = {"size": size + 5, "symbol": "circle-open", "line": {"width": 1.6}}
        figure.add_trace(_dots(embedding, dots, wrong, MISREAD, ring, "misread"))
    for digit, place in label_places(embedding.points, dots.true).items():
        figure.add_trace(_label(digit, place))
    across, up = _AXES[method]
    bare = {"showgrid": False, "showticklabels": False, "ticks": "", "zeroline": False}
    figure.update_layout(
        margin={"l": 30, "r": 8, "t": 8, "b": 30},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.01,
            "yanchor": "bottom",
            "itemsizing": "constant",
            "title": {"text": "true digit  "},
        },
        hovermode="closest",
        hoverdistance=24,
        xaxis={"title": {"text": across, "standoff": 4}, **bare},
        # One scale for both: only then does near on the page mean near on the map.
        yaxis={"title": {"text": up, "standoff": 4}, "scaleanchor": "x", **bare},
    )
    return figure


def _dots(
    embedding: Embedding,
    dots: MapDots,
    shown: npt.NDArray[np.bool_],
    name: str,
    marker: Mapping[str, object],
    kind: str,
) -> go.Scatter:
    # Numbers of few bytes: ten thousand dots go over the network.
    points = embedding.points[shown].astype(np.float32)
    percent = np.where(dots.sure >= 0.995, 100, np.rint(100 * dots.sure).clip(max=99))
    facts = np.column_stack([dots.indices, dots.true, dots.predicted, percent])[shown]
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        customdata=facts.astype(np.int32),
        name=name,
        meta=kind,
        legendgroup=kind,
        mode="markers",
        marker=dict(marker),
        hoverinfo="none",  # the browser shows the image instead
    )


def _label(digit: int, place: tuple[float, float]) -> go.Scatter:
    """Return a badge with the digit on its cluster: a second sign beside the colour."""
    across, up = place
    return go.Scatter(
        x=[across],
        y=[up],
        text=[str(digit)],
        name=f"label {digit}",
        meta=f"label-{digit}",
        legendgroup=f"{digit}",
        showlegend=False,
        mode="markers+text",
        textposition="middle center",
        textfont={"size": 14, "weight": "bold"},
        marker={"size": 22, "line": {"width": 2, "color": DIGIT_COLOURS[digit]}},
        hoverinfo="skip",
    )
