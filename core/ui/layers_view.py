"""What runs record of each layer, on the Compare page."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core import words
from core.analysis.curves import curve
from core.ui.figures import Line
from core.ui.pieces import draw_table, named
from core.ui.recorded import Record, Recorded, draw_record

_BESIDE: Final = 3
# All layers of a run have its colour; these tell them apart.
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_LAYER_RECORDS: Final = {
    "update_ratio": Record(
        "update-to-weight ratio",
        "update_ratio",
        "update-to-weight ratio",
        "How far one correction moved the weights of a layer, measured by their size. About 0.001 "
        "is usual; far less and the layer hardly learns, far more and it jumps about.",
        log=True,
    ),
    "gradient_norm": Record(
        "gradient norm",
        "gradient_norm",
        "gradient norm",
        "How strongly the loss pulls at a layer, after any limit (clipping). Where it is far "
        "smaller in the first layers than in the last, the first ones hardly learn (vanishing "
        "gradients).",
        log=True,
    ),
    "dead_share": Record(
        "dead ReLU units",
        "dead_share",
        "dead units, %",
        "The share of a layer's units that answer 0 to all of 500 training images. They hardly "
        "learn any more: article 1 warns of such dying ReLUs. Too high a learning rate is a "
        "usual cause.",
        factor=100,
    ),
}


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


def draw_layers(shown: Sequence[Recorded]) -> None:
    """Draw one kind of figure of all layers, a chart a run on one scale."""
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
    record: Record,
    limits: tuple[float, float] | None,
) -> None:
    if lines:
        key = f"inside_{record.column}_{of_run.run.id}"
        draw_record(of_run.name, record, lines, key, limits)
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
