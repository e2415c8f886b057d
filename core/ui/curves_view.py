"""The curves of the Compare page and the controls above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, cast

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.runs.records import Run
from core.ui.components import draw_chart
from core.ui.figures import Axis, Line, Metric, Part, curve_figure, run_lines
from core.ui.links import linked, write_link
from core.ui.services import services
from core.words import distinct_names

_PARTS: Final = {"both": "both", "train": "training", "validation": "validation"}
_AXES: Final = {"epochs": "epochs", "steps": "steps", "seconds": "seconds"}
_LAYOUTS: Final = {"together": "in one chart", "apart": "side by side"}
_SMOOTHINGS: Final = {"0": "none", "0.6": "a little", "0.9": "more", "0.97": "strong"}
_HEIGHT: Final = 400
_BESIDE: Final = 3


@dataclass(frozen=True)
class CurveView:
    """What the controls above the curves ask for."""

    part: Part
    axis: Axis
    apart: bool
    log: bool
    smoothing: float


def draw_curve_controls() -> CurveView:
    """Draw the controls, each tied to the address, and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        part = _segments(
            "part",
            "Images",
            _PARTS,
            "both",
            "Training images are learned from; "
            "validation images are only looked at, so they show real progress.",
        )
        axis = _segments(
            "axis",
            "Along",
            _AXES,
            "epochs",
            "Epochs: how often all images were "
            "gone through. Steps: corrections. Seconds: time spent training.",
        )
        layout = _segments(
            "layout",
            "Runs",
            _LAYOUTS,
            "together",
            "All runs in one chart, or each in its own on the same scale.",
        )
        # Losses of single batches jump; means of whole epochs do not.
        usual = "0" if axis == "epochs" else "0.9"
        smoothing = st.selectbox(
            "Smoothing",
            list(_SMOOTHINGS),
            key=linked("smooth", list(_SMOOTHINGS), usual),
            format_func=lambda value: _SMOOTHINGS[value],
            on_change=write_link,
            args=("smooth", usual),
            width=140,
            help="Averages neighbouring points (exponential moving average); the raw line stays "
            "faint behind. Figures in words never use it.",
        )
        log = _segments(
            "scale",
            "Loss scale",
            {"linear": "linear", "log": "log"},
            "linear",
            "A logarithmic scale shows small losses apart.",
        )
    return CurveView(
        cast(Part, part), cast(Axis, axis), layout == "apart", log == "log", float(smoothing)
    )


def draw_curves(runs: Sequence[Run], view: CurveView) -> None:
    """Draw loss and accuracy of all runs as `view` says."""
    metrics: tuple[Metric, ...] = ("loss", "accuracy")
    names = distinct_names(runs)
    lines = {
        metric: [_lines(run, names[run.id], metric, view) for run in runs] for metric in metrics
    }
    begun = "" if _has_points(lines["loss"]) else " The curves begin with the first epoch."
    st.html(
        '<p class="dl-quiet">Dotted: on the training images, while learning. Solid: on images '
        f"that are not learned from.{begun}</p>"
    )
    reach = _reach(runs, lines["loss"], view)
    if view.apart:
        for metric in metrics:
            limits = _limits(lines[metric], metric, log=view.log)
            for start in range(0, len(runs), _BESIDE):
                beside = list(zip(runs, lines[metric], strict=True))[start : start + _BESIDE]
                columns = st.columns(min(_BESIDE, max(2, len(runs))))
                for column, (run, of_run) in zip(columns, beside, strict=False):
                    with column:
                        key = f"{metric}_{run.id}"
                        _chart(of_run, metric, view, names[run.id], key, limits, reach)
    else:
        for column, metric in zip(st.columns(2), metrics, strict=True):
            with column:
                all_lines = [line for of_run in lines[metric] for line in of_run]
                title = "Loss" if metric == "loss" else "Accuracy"
                _chart(all_lines, metric, view, title, metric, None, reach)
    if any(run.config.watch == "test" for run in runs):
        st.html(
            '<p class="dl-quiet">“Test, watched” means that the recipe reads the test images '
            "after every epoch, as its article does. Choosing anything by that curve would make "
            "the test figures too good.</p>"
        )


def _segments(name: str, label: str, options: dict[str, str], default: str, help_text: str) -> str:
    chosen = st.segmented_control(
        label,
        list(options),
        key=linked(name, list(options), default),
        format_func=lambda value: options[value],
        on_change=write_link,
        args=(name, default),
        required=True,
        help=help_text,
    )
    return chosen or default


def _lines(run: Run, name: str, metric: Metric, view: CurveView) -> list[Line]:
    store = services().store
    needs_steps = metric == "loss" and view.axis != "epochs" and view.part != "validation"
    epochs = store.epochs(run.id)
    return run_lines(
        run,
        name,
        store.steps(run.id) if needs_steps else pd.DataFrame(),
        epochs,
        metric=metric,
        axis=view.axis,
        part=view.part,
        smoothing=view.smoothing,
    )


def _has_points(lines: Sequence[Sequence[Line]]) -> bool:
    return any(len(line.x) for of_run in lines for line in of_run)


def _reach(runs: Sequence[Run], lines: Sequence[Sequence[Line]], view: CurveView) -> float | None:
    """Return where the horizontal axis ends, or None to let it follow the curves.

    Over epochs it is the whole way planned from the start: the curves grow into it and the axis
    stays. Charts side by side end alike, or they could not be compared.
    """
    seen = [float(line.x[-1]) for of_run in lines for line in of_run if len(line.x)]
    planned = [float(run.config.epochs) for run in runs if run.active]
    if view.axis == "epochs":
        return max(seen + planned, default=1.0)
    return max(seen, default=None) if view.apart else None


def _limits(
    lines: Sequence[Sequence[Line]], metric: Metric, *, log: bool
) -> tuple[float, float] | None:
    """Return one vertical range for charts that stand side by side."""
    values = [line.smoothed for of_run in lines for line in of_run if len(line.smoothed)]
    if not values:
        return None
    joined = np.concatenate(values)
    low, high = float(np.nanmin(joined)), float(np.nanmax(joined))
    margin = 0.05 * (high - low) or 0.1
    if metric == "loss":
        # 0 on a linear axis; on a logarithmic one the lowest loss there is.
        return (low * 0.9 if log else 0.0, high + margin)
    return (max(0.0, low - margin), high + margin)


def _chart(
    lines: Sequence[Line],
    metric: Metric,
    view: CurveView,
    title: str,
    key: str,
    limits: tuple[float, float] | None,
    reach: float | None,
) -> None:
    log = view.log and metric == "loss"
    st.html(f'<h3 class="dl-chart-title">{escape(title)}</h3>')
    figure: go.Figure = curve_figure(lines, metric=metric, axis=view.axis, log=log)
    if reach is not None:
        figure.update_xaxes(range=[0, reach * 1.02])
    if not any(len(line.x) for line in lines):
        limits = (0, 100) if metric == "accuracy" else (0.01, 2.5)
    if limits is not None:
        # On a logarithmic axis Plotly takes the exponents.
        low = max(limits[0], limits[1] / 10_000)
        figure.update_yaxes(range=np.log10([low, limits[1]]).tolist() if log else limits)
    label = f"Chart of {metric} over {view.axis}: " + ", ".join(line.label for line in lines)
    # The axis is part of the key: a zoom into epochs 3 to 5 means nothing in seconds.
    scale = "log" if log else "linear"
    draw_chart(figure, key=f"chart_{key}_{view.axis}_{scale}", height=_HEIGHT, label=label)
