"""What differs between the settings of compared runs, and whether comparing them is fair."""

from collections.abc import Sequence
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core import words
from core.analysis import wording
from core.analysis.differences import learning_rate_note
from core.analysis.named_sides import Side, named_sides
from core.analysis.side_differences import settings_in_words, side_settings, unfair_sides
from core.runs.groups import readable
from core.runs.records import Run
from core.ui.folds import draw_fold
from core.ui.launch import group_store
from core.ui.pieces import draw_table
from core.ui.services import services

_FEW: Final = 3
# With more sides a line of values no longer shows which is whose.
_BESIDE: Final = 4


def draw_differences(runs: Sequence[Run]) -> None:
    """Draw in which settings the sides of `runs` differ, warnings first; nothing for one run."""
    if len(runs) < 2:
        return
    sides = named_sides(runs, words.distinct_names(runs))
    for reason in unfair_sides(sides, lambda: readable(services().store), group_store().find):
        st.warning(words.as_text(reason), icon=":material/balance:")
    table = settings_in_words(sides)
    if table.empty:
        _draw_sameness(sides)
        return
    if len(table) <= _FEW and len(sides) <= _BESIDE:
        each = "; ".join(
            f"<b>{escape(str(field))}</b> {escape(' | '.join(map(str, values)))}"
            for field, values in zip(table.index, table.itertuples(index=False), strict=True)
        )
        st.html(f'<p class="dl-differs">What differs: {each}. Everything else is the same.</p>')
    else:
        many = wording.so_many(len(table), "setting")
        # A column for each of many sides would be far wider than any screen: a row for each.
        shown = table if len(sides) <= _BESIDE or len(table) > len(sides) else table.T
        draw_fold("differs", f"What differs: {many}", lambda: _draw_all(shown))
    note = learning_rate_note(side_settings(sides))
    if note:
        st.html(f'<p class="dl-quiet">{escape(note)}</p>')


def _draw_all(table: pd.DataFrame) -> None:
    draw_table(table)
    st.html('<p class="dl-quiet">All other settings are the same.</p>')


def _draw_sameness(sides: Sequence[Side]) -> None:
    seeds = sorted({seed for side in sides for seed in side.seeds})
    if len(seeds) > 1:
        told = f"only the seed ({wording.listed_seeds(seeds)}), which sets what is left to chance."
    else:
        told = "nothing, the settings are the same."
    st.html(f'<p class="dl-quiet"><b>What differs:</b> {escape(told)}</p>')
