"""The top of the Compare page: how each run stands, the verdict, and who was soon how good."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import words
from core.access import Action
from core.analysis.curves import watched_columns
from core.analysis.named_sides import Side, named_sides
from core.runs.queue import cancel, waiting_before
from core.runs.records import Run
from core.ui.glance import glance
from core.ui.judgement_view import draw_judgements
from core.ui.permitted import permitted_button
from core.ui.pieces import draw_progress, draw_standings
from core.ui.ranking_view import FEW_SIDES
from core.ui.reach_view import draw_reach
from core.ui.services import services


def draw_standing(runs: Sequence[Run]) -> None:
    """Draw how each run stands, and the verdict as soon as two of them have finished."""
    names = words.distinct_names(runs)
    for run in runs:
        if run.active:
            _draw_active(run)
    sides = named_sides(runs, names)
    ended = named_sides([run for run in runs if not run.active], names)
    if len(ended) <= FEW_SIDES:
        _draw_ended(ended, names)
        draw_judgements(runs, sides, names)
    else:
        # Many stand in a table below the verdict; the others follow it.
        shown = draw_judgements(runs, sides, names)
        alone = [side for side in ended if shown.isdisjoint(run.id for run in side.runs)]
        _draw_ended(alone, names)
    draw_reach(sides)


def _draw_ended(ended: Sequence[Side], names: Mapping[str, str]) -> None:
    if ended:
        draw_standings(
            [((*side.runs, *side.again), side.name, _side_standing(side, names)) for side in ended]
        )


def _side_standing(side: Side, names: Mapping[str, str]) -> str:
    every = (*side.runs, *side.again)
    if len(every) == 1:
        return _standing(every[0])
    finished = [run.summary for run in side.runs if run.summary is not None]
    if len(finished) < 2:
        told = [f"{names[run.id]}: {_standing(run)}" for run in every]
        return "; ".join(told)
    shares = [summary.test_accuracy for summary in finished]
    data = words.choice_word("dataset", side.runs[0].config.dataset)
    seconds = sum(summary.seconds for summary in finished) / len(finished)
    return (
        f"{words.percent(sum(shares) / len(shares))} of {finished[0].test_images:,} test images "
        f"({data}), mean of {len(finished)} seeds from {words.percent(min(shares))} to "
        f"{words.percent(max(shares))}, {words.duration(seconds)} each"
    )


def _standing(run: Run) -> str:
    data = words.choice_word("dataset", run.config.dataset)
    if run.summary is not None:
        count = f"{run.summary.test_images:,} test images ({data})"
        best = run.summary.best_validation_accuracy
        validation = f", best validation {words.percent(best)}" if best is not None else ""
        return f"{words.test_accuracy(run.summary)} of {count}{validation}, {words.run_time(run)}"
    epochs = services().store.epochs(run.id)
    watched = watched_columns(epochs)
    if watched is None:
        return "" if run.active else words.state_line(run)
    # A column's last value: a whole row of mixed kinds takes pandas a millisecond.
    share, epoch = (float(epochs[name].to_numpy()[-1]) for name in (watched[1], "epoch"))
    kind = f"{watched[0].partition('_')[0]} images ({data})"
    so_far = f"{words.percent(share)} of the {kind} after epoch {int(epoch)}"
    return f"So far {so_far}" if run.active else f"{words.state_line(run)} It had {so_far}."


def _draw_active(run: Run) -> None:
    store = services().store
    with st.container(horizontal=True, vertical_alignment="center"):
        share = run.status.step / run.status.steps if run.status.steps else 0.0
        before = 0
        if run.status.state == "queued":
            every = [other for other in glance().list() if isinstance(other, Run)]
            before = waiting_before(every, run.id)
        draw_progress(run, share, f"{words.state_detail(run, before)}. {_standing(run)}")
        stop = f"Stop this run: {words.as_text(run.name)}"
        own = run.info.visitor
        if permitted_button("Cancel", Action.CANCEL, by=own, key=f"cancel_{run.id}", help=stop):
            cancel(store, run.id)
            st.rerun()
