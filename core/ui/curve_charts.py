"""What the curves of the Compare page show: loss and accuracy of runs, or of means of seeds."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from core.analysis import wording
from core.analysis.sides import side_names, sides
from core.runs.records import Run
from core.runs.store import RunStore
from core.ui.curve_controls import SPREAD_SENTENCES, CurveView
from core.ui.figures import Drawing, Line, Metric, curve_drawing, run_lines
from core.ui.side_lines import side_lines
from core.words import distinct_names

METRICS: Final[tuple[Metric, Metric]] = ("loss", "accuracy")
_BESIDE: Final = 3
_APART: Final = 24  # runs with a chart of their own: more would keep a browser busy for long
_NAMED: Final = 40  # lines, in what a chart is called for those who cannot see it


@dataclass(frozen=True)
class CurveChart:
    """One chart: its `title` above, its `label` for those who cannot see it, what it draws."""

    key: str  # names it among all charts of all views: what it is of, its axis, its scales
    title: str
    label: str
    drawing: Drawing


@dataclass(frozen=True)
class CurveSection:
    """All curves of a view: a `note` on how to read them, and rows of charts side by side."""

    note: str
    rows: tuple[tuple[CurveChart, ...], ...]
    columns: int

    @property
    def charts(self) -> tuple[CurveChart, ...]:
        """All charts, row by row."""
        return tuple(chart for row in self.rows for chart in row)


@dataclass(frozen=True)
class _Shown:
    """What is drawn as one, under one title: a run, or the runs of a side."""

    key: str
    title: str
    loss: list[Line]
    accuracy: list[Line]

    def of(self, metric: Metric) -> list[Line]:
        return self.loss if metric == "loss" else self.accuracy


def curve_section(store: RunStore, runs: Sequence[Run], view: CurveView) -> CurveSection:
    """Return loss and accuracy of all `runs` as `view` says.

    Raises RunNotFoundError for a run that is gone.
    """
    shown = _shown(store, runs, view)
    reach = _reach(runs, [line for one in shown for line in one.loss], view)
    note = _note(shown, view)
    live = any(run.active for run in runs)
    chart = functools.partial(_chart, view=view, live=live, reach=reach)
    if not view.apart:
        charts = [
            chart([line for one in shown for line in one.of(metric)], metric) for metric in METRICS
        ]
        return CurveSection(note, (tuple(charts),), 2)
    rows: list[tuple[CurveChart, ...]] = []
    shown = shown[:_APART]
    for metric in METRICS:
        limits = _limits([line for one in shown for line in one.of(metric)], metric, log=view.log)
        charts = [chart(one.of(metric), metric, alone=one, limits=limits) for one in shown]
        rows += (tuple(charts[start : start + _BESIDE]) for start in range(0, len(charts), _BESIDE))
    return CurveSection(note, tuple(rows), min(_BESIDE, max(2, len(shown))))


def several_seeds(runs: Sequence[Run]) -> bool:
    """Tell whether any of `runs` differ in nothing but the seed."""
    return len(_sides(runs)) < len(runs)


def _sides(runs: Sequence[Run]) -> list[list[Run]]:
    by_id = {run.id: run for run in runs}
    together = sides({run.id: run.config for run in runs})
    return [[by_id[run_id] for run_id in ids] for ids in together]


def _shown(store: RunStore, runs: Sequence[Run], view: CurveView) -> list[_Shown]:
    """Return what is drawn as one: a run, or the runs of a side."""
    names = distinct_names(runs)
    together = [[run] for run in runs] if view.seeds == "each" else _sides(runs)
    titles = side_names([[(run.name, names[run.id]) for run in side] for side in together])
    shown = []
    for title, side in zip(titles, together, strict=True):
        lines = [_lines(store, run, names[run.id], view) for run in side]
        loss, accuracy = (
            side_lines(
                title,
                [(run, names[run.id], own[metric]) for run, own in zip(side, lines, strict=True)],
                view.spread,
                each=view.seeds == "both",
            )
            for metric in METRICS
        )
        shown.append(_Shown(side[0].id, title, loss, accuracy))
    return shown


def _lines(store: RunStore, run: Run, name: str, view: CurveView) -> dict[Metric, list[Line]]:
    needs_steps = view.axis != "epochs" and view.part != "validation"
    steps = store.steps(run.id) if needs_steps else pd.DataFrame()
    epochs = store.epochs(run.id)
    return {
        metric: run_lines(
            run,
            name,
            steps,
            epochs,
            metric=metric,
            axis=view.axis,
            part=view.part,
            smoothing=view.smoothing,
        )
        for metric in METRICS
    }


def _note(shown: Sequence[_Shown], view: CurveView) -> str:
    note = (
        "Dotted: on the training images, while learning. Solid: on images that are not learned "
        "from."
    )
    if not any(len(line.x) for one in shown for line in one.loss):
        note += " The curves begin with the first epoch."
    if len(shown) > _APART:
        note += (
            f" The first {_APART} of {len(shown)} are shown, each in charts of its own."
            if view.apart
            else " Point at a line to see whose it is."
        )
    if any(line.spread is not None for one in shown for line in one.loss + one.accuracy):
        note += (
            " Lines of several seeds are their mean, as far as all of them have come; the band is "
            f"{SPREAD_SENTENCES[view.spread]}."
        )
    return note


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
    *,
    view: CurveView,
    live: bool,
    reach: float | None,
    alone: _Shown | None = None,
    limits: tuple[float, float] | None = None,
) -> CurveChart:
    log = view.log and metric == "loss"
    drawing = curve_drawing(
        lines, metric=metric, axis=view.axis, log=log, log_across=view.log_across, live=live
    )
    across: dict[str, Any] = drawing.layout["xaxis"]
    if reach is not None and not view.log_across:
        across["range"] = [0, reach * 1.02]
    if not any(len(line.x) for line in lines):
        limits = (0, 100) if metric == "accuracy" else (0.01, 2.5)
    if limits is not None:
        # On a logarithmic axis Plotly takes the exponents.
        low = max(limits[0], limits[1] / 10_000)
        drawing.layout["yaxis"]["range"] = (
            np.log10([low, limits[1]]).tolist() if log else list(limits)
        )
    # The axis is part of the key: a zoom into epochs 3 to 5 means nothing in seconds.
    scales = f"{'log' if log else 'linear'}_{'log' if view.log_across else 'linear'}"
    what = metric if alone is None else f"{metric}_{alone.key}"
    return CurveChart(
        key=f"{what}_{view.axis}_{scales}",
        title=alone.title if alone else metric.capitalize(),
        label=f"Chart of {metric} over {view.axis}: "
        + wording.joined([line.label for line in lines], _NAMED),
        drawing=drawing,
    )
