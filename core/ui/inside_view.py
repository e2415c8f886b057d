"""What happens inside a training, on the Compare page: steps, speed and each layer's figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import numpy as np
import pandas as pd
import streamlit as st

from core import words
from core.analysis.curves import curve, smooth
from core.runs.records import Run
from core.runs.store import RunStore
from core.ui.components import draw_chart
from core.ui.figures import AXIS_TITLES, Line, history_figure
from core.ui.pieces import draw_table, named
from core.ui.services import services

_HEIGHT: Final = 310
_BESIDE: Final = 3
# Gradients of single batches jump; few points are better seen as they are.
_SMOOTHING: Final = 0.9
_FEW: Final = 100
# All layers of a run have its colour; these tell them apart.
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
OLDER: Final = "not recorded in this run (it was trained by an older version)"


@dataclass(frozen=True)
class _Record:
    """One thing that runs record: where it stands, and how it is shown and explained."""

    title: str
    column: str
    up: str  # title of the vertical axis, with its unit
    sentence: str
    log: bool = False
    axis: Literal["steps", "epochs"] = "epochs"
    factor: float = 1.0


_RECORDS: Final = (
    _Record(
        "Learning rate",
        "learning_rate",
        "learning rate",
        "The factor that sets how large each correction is. A schedule changes it on the way.",
        axis="steps",
    ),
    _Record(
        "Pull of the loss (gradient norm)",
        "gradient_norm",
        "gradient norm",
        "How strongly the loss pulls at all weights together, before any limit (clipping). "
        "Single jumps are normal; a steady rise warns of a learning rate that is too high.",
        log=True,
        axis="steps",
    ),
    _Record(
        "Speed",
        "images_per_second",
        "images per second",
        "How many images went through in a second of learning. It depends on the machine and on "
        "what else ran there.",
    ),
    _Record(
        "Size of the weights (weight norm)",
        "weight_norm",
        "weight norm",
        "The length of all weights taken as one arrow. It grows as a run learns; weight decay "
        "holds it down.",
    ),
)
_LAYER_RECORDS: Final = {
    "update_ratio": _Record(
        "update-to-weight ratio",
        "update_ratio",
        "update-to-weight ratio",
        "How far one correction moved the weights of a layer, measured by their size. About 0.001 "
        "is usual; far less and the layer hardly learns, far more and it jumps about.",
        log=True,
    ),
    "gradient_norm": _Record(
        "gradient norm",
        "gradient_norm",
        "gradient norm",
        "How strongly the loss pulls at a layer, after any limit (clipping). Where it is far "
        "smaller in the first layers than in the last, the first ones hardly learn (vanishing "
        "gradients).",
        log=True,
    ),
    "dead_share": _Record(
        "dead ReLU units",
        "dead_share",
        "dead units, %",
        "The share of a layer's units that answer 0 to all of 500 training images. They hardly "
        "learn any more: article 1 warns of such dying ReLUs. Too high a learning rate is a "
        "usual cause.",
        factor=100,
    ),
}


@dataclass(frozen=True)
class Recorded:
    """What one run has recorded of its training, under the name it has on the page."""

    run: Run
    name: str
    steps: pd.DataFrame
    epochs: pd.DataFrame
    layers: pd.DataFrame

    @property
    def missing(self) -> str:
        """Say why there is nothing of this run to show; empty where there is something."""
        tables = ((self.steps, "learning_rate"), (self.epochs, "weight_norm"))
        if len(self.layers) or any(table[column].notna().any() for table, column in tables):
            return ""
        older = len(self.steps) or len(self.epochs)
        return OLDER if older else "nothing recorded so far"


def read_recorded(store: RunStore, runs: Sequence[Run]) -> list[Recorded]:
    """Read what `runs` have recorded. Raises RunNotFoundError for one that is gone."""
    names = words.distinct_names(runs)
    return [
        Recorded(
            run,
            names[run.id],
            store.steps(run.id),
            store.epochs(run.id),
            store.layers(run.id),
        )
        for run in runs
    ]


def layer_table(of_run: Recorded) -> pd.DataFrame:
    """Return the figures of each layer with weights after the last epoch, in words.

    One row a layer, under its name; no rows where none were recorded.
    """
    layers = of_run.layers
    last = layers[layers["epoch"] == layers["epoch"].max()].sort_values("layer")
    names = words.weighted_layers(of_run.run.config)
    return pd.DataFrame(
        {
            title: [words.layer_figure(column, value) for value in last[column]]
            for column, title in words.LAYER_FIGURES.items()
        },
        index=pd.Index([_layer_name(names, number) for number in last["layer"]]),
        dtype=object,
    )


def draw_inside(runs: Sequence[Run]) -> None:
    """Draw the section, closed at first; nothing is read before somebody opens it."""
    section = st.expander("Inside the training", key="inside_training", on_change="rerun")
    if not section.open:
        return
    with section:
        found = read_recorded(services().store, runs)
        _draw_missing(found)
        shown = [of_run for of_run in found if not of_run.missing]
        if not shown:
            return
        for start in range(0, len(_RECORDS), 2):
            for column, record in zip(st.columns(2), _RECORDS[start : start + 2], strict=True):
                with column:
                    lines = [line for of_run in shown for line in _lines(of_run, record)]
                    _chart(record.title, record, lines, f"inside_{record.column}")
                    st.html(f'<p class="dl-quiet">{escape(record.sentence)}</p>')
        _draw_layers([of_run for of_run in shown if len(of_run.layers)])


def _draw_missing(found: Sequence[Recorded]) -> None:
    for of_run in found:
        if of_run.missing:
            st.html(f'<p class="dl-quiet">{named(of_run.run, of_run.name)}: {of_run.missing}.</p>')


def _lines(of_run: Recorded, record: _Record) -> list[Line]:
    table = of_run.steps if record.axis == "steps" else of_run.epochs
    across, up = curve(table, record.axis, record.column)
    noisy = record.log and len(up) > _FEW
    smoothed = smooth(up, _SMOOTHING if noisy else 0.0)
    return [Line(of_run.name, of_run.run.info.colour, False, across, up, smoothed)]


def layer_lines(of_run: Recorded, column: str, factor: float = 1.0) -> list[Line]:
    """Return one line over the epochs for each layer that has figures in `column`."""
    names = words.weighted_layers(of_run.run.config)
    lines = []
    for number, table in of_run.layers.groupby("layer"):
        across, up = curve(table, "epochs", column)
        if not len(up):
            continue
        place = int(str(number))
        lines.append(
            Line(
                _layer_name(names, place),
                of_run.run.info.colour,
                False,
                across,
                factor * up,
                factor * up,
                _DASHES[(place - 1) % len(_DASHES)],
            )
        )
    return lines


def why_no_lines(of_run: Recorded, column: str) -> str:
    """Say why a run whose layers were recorded has no figures in `column`."""
    if column == "dead_share":
        return "it has no ReLU units"
    if column == "update_ratio" and of_run.layers["weight_norm"].notna().any():
        return "its weights are all 0, so there is nothing to measure by"
    return "none of its figures was a finite number"


def _layer_name(names: Sequence[str], number: int) -> str:
    return names[number - 1] if 1 <= number <= len(names) else str(number)


def _draw_layers(shown: Sequence[Recorded]) -> None:
    if not shown:
        st.html('<p class="dl-quiet">The figures of each layer begin with the first epoch.</p>')
        return
    column = st.segmented_control(
        "Layer by layer",
        list(_LAYER_RECORDS),
        default="update_ratio",
        format_func=lambda name: _LAYER_RECORDS[name].title,
        key="inside_layers",
        required=True,
    )
    record = _LAYER_RECORDS[column or "update_ratio"]
    st.html(f'<p class="dl-quiet">{escape(record.sentence)}</p>')
    lines = [layer_lines(of_run, record.column, record.factor) for of_run in shown]
    limits = _limits([line for of_run in lines for line in of_run], log=record.log)
    for start in range(0, len(shown), _BESIDE):
        columns = st.columns(min(_BESIDE, max(2, len(shown))))
        beside = list(zip(shown, lines, strict=True))[start : start + _BESIDE]
        for place, (of_run, own) in zip(columns, beside, strict=False):
            with place:
                _draw_run_layers(of_run, own, record, limits)


def _draw_run_layers(
    of_run: Recorded,
    lines: Sequence[Line],
    record: _Record,
    limits: tuple[float, float] | None,
) -> None:
    if lines:
        key = f"inside_{record.column}_{of_run.run.id}"
        _chart(of_run.name, record, lines, key, limits)
    else:
        why = why_no_lines(of_run, record.column)
        st.html(f'<p class="dl-quiet">{named(of_run.run, of_run.name)}: {why}.</p>')
    last = int(of_run.layers["epoch"].max())
    st.html(f'<p class="dl-quiet">After epoch {last}:</p>')
    draw_table(layer_table(of_run))


def _limits(lines: Sequence[Line], *, log: bool) -> tuple[float, float] | None:
    """Return one vertical range for the charts of all runs, or they could not be compared."""
    values = np.concatenate([line.raw for line in lines]) if lines else np.array([])
    if not log:
        return (0.0, 1.05 * max(float(values.max(initial=0.0)), 1.0))
    values = values[values > 0]
    if not len(values):
        return None
    # On a logarithmic axis Plotly takes the exponents.
    low, high = np.log10([values.min(), values.max()])
    margin = max(0.05 * (high - low), 0.1)
    return (float(low - margin), float(high + margin))


def _chart(
    title: str,
    record: _Record,
    lines: Sequence[Line],
    key: str,
    limits: tuple[float, float] | None = None,
) -> None:
    st.html(f'<h3 class="dl-chart-title">{escape(title)}</h3>')
    figure = history_figure(
        lines,
        across=AXIS_TITLES[record.axis],
        up=record.up,
        log=record.log,
        from_zero=not record.log,
    )
    if limits is not None:
        figure.update_yaxes(range=limits)
    drawn = ", ".join(line.label for line in lines)
    of = "" if title == record.title else f", {title}"
    label = f"Chart of {record.up} over {record.axis}{of}: {drawn}"
    draw_chart(figure, key=key, height=_HEIGHT, label=label)
