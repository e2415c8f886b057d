"""The Mistakes page: which digits were read wrongly, by whom, and one of them from close by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.mistake_groups import group_counts
from core.analysis.mistakes import Reading, mistake_table, select
from core.analysis.wording import joined
from core.errors import DigitLabError
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.digit_view import draw_digit, explain_unknown_digit, open_digit
from core.ui.map_view import draw_map
from core.ui.mistake_filters import Choice, draw_filters
from core.ui.mistake_sheet import draw_sheet
from core.ui.model_cache import ModelCache
from core.ui.trained import answers, ending
from core.words import as_text, distinct_names

MOST_RUNS: Final = 20
_MOST_BYTES: Final = 16 * 2**20  # thirty choices of all of MNIST's test images


def draw_mistakes(runs: Sequence[Run]) -> None:
    """Draw the digits that finished runs read, filtered as the address says."""
    runs = _on_the_same_images(runs)
    if not runs:
        return
    of_runs = tuple((run.id, ending(run)) for run in runs)
    known = _known(of_runs, runs)
    explain_unknown_digit(known.places)
    pointed_at = draw_map(runs)
    choice = draw_filters(runs, known.table, known.counts)
    chosen = _chosen.get((of_runs, choice), None, lambda: _select(known.table, choice))
    opened = draw_sheet(runs, known.table, chosen)
    for index in (opened, pointed_at):
        if index is not None:
            open_digit(index)
    draw_digit(runs, known.table, known.places, chosen["index"].tolist(), choice.title)


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


@dataclass(frozen=True)
class _Known:
    """The mistake table of some runs, and what every look at it asks for; shared by all."""

    table: pd.DataFrame
    counts: Mapping[str, int]  # images, by group
    places: Mapping[int, int]  # rows, by the index of their image


@st.cache_resource(max_entries=8, show_spinner=False)
def _known(of_runs: tuple[tuple[str, str], ...], _runs: Sequence[Run]) -> _Known:
    del of_runs  # only keys the cache
    found = [answers(run) for run in _runs]
    readings = [Reading(theirs.predicted, theirs.probabilities) for theirs in found]
    table = mistake_table(found[0].labels, found[0].indices, readings)
    places = {index: place for place, index in enumerate(table["index"].tolist())}
    return _Known(table, group_counts(table), places)


# A class that looks at the same mistakes has them sought out once.
_chosen: Final = ModelCache[pd.DataFrame](
    _MOST_BYTES, lambda chosen: int(chosen.memory_usage().sum())
)


def _select(table: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    return select(
        table,
        choice.group,
        true=choice.true,
        predicted=choice.read,
        order=choice.order,
        reader=choice.reader,
        sure=choice.sure,
    )
