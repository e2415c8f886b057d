"""How soon each side of a comparison read 90, 95 and 97 of 100 watched images right."""

import time
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core import words
from core.analysis.named_sides import Side
from core.analysis.reach import reach_table
from core.ui.folds import draw_fold
from core.ui.model_cache import ModelCache
from core.ui.pieces import draw_table
from core.ui.services import services
from core.ui.trained import ending

_FEW: Final = 4
_MOST_TABLES: Final = 256
_LIVE_SECONDS: Final = 2.0
_TITLE: Final = "How soon each reads 90, 95 and 97 of 100 images right"

_tables: Final = ModelCache[pd.DataFrame](_MOST_TABLES, lambda _: 1)


def draw_reach(sides: Sequence[Side]) -> None:
    """Draw the table, folded up where there are many sides; nothing before the first epoch."""
    if len(sides) > _FEW:
        if any(run.summary or run.status.epoch for side in sides for run in side.runs):
            draw_fold("soon", _TITLE, lambda: _draw_many(sides))
        return
    table = _table(sides)
    if table.empty:
        return
    with st.container(gap="xsmall", key="reach"):
        st.html(f'<p class="dl-reach"><b>{_TITLE}</b></p>')
        draw_table(table)
        st.html(f'<p class="dl-quiet">{_note(sides)}</p>')


def _table(sides: Sequence[Side]) -> pd.DataFrame:
    """Return the table, made once for all visitors; while a run trains, anew every two seconds."""
    runs = [(side.name, run) for side in sides for run in side.runs]
    key = tuple((name, run.id) for name, run in runs)
    ended = tuple((run.status.attempt, run.status.state, ending(run)) for _, run in runs)
    live = any(run.active for _, run in runs)
    version = (ended, time.monotonic() // _LIVE_SECONDS if live else 0.0)
    return _tables.get(key, version, lambda: reach_table(sides, services().store.epochs))


def _draw_many(sides: Sequence[Side]) -> None:
    table = _table(sides)
    if table.empty:
        st.html('<p class="dl-quiet">None of these runs has looked at such images so far.</p>')
        return
    draw_table(table)
    st.caption(_note(sides))


def _note(sides: Sequence[Side]) -> str:
    several = any(len(side.runs) > 1 for side in sides)
    return (
        "The first epoch (one pass through all training images) after which it did, and the "
        "seconds until then."
        f"{' Of several seeds: from the earliest to the latest.' if several else ''}"
        f"{_machines_sentence(sides)}"
    )


def _machines_sentence(sides: Sequence[Side]) -> str:
    machines = {words.machine(run) for side in sides for run in side.runs} - {""}
    if len(machines) < 2:
        return ""
    return " They were trained on different machines: compare the epochs, not the seconds."
