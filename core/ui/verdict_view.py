"""The top of the Compare page: how each run stands, and the verdict with its statistics."""

from collections.abc import Sequence

import numpy as np
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
from core.runs.queue import cancel
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.pieces import draw_progress, draw_standings, draw_table, draw_verdict
from core.ui.services import services


def draw_standing(runs: Sequence[Run]) -> None:
    """Draw how each run stands, and the verdict as soon as two of them have finished."""
    for run in runs:
        if run.active:
            _draw_active(run)
    ended = [run for run in runs if not run.active]
    if ended:
        draw_standings([(run, _standing(run)) for run in ended])
    finished = _answers(runs)
    if len(finished) >= 2:
        _draw_verdicts(finished)
    elif len(ended) < len(runs):
        draw_verdict(
            ["The verdict appears here when the training ends."],
            "It rests on test images that no run has learned from.",
        )


def _standing(run: Run) -> str:
    if run.summary is not None:
        test = f"{words.test_accuracy(run.summary)} of {run.summary.test_images:,} test images"
        best = run.summary.best_validation_accuracy
        validation = f", best validation {words.percent(best)}" if best is not None else ""
        return f"{test}{validation}, {words.run_time(run)}"
    epochs = services().store.epochs(run.id)
    watched = watched_columns(epochs)
    if watched is None:
        return "" if run.active else words.state_line(run)
    last = epochs.iloc[-1]
    so_far = f"{words.percent(last[watched[1]])} after epoch {int(last['epoch'])}"
    return f"So far {so_far}" if run.active else f"{words.state_line(run)} It had {so_far}."


def _draw_active(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        share = run.status.step / run.status.steps if run.status.steps else 0.0
        draw_progress(run, share, f"{words.state_detail(run, 0)}. {_standing(run)}")
        if st.button("Cancel", key=f"cancel_{run.id}", help=f"Stop this run: {_plain(run.name)}"):
            cancel(services().store, run.id)
            st.rerun()


def _answers(runs: Sequence[Run]) -> list[tuple[Run, Predictions]]:
    found = []
    for run in runs:
        if run.summary is None:
            continue
        try:
            found.append((run, services().store.predictions(run.id)))
        except DigitLabError as error:
            st.warning(str(error), icon=":material/broken_image:")
    return found


def _draw_verdicts(finished: Sequence[tuple[Run, Predictions]]) -> None:
    (first, answers), *others = finished
    sentences, tables, apart = [], [], []
    for other, other_answers in others:
        if not np.array_equal(answers.labels, other_answers.labels):
            apart.append(other.name)
            continue
        comparison = compare_predictions(answers.labels, answers.predicted, other_answers.predicted)
        names = _two_names(first, other)
        sentences.append(verdict_sentence(comparison, *names))
        tables.append((names, statistics_table(comparison, *names)))
    if apart:
        st.warning(
            f"{first.name} and {', '.join(apart)} were judged on different test images, so their "
            "figures do not say which is better.",
            icon=":material/balance:",
        )
    if not sentences:
        return
    draw_verdict(sentences, ONE_SEED_CAVEAT)
    with st.expander("How we know"):
        for names, table in tables:
            st.text(f"{names[0]} against {names[1]}")
            draw_table(table.set_index(table.columns[0]))
        if len(tables) > 1:
            st.caption("With many comparisons, about one in twenty looks certain by chance alone.")


def _plain(name: str) -> str:
    # A button's help is Markdown, which would read stars and brackets as formatting.
    return "".join(letter for letter in name if letter.isalnum() or letter in " .,-()")


def _two_names(first: Run, second: Run) -> tuple[str, str]:
    if first.name != second.name:
        return first.name, second.name
    return f"{first.name} (1)", f"{second.name} (2)"
