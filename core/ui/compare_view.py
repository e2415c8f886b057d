"""The Compare page put together: verdict, differences, curves, matrices; live while training."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core import words
from core.analysis.differences import config_differences, learning_rate_note, unfair_reasons
from core.errors import RunError
from core.runs.records import Run
from core.ui.curves_view import draw_curve_controls, draw_curves
from core.ui.files_view import draw_files
from core.ui.frame import guarded
from core.ui.matrices_view import draw_matrices
from core.ui.pieces import draw_table
from core.ui.services import services
from core.ui.verdict_view import draw_standing

_LIVE_SECONDS: Final = 1.0
_FEW: Final = 3


def draw_comparison(runs: Sequence[Run]) -> None:
    """Draw everything about `runs`; what changes while they train is redrawn every second."""
    _draw_live(runs, draw_standing)
    _draw_differences(runs)
    st.header("How they learned", anchor=False)
    view = draw_curve_controls()
    _draw_live(runs, lambda now: draw_curves(now, view))
    st.header("Which digits get confused", anchor=False)
    finished = [run for run in runs if run.summary is not None]
    if finished:
        draw_matrices(finished)
    else:
        st.html('<p class="dl-quiet">Shown as soon as a run has finished.</p>')
    draw_files(runs)


def _draw_live(runs: Sequence[Run], draw: Callable[[list[Run]], None]) -> None:
    """Draw a part that reads the runs afresh every second while one of them waits or trains."""
    before = {run.id: run.status.state for run in runs}
    live = any(run.active for run in runs)

    def part() -> None:
        with guarded():
            try:
                now = [services().store.read(run_id) for run_id in before]
            except RunError:
                st.rerun()  # deleted or damaged meanwhile: the picker above says which
            if {run.id: run.status.state for run in now} != before:
                st.rerun()  # a run began or ended: other parts of the page change with it
            draw(now)

    st.fragment(part, run_every=_LIVE_SECONDS if live else None)()


def _draw_differences(runs: Sequence[Run]) -> None:
    if len(runs) < 2:
        return
    names = words.distinct_names(runs)
    configs = {names[run.id]: run.config.model_dump() for run in runs}
    for reason in unfair_reasons(configs):
        st.warning(words.as_text(reason), icon=":material/balance:")
    table = config_differences(configs)
    if table.empty:
        st.html('<p class="dl-quiet"><b>What differs:</b> nothing, the settings are the same.</p>')
        return
    for field in table.index:
        table.loc[field] = [words.choice_word(field, value) for value in table.loc[field]]
    table.index = pd.Index([words.field_word(field) for field in table.index])
    if len(table) <= _FEW:
        each = "; ".join(
            f"<b>{escape(str(field))}</b> {escape(' | '.join(map(str, values)))}"
            for field, values in zip(table.index, table.itertuples(index=False), strict=True)
        )
        st.html(f'<p class="dl-differs">What differs: {each}. Everything else is the same.</p>')
    else:
        with st.expander(f"What differs: {len(table)} settings"):
            draw_table(table)
            st.html('<p class="dl-quiet">All other settings are the same.</p>')
    note = learning_rate_note(configs)
    if note:
        st.html(f'<p class="dl-quiet">{escape(note)}</p>')
