"""The verdict on the finished runs of a page, and the statistics behind it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import words
from core.analysis import wording
from core.analysis.contenders import Answers
from core.analysis.judgement import Judgement, Statistics, judgements
from core.analysis.lost import lost_seeds, lost_sentence
from core.analysis.named_sides import Side
from core.analysis.side_differences import OTHER_IMAGES
from core.errors import DigitLabError
from core.runs.records import Run
from core.ui.folds import draw_fold
from core.ui.pieces import draw_table, draw_verdict
from core.ui.ranking_view import FEW_SIDES, draw_ranking
from core.ui.trained import answers, ending


def draw_judgements(
    runs: Sequence[Run], sides: Sequence[Side], names: Mapping[str, str]
) -> set[str]:
    """Draw the verdict on those of `runs` that have finished, or when there will be one.

    Returns the ids of the runs that stand in a table below it, because there are many.
    """
    finished = _answers(runs)
    judged = _judged(
        tuple((run.id, ending(run), names[run.id]) for run, _ in finished), finished, names
    )
    if len({answer.labels.tobytes() for _, answer in finished}) > 1:
        st.warning(OTHER_IMAGES, icon=":material/balance:")
    training = [run for run in runs if run.active]
    of_all = [_so_far(training), lost_sentence(lost_seeds(sides), names)]
    in_tables: set[str] = set()
    for judgement in judged:
        first, *more = judgement.sentences
        notes = [*more, judgement.caveat, *(of_all if judgement is judged[-1] else [])]
        draw_verdict([first], " ".join(filter(None, notes)))
        if len(judgement.standings) > FEW_SIDES:
            draw_ranking(judgement, f"rank{judged.index(judgement) + 1}")
            every = [standing.side for standing in judgement.standings]
            in_tables |= {run.id for side in every for run in (*side.runs, *side.again)}
    if judged:
        draw_statistics(judged)
    elif training and len(runs) > 1:
        draw_verdict(
            ["The verdict appears here when the training ends."],
            "It rests on test images that no run has learned from.",
        )
    return in_tables


def _answers(runs: Sequence[Run]) -> list[tuple[Run, Answers]]:
    found: list[tuple[Run, Answers]] = []
    for run in runs:
        if run.summary is None:
            continue
        try:
            found.append((run, answers(run)))
        except DigitLabError as error:
            st.warning(words.as_text(str(error)), icon=":material/broken_image:")
    return found


# While other runs train the page asks every second, and twenty runs are 190 pairs.
@st.cache_resource(max_entries=16, show_spinner=False)
def _judged(
    key: tuple[tuple[str, str, str], ...],
    _finished: Sequence[tuple[Run, Answers]],
    _names: Mapping[str, str],
) -> list[Judgement]:
    del key  # what the verdict depends on; Streamlit keys by arguments without underscores alone
    return judgements(_finished, _names)


def draw_statistics(judged: Sequence[Judgement]) -> None:
    """Draw the tables behind verdicts, folded; nothing where there are none."""
    every = [statistics for judgement in judged for statistics in judgement.statistics]
    if not every:
        return
    draw_fold("how", "How we know", lambda: _draw_tables(every))


def _draw_tables(every: Sequence[Statistics]) -> None:
    for statistics in every:
        st.text(statistics.title)
        draw_table(statistics.table.set_index(statistics.table.columns[0]))
        if statistics.note:
            st.caption(words.as_text(statistics.note))


def _so_far(training: Sequence[Run]) -> str:
    if not training:
        return ""
    verb = "has" if len(training) == 1 else "have"
    many = wording.so_many(len(training), "chosen run")
    return f"{many} {verb} not ended: this is the verdict so far."
