"""The Mistakes page: which digits were read wrongly, by whom, and one of them from close by."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.mistakes import Reading, mistake_table, select
from core.analysis.wording import joined
from core.errors import DigitLabError
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.digit_view import draw_digit, explain_unknown_digit, open_digit
from core.ui.map_view import draw_map
from core.ui.mistake_filters import draw_filters
from core.ui.mistake_sheet import draw_sheet
from core.ui.trained import answers, ending
from core.words import as_text, distinct_names

MOST_RUNS: Final = 20


def draw_mistakes(runs: Sequence[Run]) -> None:
    """Draw the digits that finished runs read, filtered as the address says."""
    runs = _on_the_same_images(runs)
    if not runs:
        return
    table = _table(tuple(run.id for run in runs), tuple(map(ending, runs)), runs)
    explain_unknown_digit(table)
    pointed_at = draw_map(runs)
    choice = draw_filters(runs, table)
    chosen = select(
        table,
        choice.group,
        true=choice.true,
        predicted=choice.read,
        order=choice.order,
        reader=choice.reader,
        sure=choice.sure,
    )
    opened = draw_sheet(runs, table, chosen)
    for index in (opened, pointed_at):
        if index is not None:
            open_digit(index)
    draw_digit(runs, table, chosen["index"].tolist(), choice.title)


def _on_the_same_images(runs: Sequence[Run]) -> list[Run]:
    """Return the runs judged on the same test images as the first that can be read."""
    found: list[tuple[Run, Predictions]] = []
    others: list[Run] = []
    for run in runs:
        try:
            theirs = answers(run)
        except DigitLabError as error:
            st.warning(as_text(str(error)), icon=":material/broken_image:")
            continue
        if found and not _same_images(theirs, found[0][1]):
            others.append(run)
        else:
            found.append((run, theirs))
    shown = [run for run, _ in found]
    if others:
        names = {run_id: as_text(name) for run_id, name in distinct_names(runs).items()}
        were = "was" if len(others) == 1 else "were"
        left = f"only {names[shown[0].id]} is" if len(shown) == 1 else "only the others are"
        st.warning(
            f"{joined([names[run.id] for run in others])} {were} judged on other test images "
            f"than {names[shown[0].id]}, so {left} shown.",
            icon=":material/balance:",
        )
    return shown


def _same_images(one: Predictions, other: Predictions) -> bool:
    return np.array_equal(one.labels, other.labels) and np.array_equal(one.indices, other.indices)


@st.cache_resource(max_entries=8, show_spinner=False)
def _table(ids: tuple[str, ...], endings: tuple[str, ...], _runs: Sequence[Run]) -> pd.DataFrame:
    del ids, endings  # they only key the cache
    found = [answers(run) for run in _runs]
    readings = [Reading(theirs.predicted, theirs.probabilities) for theirs in found]
    return mistake_table(found[0].labels, found[0].indices, readings)
