"""The top of the Compare page: how each run stands, and the verdict with its statistics."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import words
from core.analysis.curves import watched_columns
from core.analysis.verdict import (
    ONE_SEED_CAVEAT,
    compare_predictions,
    statistics_table,
    verdict_sentence,
)
from core.errors import DigitLabError
from core.runs.queue import cancel, waiting_before
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.pieces import draw_progress, draw_standings, draw_table, draw_verdict
from core.ui.services import services


def draw_standing(runs: Sequence[Run]) -> None:
    """Draw how each run stands, and the verdict as soon as two of them have finished."""
    names = words.distinct_names(runs)
    for run in runs:
        if run.active:
            _draw_active(run)
    ended = [run for run in runs if not run.active]
    if ended:
        draw_standings([(run, names[run.id], _standing(run)) for run in ended])
    finished = _answers(runs)
    if len(finished) >= 2:
        _draw_verdicts(finished, names)
    elif len(ended) < len(runs) and len(runs) > 1:
        draw_verdict(
            ["The verdict appears here when the training ends."],
            "It rests on test images that no run has learned from.",
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
    last = epochs.iloc[-1]
    kind = f"{watched[0].partition('_')[0]} images ({data})"
    so_far = f"{words.percent(last[watched[1]])} of the {kind} after epoch {int(last['epoch'])}"
    return f"So far {so_far}" if run.active else f"{words.state_line(run)} It had {so_far}."


def _draw_active(run: Run) -> None:
    store = services().store
    with st.container(horizontal=True, vertical_alignment="center"):
        share = run.status.step / run.status.steps if run.status.steps else 0.0
        before = 0
        if run.status.state == "queued":
            every = [other for other in store.list() if isinstance(other, Run)]
            before = waiting_before(every, run.id)
        draw_progress(run, share, f"{words.state_detail(run, before)}. {_standing(run)}")
        stop = f"Stop this run: {words.as_text(run.name)}"
        if st.button("Cancel", key=f"cancel_{run.id}", help=stop):
            cancel(store, run.id)
            st.rerun()


def _answers(runs: Sequence[Run]) -> list[tuple[Run, Predictions]]:
    found = []
    for run in runs:
        if run.summary is None:
            continue
        try:
            found.append((run, services().store.predictions(run.id)))
        except DigitLabError as error:
            st.warning(words.as_text(str(error)), icon=":material/broken_image:")
    return found


def _draw_verdicts(finished: Sequence[tuple[Run, Predictions]], names: Mapping[str, str]) -> None:
    """Draw a verdict for each run against the first one judged on the same test images."""
    groups: dict[bytes, list[tuple[Run, Predictions]]] = {}
    for run, answers in finished:
        groups.setdefault(answers.labels.tobytes(), []).append((run, answers))
    if len(groups) > 1:
        st.warning(
            "Not all of these runs were judged on the same test images. A figure on one data set "
            "says nothing about another, so only runs on the same images are compared.",
            icon=":material/balance:",
        )
    sentences, tables = [], []
    for (first, answers), *others in groups.values():
        for other, theirs in others:
            pair = names[first.id], names[other.id]
            comparison = compare_predictions(answers.labels, answers.predicted, theirs.predicted)
            sentences.append(verdict_sentence(comparison, *pair))
            tables.append((pair, statistics_table(comparison, *pair)))
    if not sentences:
        return
    draw_verdict(sentences, ONE_SEED_CAVEAT)
    with st.expander("How we know"):
        for pair, table in tables:
            st.text(f"{pair[0]} against {pair[1]}")
            draw_table(table.set_index(table.columns[0]))
        if len(tables) > 1:
            st.caption("With many comparisons, about one in twenty looks certain by chance alone.")
