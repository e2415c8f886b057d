"""What differs between the settings of compared runs, and whether comparing them is fair."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import pandas as pd
import streamlit as st

from core import words
from core.analysis import wording
from core.analysis.differences import config_differences, learning_rate_note, unfair_reasons
from core.analysis.named_sides import Side, named_sides
from core.analysis.tuning import tuning_reasons
from core.runs.groups import readable
from core.runs.records import Run
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
    configs = {side.name: _settings(side) for side in sides}
    for reason in _reasons(sides, configs):
        st.warning(words.as_text(reason), icon=":material/balance:")
    table = config_differences(configs)
    if table.empty:
        _draw_sameness(sides)
        return
    for field in table.index:
        table.loc[field] = [words.choice_word(field, value) for value in table.loc[field]]
    table.index = pd.Index([words.field_word(field) for field in table.index])
    if len(table) <= _FEW and len(sides) <= _BESIDE:
        each = "; ".join(
            f"<b>{escape(str(field))}</b> {escape(' | '.join(map(str, values)))}"
            for field, values in zip(table.index, table.itertuples(index=False), strict=True)
        )
        st.html(f'<p class="dl-differs">What differs: {each}. Everything else is the same.</p>')
    else:
        with st.expander(f"What differs: {wording.so_many(len(table), 'setting')}"):
            draw_table(table)
            st.html('<p class="dl-quiet">All other settings are the same.</p>')
    note = learning_rate_note(configs)
    if note:
        st.html(f'<p class="dl-quiet">{escape(note)}</p>')


def _settings(side: Side) -> dict[str, Any]:
    """The settings of a side, with all its seeds."""
    settings = side.runs[0].config.model_dump()
    seeds = sorted(side.seeds)
    return settings if len(seeds) == 1 else settings | {"seed": seeds}


def _reasons(sides: Sequence[Side], configs: dict[str, dict[str, Any]]) -> list[str]:
    reasons = unfair_reasons(configs)
    # All runs are listed only where sides could differ in how they were tuned.
    if len(sides) > 1:
        reasons += tuning_reasons(sides, readable(services().store), group_store().find)
    return reasons


def _draw_sameness(sides: Sequence[Side]) -> None:
    seeds = sorted({seed for side in sides for seed in side.seeds})
    if len(seeds) > 1:
        told = f"only the seed ({wording.listed_seeds(seeds)}), which sets what is left to chance."
    else:
        told = "nothing, the settings are the same."
    st.html(f'<p class="dl-quiet"><b>What differs:</b> {escape(told)}</p>')
