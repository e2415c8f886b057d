"""Search and order above the table of runs, both in the address."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from core.analysis.run_query import RESULTS, read_query, sort_keys, sorted_by
from core.errors import ConfigError
from core.runs.records import Run, UnreadableRun
from core.ui.links import linked, write_link
from core.ui.segments import draw_segments

# So few are seen at a glance.
_FEWEST: Final = 3
_NEWEST: Final = "newest"
_HELP: Final = (
    "Words are looked for in names, notes, tags, optimizers, models and states. Conditions narrow "
    f"further: optimizer=adam, lr>0.01, epochs=25, or a result: {', '.join(RESULTS)} "
    "(test>97). All of them must hold."
)


def draw_search(
    listed: Sequence[Run | UnreadableRun],
) -> list[Run | UnreadableRun]:
    """Draw search and order; return the runs that are left, in that order.

    Runs that cannot be read match no search and stand last in every order but the usual one.
    """
    if len(listed) < _FEWEST and not st.query_params.get("q"):
        return list(listed)
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
    found = _matching(listed, text or "")
    if order != _NEWEST:
        readable = [run for run in found if isinstance(run, Run)]
        others = [run for run in found if not isinstance(run, Run)]
        found = [*sorted_by(readable, order, falling=falling), *others]
    if text:
        _say_count(len(found), len(listed))
    return found


def _draw_order() -> tuple[str, bool]:
    titles = {_NEWEST: "newest first", **sort_keys()}
    order = st.selectbox(
        "Order",
        list(titles),
        key=linked("sort", list(titles), _NEWEST),
        format_func=lambda key: titles[key],
        on_change=write_link,
        args=("sort", _NEWEST),
        width=230,
    )
    if order == _NEWEST:
        return order, True
    ways = {"falling": "highest first", "rising": "lowest first"}
    way = draw_segments("way", "From", ways, "falling")
    return order, way != "rising"


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
        sentence = f"{found:,} of {all_runs:,} runs."
    else:
        sentence = (
            f"None of {all_runs:,} runs fits. Try fewer words, or take a condition away; the "
            "question mark beside the search explains them."
        )
    st.html(f'<p class="dl-quiet" role="status">{sentence}</p>')
