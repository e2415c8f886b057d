"""The Compare page put together: verdict, differences, curves, matrices; live while training."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core import words
from core.analysis.differences import config_differences, learning_rate_note, unfair_reasons
from core.analysis.sides import one_of_each_first
from core.errors import RunError
from core.runs.records import Run, UnreadableRun
from core.ui.curve_controls import draw_curve_controls
from core.ui.curves_view import draw_curves, several_seeds
from core.ui.files_view import draw_files
from core.ui.frame import guarded
from core.ui.inside_view import draw_inside
from core.ui.matrices_view import draw_matrices
from core.ui.pieces import draw_table
from core.ui.services import services
from core.ui.verdict_view import draw_standing

_LIVE_SECONDS: Final = 1.0
_INSIDE_SECONDS: Final = 5.0
_FEW: Final = 3


def draw_comparison(runs: Sequence[Run]) -> None:
    """Draw everything about `runs`; what changes while they train is redrawn every second."""
    _draw_live(runs, _draw_top)
    _draw_differences(runs)
    st.header("How they learned", anchor=False)
    view = draw_curve_controls(seeds=several_seeds(runs))
    _draw_live(runs, lambda now: draw_curves(now, view))
    # Seldomer: it reads every step of every run.
    _draw_live(runs, draw_inside, every=_INSIDE_SECONDS)
    st.header("Which digits get confused", anchor=False)
    finished = [run for run in runs if run.summary is not None]
    if finished:
        # Only some fit: rather one of each kind than many seeds of one.
        order = one_of_each_first({run.id: run.config for run in finished})
        draw_matrices(sorted(finished, key=lambda run: order.index(run.id)))
    else:
        st.html('<p class="dl-quiet">Shown as soon as a run has finished.</p>')
    draw_files(runs)


def _draw_top(runs: Sequence[Run]) -> None:
    draw_standing(runs)
    lines = fact_lines(runs, services().store.list)
    if lines:
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        st.html(f'<ul class="dl-quiet dl-facts">{items}</ul>')


def fact_lines(
    runs: Sequence[Run], every: Callable[[], Sequence[Run | UnreadableRun]]
) -> list[str]:
    """Return what is worth knowing of how `runs` were trained, each line with their names.

    That is on which machine, what ended them early, what they continue. `every` lists all runs
    that there are; it is asked only where one of `runs` continues another.
    """
    names = words.distinct_names(runs)
    listed = every() if any(run.info.continued_from for run in runs) else []
    machines = [words.machine(run) for run in runs]
    alike = len(set(machines)) == 1 and bool(machines[0])
    lines = [f"Trained on: {machines[0]}."] if alike else []
    for run, machine in zip(runs, machines, strict=True):
        attempts = run.status.attempt if run.status.state == "finished" else 1
        facts = [
            "" if alike or not machine else f"on {machine}",
            words.early_end(run.summary),
            words.origin(run, listed),
            "" if attempts == 1 else f"took {attempts} attempts",
        ]
        if any(facts):
            lines.append(f"{names[run.id]}: {'; '.join(filter(None, facts))}.")
    return lines


def _draw_live(
    runs: Sequence[Run], draw: Callable[[list[Run]], None], every: float = _LIVE_SECONDS
) -> None:
    """Draw a part that reads the runs afresh `every` so often while one of them waits or trains."""
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

    st.fragment(part, run_every=every if live else None)()


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
