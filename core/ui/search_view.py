"""Search, order, folding and columns above the table of runs, all in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from core.analysis.columns import USUAL, falls_first, sort_key
from core.analysis.folding import Kind, Row, folded, sorted_rows
from core.analysis.run_query import read_query
from core.analysis.run_values import RESULTS, sort_keys
from core.analysis.wording import so_many
from core.column_words import column_help, column_title
from core.config import ALIASES
from core.errors import ConfigError
from core.runs.records import Run, UnreadableRun
from core.ui import address
from core.ui.columns_view import PARAMETER, draw_columns
from core.ui.components import Heading
from core.ui.launch import group_store
from core.ui.linked_controls import draw_segments, draw_select

# So few are seen at a glance.
_FEWEST: Final = 3
NEWEST: Final = "newest"
_FALLING: Final = "falling"
_WAYS: Final = {_FALLING: "highest", "rising": "lowest"}
_FOLDS: Final = {"none": "nothing", "seeds": "seeds", "groups": "groups"}
_FOLD_HELP: Final = (
    "Makes one row of several runs. Seeds: runs that differ in nothing but the seed, the start of "
    "all chance, with the mean of their results. Groups: the runs of a sweep, a fair comparison or "
    "one launch."
)
_HELP: Final = (
    "Words are looked for in names, notes, tags, optimizers, models and states. Conditions narrow "
    f"further: optimizer=adam, lr>0.01, epochs=25, or a result: {', '.join(RESULTS)} "
    "(test>97). All of them must hold."
)
_NOTHING_FOLDS: Final = {
    "seeds": "No two of these runs differ in the seed alone, so each keeps its row.",
    "groups": "No two of these runs were launched together, so each keeps its row.",
}


@dataclass(frozen=True)
class TableView:
    """What the controls above the table ask for; `order` is None for the newest first."""

    text: str = ""
    order: str | None = None
    falling: bool = True
    fold: Kind | None = None
    columns: tuple[str, ...] = USUAL
    sortable: bool = False


def draw_search(listed: Sequence[Run | UnreadableRun]) -> TableView:
    """Draw the controls, unless there is next to nothing to choose from; return what they say."""
    asked = any(address.read_all(name) for name in ("q", "sort", "fold", PARAMETER))
    if len(listed) < _FEWEST and not asked:
        return TableView()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            key="q",
            bind="query-params",
            type="search",
            live=True,
            placeholder="adam  lr>0.01  test>97",
            help=_HELP,
            icon=":material/search:",
        )
        order, falling = _draw_order()
        fold = draw_segments("fold", "Fold into one row", _FOLDS, "none", _FOLD_HELP)
        columns = draw_columns()
    kind: Kind | None = "seeds" if fold == "seeds" else "groups" if fold == "groups" else None
    return TableView(text or "", order, falling, kind, columns, sortable=True)


def rows_of(listed: Sequence[Run | UnreadableRun], view: TableView) -> list[Row]:
    """Return the rows that `view` asks for, in its order, and say how many runs they are.

    Runs that cannot be read match no search and stand last in every order but the usual one.
    """
    found = _matching(listed, view.text)
    rows: list[Row] = folded(found, listed, view.fold) if view.fold else [*found]
    if view.order:
        names = {group.id: group.name for group in group_store().list()}
        rows = sorted_rows(rows, view.order, falling=view.falling, groups=names)
    if view.text.strip():
        _say_count(len(found), len(listed))
    elif view.fold and len(rows) == len(found):
        st.html(f'<p class="dl-quiet" role="status">{_NOTHING_FOLDS[view.fold]}</p>')
    return rows


def headings(view: TableView) -> list[Heading]:
    """Return the headings of the table's columns, the name's in front of them."""
    return [_heading("name", view), *(_heading(column, view) for column in view.columns)]


def sort_by(key: str) -> None:
    """Order the table by `key` from the next run on; the other way round if it is already."""
    if key not in sort_keys():
        return  # from the browser, so it may be anything
    falling = address.read("way", _FALLING) == _FALLING
    again = address.read("sort") == key
    falls = (not falling) if again else falls_first(key)
    address.write_all({"sort": key, "way": "" if falls else "rising"})


def _heading(column: str, view: TableView) -> Heading:
    key = sort_key(column)
    return Heading(
        column,
        "Run" if column == "name" else column_title(column),
        "" if column == "name" else column_help(column),
        key if view.sortable else "",
        ("descending" if view.falling else "ascending") if view.order == key else "",
    )


def _draw_order() -> tuple[str | None, bool]:
    titles = {NEWEST: "newest first", **sort_keys()}
    typed = address.read("sort")
    if typed in ALIASES:
        address.write("sort", ALIASES[typed])
    order = draw_select("sort", "Order", titles, NEWEST, width=200)
    if order == NEWEST:
        return None, True
    return order, draw_segments("way", "From", _WAYS, _FALLING) == _FALLING


def _matching(listed: Sequence[Run | UnreadableRun], text: str) -> list[Run | UnreadableRun]:
    if not text.strip():
        return list(listed)
    try:
        query = read_query(text)
    except ConfigError as error:
        # What was typed is not lost: it stays in the box, and all runs are shown beside it.
        st.html(f'<p class="dl-problem">{escape(str(error))}</p>')
        return list(listed)
    return [run for run in listed if isinstance(run, Run) and query.matches(run)]


def _say_count(found: int, all_runs: int) -> None:
    if found:
        sentence = f"{found:,} of {so_many(all_runs, 'run')}."
    else:
        sentence = (
            f"None of {all_runs:,} runs fits. Try fewer words, or take a condition away; the "
            "question mark beside the search explains them."
        )
    st.html(f'<p class="dl-quiet" role="status">{sentence}</p>')
