"""The curves of the Compare page: loss and accuracy of runs, or of the means of their seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.analysis.sides import side_names, sides
from core.runs.records import Run
from core.ui.components import draw_chart
from core.ui.curve_controls import SPREAD_SENTENCES, CurveView
from core.ui.figures import Line, Metric, curve_figure, run_lines
from core.ui.services import services
from core.ui.side_lines import side_lines
from core.words import distinct_names

METRICS: Final[tuple[Metric, Metric]] = ("loss", "accuracy")
_HEIGHT: Final = 400
_BESIDE: Final = 3


@dataclass(frozen=True)
class _Shown:
    """What is drawn as one, under one title: a run, or the runs of a side."""

    key: str
    title: str
    loss: list[Line]
    accuracy: list[Line]

    def of(self, metric: Metric) -> list[Line]:
        return self.loss if metric == "loss" else self.accuracy


def draw_curves(runs: Sequence[Run], view: CurveView) -> None:
    """Draw loss and accuracy of all runs as `view` says."""
    shown = _shown(runs, view)
    begun = (
        ""
        if any(len(line.x) for one in shown for line in one.loss)
        else (" The curves begin with the first epoch.")
    )
    st.html(
        '<p class="dl-quiet">Dotted: on the training images, while learning. Solid: on images '
        f"that are not learned from.{begun}{_spread_sentence(shown, view)}</p>"
    )
    reach = _reach(runs, [line for one in shown for line in one.loss], view)
    if view.apart:
        _draw_apart(shown, view, reach)
    else:
        _draw_together(shown, view, reach)
    if any(run.config.watch == "test" for run in runs):
        st.html(
            '<p class="dl-quiet">“Test, watched” means that the recipe reads the test images '
            "after every epoch, as its article does. Choosing anything by that curve would make "
            "the test figures too good.</p>"
        )


def several_seeds(runs: Sequence[Run]) -> bool:
    """Tell whether any of `runs` differ in nothing but the seed."""
    return len(_sides(runs)) < len(runs)


def _sides(runs: Sequence[Run]) -> list[list[Run]]:
    by_id = {run.id: run for run in runs}
    together = sides({run.id: run.config for run in runs})
    return [[by_id[run_id] for run_id in ids] for ids in together]


def _shown(runs: Sequence[Run], view: CurveView) -> list[_Shown]:
    """Return what is drawn as one: a run, or the runs of a side."""
    names = distinct_names(runs)
    together = [[run] for run in runs] if view.seeds == "each" else _sides(runs)
    titles = side_names([[(run.name, names[run.id]) for run in side] for side in together])
    shown = []
    for title, side in zip(titles, together, strict=True):
        loss, accuracy = (
            side_lines(
                title,
                [(run, names[run.id], _lines(run, names[run.id], metric, view)) for run in side],
                view.spread,
                each=view.seeds == "both",
            )
            for metric in METRICS
        )
        shown.append(_Shown(side[0].id, title, loss, accuracy))
    return shown


def _spread_sentence(shown: Sequence[_Shown], view: CurveView) -> str:
    if all(line.spread is None for one in shown for line in one.loss + one.accuracy):
        return ""
    return (
        " Lines of several seeds are their mean, as far as all of them have come; the band is "
        f"{escape(SPREAD_SENTENCES[view.spread])}."
    )


def _draw_together(shown: Sequence[_Shown], view: CurveView, reach: float | None) -> None:
    for column, metric in zip(st.columns(2), METRICS, strict=True):
        with column:
            lines = [line for one in shown for line in one.of(metric)]
            title = "Loss" if metric == "loss" else "Accuracy"
            _chart(lines, metric, view, title, metric, None, reach)


def _draw_apart(shown: Sequence[_Shown], view: CurveView, reach: float | None) -> None:
    for metric in METRICS:
        every = [line for one in shown for line in one.of(metric)]
        limits = _limits(every, metric, log=view.log)
        for start in range(0, len(shown), _BESIDE):
            beside = shown[start : start + _BESIDE]
            columns = st.columns(min(_BESIDE, max(2, len(shown))))
            for column, one in zip(columns, beside, strict=False):
                with column:
                    key = f"{metric}_{one.key}"
                    _chart(one.of(metric), metric, view, one.title, key, limits, reach)


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


def _reach(runs: Sequence[Run], lines: Sequence[Line], view: CurveView) -> float | None:
    """Return where the horizontal axis ends, or None to let it follow the curves.

    Over epochs it is the whole way planned from the start: the curves grow into it and the axis
    stays. Charts side by side end alike, or they could not be compared.
    """
    seen = [float(line.x[-1]) for line in lines if len(line.x)]
    planned = [float(run.config.epochs) for run in runs if run.active]
    if view.axis == "epochs":
        return max(seen + planned, default=1.0)
    return max(seen, default=None) if view.apart else None


def _limits(lines: Sequence[Line], metric: Metric, *, log: bool) -> tuple[float, float] | None:
    """Return one vertical range for charts that stand side by side."""
    values = [part for line in lines for part in (line.smoothed, *(line.spread or ())) if len(part)]
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
    figure: go.Figure = curve_figure(
        lines, metric=metric, axis=view.axis, log=log, log_across=view.log_across
    )
    if reach is not None and not view.log_across:
        figure.update_xaxes(range=[0, reach * 1.02])
    if not any(len(line.x) for line in lines):
        limits = (0, 100) if metric == "accuracy" else (0.01, 2.5)
    if limits is not None:
        # On a logarithmic axis Plotly takes the exponents.
        low = max(limits[0], limits[1] / 10_000)
        figure.update_yaxes(range=np.log10([low, limits[1]]).tolist() if log else limits)
    label = f"Chart of {metric} over {view.axis}: " + ", ".join(line.label for line in lines)
    # The axis is part of the key: a zoom into epochs 3 to 5 means nothing in seconds.
    scales = f"{'log' if log else 'linear'}_{'log' if view.log_across else 'linear'}"
    draw_chart(figure, key=f"chart_{key}_{view.axis}_{scales}", height=_HEIGHT, label=label)
