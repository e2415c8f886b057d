"""What happens inside a training, on the Compare page: steps, speed and each layer's figures."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st

from core.analysis.curves import curve, smooth
from core.runs.records import Run
from core.ui.figures import Line
from core.ui.folds import draw_fold
from core.ui.layers_view import draw_layers
from core.ui.pieces import named
from core.ui.recorded import GAP, Record, Recorded, draw_record, read_recorded
from core.ui.services import services

# Gradients of single batches jump; few points are better seen as they are.
_SMOOTHING: Final = 0.9
_FEW: Final = 100

_RECORDS: Final = (
    Record(
        "Learning by heart (generalisation gap)",
        GAP,
        "gap in accuracy, points",
        "How much better a run reads the images it learns from than others. A gap that grows while "
        "the others get no better is learning by heart (overfitting). Below 0 is usual early on "
        "and with dropout, which makes only the learning harder.",
        signed=True,
    ),
    Record(
        "Learning rate",
        "learning_rate",
        "learning rate",
        "The factor that sets how large each correction is. A schedule changes it on the way.",
        axis="steps",
    ),
    Record(
        "Pull of the loss (gradient norm)",
        "gradient_norm",
        "gradient norm",
        "How strongly the loss pulls at all weights together, before any limit (clipping). "
        "Single jumps are normal; a steady rise warns of a learning rate that is too high.",
        log=True,
        axis="steps",
    ),
    Record(
        "Speed",
        "images_per_second",
        "images per second",
        "How many images went through in a second of learning. It depends on the machine and on "
        "what else ran there.",
    ),
    Record(
        "Size of the weights (weight norm)",
        "weight_norm",
        "weight norm",
        "The length of all weights taken as one arrow. It grows as a run learns; weight decay "
        "holds it down.",
    ),
)


def draw_inside(draw_live: Callable[[Callable[[Sequence[Run]], None]], None]) -> None:
    """Draw the section, closed at first; nothing is read before somebody opens it.

    `draw_live` draws with what it is given, again and again while one of the runs trains.
    """
    draw_fold("inside", "Inside the training", lambda: draw_live(_draw_records))


def _draw_records(runs: Sequence[Run]) -> None:
    found = read_recorded(services().store, runs)
    _draw_missing(found)
    shown = [of_run for of_run in found if not of_run.missing]
    if not shown:
        return
    for start in range(0, len(_RECORDS), 2):
        for column, record in zip(st.columns(2), _RECORDS[start : start + 2], strict=False):
            with column:
                lines = [line for of_run in shown for line in _lines(of_run, record)]
                draw_record(record.title, record, lines, f"inside_{record.column}")
                st.html(f'<p class="dl-quiet">{escape(record.sentence)}</p>')
    draw_layers([of_run for of_run in shown if len(of_run.layers)])


def _draw_missing(found: Sequence[Recorded]) -> None:
    for of_run in found:
        if of_run.missing:
            st.html(f'<p class="dl-quiet">{named(of_run.run, of_run.name)}: {of_run.missing}.</p>')


def _lines(of_run: Recorded, record: Record) -> list[Line]:
    table = of_run.steps if record.axis == "steps" else of_run.epochs
    across, up = curve(table, record.axis, record.column)
    noisy = record.log and len(up) > _FEW
    smoothed = smooth(up, _SMOOTHING if noisy else 0.0)
    return [Line(of_run.name, of_run.run.info.colour, False, across, up, smoothed)]
