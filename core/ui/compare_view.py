"""The Compare page put together: verdict, differences, curves, matrices; live while training."""

from collections.abc import Callable, Collection, Sequence
from html import escape
from typing import Final

import streamlit as st

from core import words
from core.analysis.sides import one_of_each_first, sides
from core.errors import RunError
from core.runs.records import Run, State, UnreadableRun
from core.ui.answers_view import draw_answers
from core.ui.curve_charts import several_seeds
from core.ui.curve_controls import draw_curve_controls
from core.ui.curves_view import draw_curves
from core.ui.differences_view import draw_differences
from core.ui.files_view import draw_files
from core.ui.folds import draw_fold
from core.ui.frame import guarded
from core.ui.glance import glance
from core.ui.inside_view import draw_inside
from core.ui.pace import draw_repeatedly
from core.ui.parts import draw_part
from core.ui.people_view import draw_people
from core.ui.ranking_view import FEW_SIDES
from core.ui.services import services
from core.ui.settings_view import draw_settings
from core.ui.verdict_view import draw_standing

_FEW_FACTS: Final = 8
_LIVE_SECONDS: Final = 1.0
_SELDOM_SECONDS: Final = 5.0


def draw_comparison(runs: Sequence[Run]) -> None:
    """Draw everything about `runs`; what changes while they train is redrawn every second."""
    _draw_live(runs, _draw_top)
    with st.container():  # as on the page: there may be nothing in it
        draw_differences(runs)
    st.header("How they learned", anchor=False)
    draw_part(lambda: _draw_curves(runs))
    # Seldomer: it reads every step of every run; while it is closed, nothing is redrawn.
    draw_inside(lambda draw: _draw_live(runs, draw, every=_SELDOM_SECONDS))
    with st.container():
        draw_settings(runs, "compared")
    st.header("Which digits get confused", anchor=False)
    finished = [run for run in runs if run.summary is not None]
    if finished:
        ordered = _most_telling_first(finished)
        draw_answers(ordered)
        draw_people(ordered)
    else:
        st.html('<p class="dl-quiet">Shown as soon as a run has finished.</p>')
    draw_files(runs)


def _most_telling_first(finished: Sequence[Run]) -> list[Run]:
    """Return the runs in the order in which those are chosen that fit: one of each kind first.

    Of many kinds those that read most: nobody has an order of a hundred in mind.
    """
    ordered = list(finished)
    if len(sides({run.id: run.config for run in finished})) > FEW_SIDES:
        ordered.sort(key=lambda run: -(run.summary.test_accuracy if run.summary else 0.0))
    by_id = {run.id: run for run in ordered}
    return [by_id[run_id] for run_id in one_of_each_first({r.id: r.config for r in ordered})]


def _draw_curves(runs: Sequence[Run]) -> None:
    view = draw_curve_controls(seeds=several_seeds(runs))
    # Seldomer: the charts fetch their new points themselves.
    _draw_live(runs, lambda now: draw_curves(now, view), every=_SELDOM_SECONDS)


def _draw_top(runs: Sequence[Run]) -> None:
    draw_standing(runs)
    lines = fact_lines(runs, glance().list)
    if lines:
        if len(lines) > _FEW_FACTS:
            draw_fold("facts", "Where and how they were trained", lambda: _draw_facts(lines))
        else:
            _draw_facts(lines)


def _draw_facts(lines: Sequence[str]) -> None:
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


def _states(listed: Sequence[Run | UnreadableRun], run_ids: Collection[str]) -> dict[str, State]:
    return {
        run.id: run.status.state for run in listed if isinstance(run, Run) and run.id in run_ids
    }


def _draw_live(
    runs: Sequence[Run], draw: Callable[[list[Run]], None], every: float = _LIVE_SECONDS
) -> None:
    """Draw a part that reads the runs afresh while one of them waits or trains.

    That is `every` so many seconds, or more seldom where many look on.
    """
    before = {run.id: run.status.state for run in runs}
    live = any(run.active for run in runs)

    def part() -> None:
        with guarded():
            listed = glance().list()
            if _states(listed, before) != before:
                st.rerun()  # began, ended, deleted or damaged: the rest of the page says which
            found = {run.id: run for run in listed if isinstance(run, Run)}
            try:
                draw([found[run_id] for run_id in before])
            except RunError:
                if _states(services().store.list(), before) == before:
                    raise
                glance().forget()  # deleted or damaged since that look
                st.rerun()

    if live:
        draw_repeatedly(part, every)
    else:
        st.fragment(part)()
