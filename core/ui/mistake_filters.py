"""What the Mistakes page is narrowed to: a group, digits, how sure, in which order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import pandas as pd
import streamlit as st

from core.analysis.mistake_groups import (
    SURE,
    group_names,
    only_wrong_counts,
    sure_needed,
)
from core.analysis.mistakes import Order
from core.config import CLASSES
from core.runs.records import Run
from core.ui import address
from core.ui.links import linked, write_link
from core.ui.percent_slider import WHOLE, draw_percent_slider
from core.words import as_text, distinct_names

_ANY: Final = "any"
_ORDERS: Final = {
    "hardest": "wrong by most runs first",
    "disputed": "most disputed first",
    "confident": "most sure first",
    "unsure": "least sure first",
    "index": "as in the test set",
}
_MANY_ONLY: Final = ("hardest", "disputed")
_DEFAULT_GROUP: Final = {1: "wrong", 2: "only_a_wrong"}
_DEFAULT_ORDER: Final = {"any_wrong": "hardest", "disputed": "disputed"}
# All that a filter of this page writes into the address.
_PARAMETERS: Final = ("true", "read", "by", "sure", "group")


@dataclass(frozen=True)
class Choice:
    """What is to be shown, as `core.analysis.mistakes.select` takes it."""

    group: str
    true: int | None
    read: int | None
    order: Order
    reader: int | None
    sure: tuple[float, float]
    title: str  # the group in words


def draw_filters(runs: Sequence[Run], table: pd.DataFrame, counts: Mapping[str, int]) -> Choice:
    """Draw the groups of the mistakes of `runs` and the filters, tied to the address.

    `table` is their mistake table, `counts` says how many images each group of it holds.
    """
    words = _group_words(runs)
    group = _draw_groups(words, counts, _DEFAULT_GROUP.get(len(runs), "any_wrong"))
    explained = _explain(group, len(runs))
    if explained:
        st.html(f'<p class="dl-quiet">{explained}</p>')
    digits = [_ANY, *map(str, range(CLASSES))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        true = _select("true", "True digit", digits, {})
        read = _select("read", "Read as", digits, {})
        reader = _draw_reader(runs, table, group)
        sure = draw_percent_slider(
            "sure",
            "How sure, in %",
            explanation="The probability that the run gave its answer (softmax probability).",
            on_change=_to_first_page,
        )
        order = _draw_order(group, len(runs))
        if (true, read, reader, sure) != (_ANY, _ANY, None, WHOLE):
            st.button("Show all again", key="no_filter", on_click=_clear_filters)
    low, high = sure
    return Choice(
        group, _digit(true), _digit(read), order, reader, (low / 100, high / 100), words[group]
    )


def _draw_groups(words: dict[str, str], counts: Mapping[str, int], default: str) -> str:
    groups = list(words)
    chosen = st.segmented_control(
        "Show",
        groups,
        key=linked("group", groups, default),
        format_func=lambda group: f"{words[group]}  {counts[group]:,}",
        on_change=_filter,
        args=("group", default),
        required=True,
    )
    return chosen or default


def _group_words(runs: Sequence[Run]) -> dict[str, str]:
    """Return the groups that are offered, as they read."""
    if len(runs) == 1:
        return {"wrong": "wrong", "right": "right", "all": "all"}
    if len(runs) == 2:
        first, second = _short_names(runs)
        return {
            "only_a_wrong": f"only {first} wrong",
            "only_b_wrong": f"only {second} wrong",
            "both_wrong": "both wrong",
            "both_right": "both right",
            "sure_wrong": "sure, but wrong",
            "all": "all",
        }
    words = {
        "any_wrong": "wrong by any",
        "all_wrong": "wrong by all (hardest)",
        "disputed": "read differently (disputed)",
        "sure_wrong": "sure, but wrong",
        "one_wrong": "wrong by one alone",
        "all_right": "right by all",
        "all": "all",
    }
    return {group: words[group] for group in group_names(len(runs))}


def _explain(group: str, runs: int) -> str:
    match group:
        case "sure_wrong":
            needed = sure_needed(runs)
            who = "Both runs" if runs == 2 else f"At least {needed} of the {runs} runs"
            return (
                f"{who} were {100 * SURE:.0f} % sure or more of the same wrong answer. Look "
                "whether the label is right: wrong labels are found among such digits. Others "
                "are only written so that runs take them for another."
            )
        case "disputed":
            return (
                "Not all runs read the same digit. How disputed one is: the share of pairs of "
                "runs that read it differently."
            )
        case "one_wrong":
            return "One run read it wrongly, all others rightly. “Answers of” says which one."
    return ""


def _short_names(runs: Sequence[Run]) -> list[str]:
    firsts = [as_text(re.split(r"[,(]", run.name)[0].strip()[:24]) or "run" for run in runs]
    if len(set(firsts)) == len(firsts):
        return firsts
    return [as_text(name[:60]) for name in distinct_names(runs).values()]


def _select(name: str, label: str, options: list[str], words: dict[str, str]) -> str:
    chosen: str = st.selectbox(
        label,
        options,
        key=linked(name, options, options[0]),
        format_func=lambda value: words.get(value, value),
        on_change=_filter,
        args=(name, options[0]),
        width=130,
    )
    return chosen


def _draw_reader(runs: Sequence[Run], table: pd.DataFrame, group: str) -> int | None:
    """Draw whose answers the filters and the order go by; None for any run's."""
    if len(runs) == 1:
        return None
    ids = [run.id for run in runs]
    names = distinct_names(runs)
    words = {_ANY: "any run", **names}
    if group == "one_wrong":
        counts = only_wrong_counts(table)
        words |= {
            run_id: f"{names[run_id]}: {count:,}" for run_id, count in zip(ids, counts, strict=True)
        }
    chosen: str = st.selectbox(
        "Answers of",
        [_ANY, *ids],
        key=linked("by", [_ANY, *ids], _ANY),
        format_func=lambda value: words[value],
        on_change=_filter,
        args=("by", _ANY),
        width=200,
        help="“Read as”, “How sure” and the order go by the answers of this run; with “any run” "
        "by the wrong answers, or by all where none is wrong.",
    )
    return ids.index(chosen) if chosen in ids else None


def _draw_order(group: str, runs: int) -> Order:
    orders = [order for order in _ORDERS if runs > 2 or order not in _MANY_ONLY]
    default = _DEFAULT_ORDER.get(group, "confident") if runs > 2 else "confident"
    chosen = st.selectbox(
        "Order",
        orders,
        key=linked("order", orders, default),
        format_func=lambda value: _ORDERS[value],
        on_change=_filter,
        args=("order", default),
        width=210,
    )
    return cast(Order, chosen)


def _filter(name: str, default: str) -> None:
    write_link(name, default)
    _to_first_page()


def _to_first_page() -> None:
    st.session_state["page"] = 1  # what stood on page 7 is now somewhere else


def _clear_filters() -> None:
    _to_first_page()
    address.write_all(dict.fromkeys(_PARAMETERS, ""))


def _digit(value: str) -> int | None:
    return int(value) if value != _ANY else None
