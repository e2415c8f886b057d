"""What the controls above the curves ask for, each tied to the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

import streamlit as st

from core.analysis.bands import Spread
from core.ui.figures import Axis, Part
from core.ui.linked_controls import draw_segments, draw_select

Seeds: TypeAlias = Literal["mean", "both", "each"]

_PARTS: Final = {"both": "both", "train": "training", "validation": "validation"}
_AXES: Final = {"epochs": "epochs", "steps": "steps", "images": "images", "seconds": "seconds"}
_LAYOUTS: Final = {"together": "in one chart", "apart": "side by side"}
_SMOOTHINGS: Final = {"0": "none", "0.6": "a little", "0.9": "more", "0.97": "strong"}
_SCALES: Final = {"linear": "linear", "log": "log"}
_SEEDS: Final = {"mean": "mean", "both": "mean and each", "each": "each"}
_SPREADS: Final = {
    "interval": "95 % interval of the mean",
    "error": "± standard error",
    "deviation": "± standard deviation",
    "range": "lowest to highest",
}
SPREAD_SENTENCES: Final[Mapping[Spread, str]] = {
    "interval": "where the mean over all seeds would most likely lie (95 % t interval; Student "
    "1908)",
    "error": "one standard error of the mean to each side",
    "deviation": "one standard deviation of the runs to each side",
    "range": "from the lowest to the highest run",
}


@dataclass(frozen=True)
class CurveView:
    """What the controls above the curves ask for."""

    part: Part
    axis: Axis
    apart: bool
    log: bool
    log_across: bool
    smoothing: float
    seeds: Seeds = "each"
    spread: Spread = "interval"


def draw_curve_controls(*, seeds: bool) -> CurveView:
    """Draw the controls and return what they say; those of `seeds` where runs share a side."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        part = draw_segments(
            "part",
            "Images",
            _PARTS,
            "both",
            "Training images are learned from; "
            "validation images are only looked at, so they show real progress.",
        )
        axis = draw_segments(
            "axis",
            "Along",
            _AXES,
            "epochs",
            "Epochs: how often all images were gone through. Steps: corrections. Images: how many "
            "were seen, each counted as often as it came. Seconds: time spent training.",
        )
        layout = draw_segments(
            "layout",
            "Runs",
            _LAYOUTS,
            "together",
            "All runs in one chart, or each in its own on the same scale.",
        )
        smoothing = _draw_smoothing(axis)
        log = draw_segments(
            "scale",
            "Loss scale",
            _SCALES,
            "linear",
            "A logarithmic scale shows small losses apart.",
        )
        across = draw_segments(
            "across",
            "Scale along",
            _SCALES,
            "linear",
            "A logarithmic scale gives the first moments more room: from 1 to 10 it is as far as "
            "from 10 to 100.",
        )
        several, spread = _draw_seed_controls() if seeds else ("each", "interval")
    return CurveView(
        cast(Part, part),
        cast(Axis, axis),
        layout == "apart",
        log == "log",
        across == "log",
        smoothing,
        cast(Seeds, several),
        cast(Spread, spread),
    )


def _draw_smoothing(axis: str) -> float:
    # Losses of single batches jump; means of whole epochs do not.
    usual = "0" if axis == "epochs" else "0.9"
    chosen = draw_select(
        "smooth",
        "Smoothing",
        _SMOOTHINGS,
        usual,
        "Averages neighbouring points (exponential moving average); the raw line stays "
        "faint behind. Figures in words never use it.",
        width=140,
    )
    return float(chosen)


def _draw_seed_controls() -> tuple[str, str]:
    several = draw_segments(
        "seeds",
        "Runs that differ in the seed alone",
        _SEEDS,
        "mean",
        "As one line, the mean of all with a band around it, or each as a line of its own.",
    )
    if several == "each":
        return several, "interval"
    spread = draw_select(
        "spread", "Band", _SPREADS, "interval", "How far the runs lie from their mean.", width=230
    )
    return several, spread
