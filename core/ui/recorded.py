"""What runs record of their training, and how one such thing is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import pandas as pd
import streamlit as st

from core import words
from core.analysis.curves import watched_columns
from core.runs.records import Run
from core.runs.store import RunStore
from core.ui.components import draw_chart
from core.ui.figures import AXIS_TITLES, Line, history_figure

OLDER: Final = "not recorded in this run (it was trained by an older version)"
GAP: Final = "gap"
_HEIGHT: Final = 310


@dataclass(frozen=True)
class Record:
    """One thing that runs record: where it stands, and how it is shown and explained."""

    title: str
    column: str
    up: str  # title of the vertical axis, with its unit
    sentence: str
    log: bool = False
    axis: Literal["steps", "epochs"] = "epochs"
    factor: float = 1.0
    signed: bool = False  # below 0 too


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
            with_gap(store.epochs(run.id)),
            store.layers(run.id),
        )
        for run in runs
    ]


def with_gap(epochs: pd.DataFrame) -> pd.DataFrame:
    """Return `epochs` with the column "gap": training minus watched accuracy, in points.

    That is the generalisation gap, NaN where nothing was watched.
    """
    watched = watched_columns(epochs)
    gap = pd.Series(float("nan"), index=epochs.index)
    if watched is not None:
        gap = 100 * (epochs["train_accuracy"] - epochs[watched[1]])
    return epochs.assign(**{GAP: gap})


def draw_record(
    title: str,
    record: Record,
    lines: Sequence[Line],
    key: str,
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw one chart of `lines`, with the same vertical range as others where `limits` is given."""
    st.html(f'<h3 class="dl-chart-title">{escape(title)}</h3>')
    figure = history_figure(
        lines,
        across=AXIS_TITLES[record.axis],
        up=record.up,
        log=record.log,
        from_zero=not record.log and not record.signed,
    )
    if limits is not None:
        figure.update_yaxes(range=limits)
    drawn = ", ".join(line.label for line in lines)
    of = "" if title == record.title else f", {title}"
    label = f"Chart of {record.up} over {record.axis}{of}: {drawn}"
    draw_chart(figure, key=key, height=_HEIGHT, label=label)
