"""The parts of the Mistakes page: groups with counts, filters, and the sheet of digits."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.analysis.mistakes import GROUPS, Order, Reading, group_counts, mistake_table, select
from core.config import CLASSES
from core.errors import DataError, DigitLabError, RunStateError
from core.learning.data import load
from core.runs.records import Run
from core.ui.links import linked, write_link
from core.ui.pieces import dot, named, png_url, share_word
from core.ui.services import services
from core.words import as_text, distinct_names

PAGE_SIZE: Final = 60
_ANY: Final = "any"
_ORDERS: Final = {
    "confident": "most sure first",
    "unsure": "least sure first",
    "index": "as in the test set",
}
_DEFAULT_GROUP: Final = {1: "wrong", 2: "only_a_wrong"}

Pictures = Mapping[int, npt.NDArray[np.uint8]]


def draw_mistakes(runs: Sequence[Run]) -> None:
    """Draw the digits that one or two finished runs read, filtered as the address says."""
    runs, table = _answers(runs)
    if not runs:
        return
    group = _draw_groups(runs, table)
    reader = _reader(runs)
    by = "" if reader is None or len(runs) == 1 else f" (by {_short_names(runs)[reader]})"
    true, read, order = _draw_filters(f"Read as{by}")
    chosen = select(table, group, true=true, predicted=read, order=order, reader=reader)
    _draw_sheet(runs, chosen)


def _answers(runs: Sequence[Run]) -> tuple[list[Run], pd.DataFrame]:
    store = services().store
    readable, answers = [], []
    for run in runs:
        try:
            answers.append(store.predictions(run.id))
            readable.append(run)
        except DigitLabError as error:
            st.warning(as_text(str(error)), icon=":material/broken_image:")
    if len(answers) == 2 and not np.array_equal(answers[0].labels, answers[1].labels):
        st.warning(
            f"{as_text(readable[1].name)} was judged on other test images than "
            f"{as_text(readable[0].name)}, so only "
            "the first is shown.",
            icon=":material/balance:",
        )
        readable, answers = readable[:1], answers[:1]
    if not answers:
        return [], pd.DataFrame()
    readings = [Reading(found.predicted, found.probabilities) for found in answers]
    return readable, mistake_table(answers[0].labels, answers[0].indices, readings)


def _draw_groups(runs: Sequence[Run], table: pd.DataFrame) -> str:
    counts = group_counts(table)
    words = _group_words(runs)
    groups = [group for group in GROUPS[len(runs)] if group in words]
    default = _DEFAULT_GROUP[len(runs)]
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
    if len(runs) == 1:
        return {"wrong": "wrong", "right": "right", "all": "all"}
    first, second = _short_names(runs)
    return {
        "only_a_wrong": f"only {first} wrong",
        "only_b_wrong": f"only {second} wrong",
        "both_wrong": "both wrong",
        "both_right": "both right",
        "all": "all",
    }


def _short_names(runs: Sequence[Run]) -> list[str]:
    firsts = [as_text(re.split(r"[,(]", run.name)[0].strip()[:24]) or "run" for run in runs]
    if len(set(firsts)) == len(firsts):
        return firsts
    return [as_text(name[:60]) for name in distinct_names(runs).values()]


def _draw_filters(read_label: str) -> tuple[int | None, int | None, Order]:
    digits = [_ANY, *map(str, range(CLASSES))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        true = _select("true", "True digit", digits, {})
        read = _select("read", read_label, digits, {})
        order = _select("order", "Order", list(_ORDERS), dict(_ORDERS))
        if (true, read) != (_ANY, _ANY) or "by" in st.query_params:
            st.button("Show all again", key="no_filter", on_click=_clear_filters)
    return _digit(true), _digit(read), cast(Order, order)


def _select(name: str, label: str, options: list[str], words: dict[str, str]) -> str:
    chosen: str = st.selectbox(
        label,
        options,
        key=linked(name, options, options[0]),
        format_func=lambda value: words.get(value, value),
        on_change=_filter,
        args=(name, options[0]),
        width=170,
    )
    return chosen


def _filter(name: str, default: str) -> None:
    write_link(name, default)
    st.session_state["page"] = 1  # what stood on page 7 is now somewhere else


def _clear_filters() -> None:
    st.session_state["page"] = 1
    for name in ("true", "read", "by", "group"):
        st.query_params.pop(name, None)


def _digit(value: str) -> int | None:
    return int(value) if value != _ANY else None


def _reader(runs: Sequence[Run]) -> int | None:
    """Return whose reading the "read as" filter means, if a matrix cell led here."""
    ids = [run.id for run in runs]
    by = st.query_params.get("by")
    return ids.index(by) if by in ids else None


def _draw_sheet(runs: Sequence[Run], chosen: pd.DataFrame) -> None:
    if chosen.empty:
        st.info("No digit is in this group with these filters. Show all again, or choose another.")
        return
    pages = -(-len(chosen) // PAGE_SIZE)
    page = 1
    if pages > 1:
        # Bound to the address, where the number alone is what stands on the button, too.
        page = st.pagination(pages, key="page", bind="query-params") or 1
    start = (page - 1) * PAGE_SIZE
    shown = chosen.iloc[start : start + PAGE_SIZE]
    pictures, complete = _pictures(runs)
    names = distinct_names(runs)
    who = "".join(f"<span>{named(run, names[run.id])}</span>" for run in runs)
    st.html(
        f'<div class="dl-who">{who}</div>'
        f'<p class="dl-quiet">{start + 1:,} to {start + len(shown):,} of {len(chosen):,} digits. '
        "The percentage is how sure the run was of its answer (softmax probability).</p>"
    )
    tiles = "".join(
        _tile(row, runs, pictures) for row in cast(list[dict[str, Any]], shown.to_dict("records"))
    )
    st.html(f'<div class="dl-sheet">{tiles}</div>')
    if not complete and any(int(index) not in pictures for index in shown["index"]):
        st.caption(
            "Pictures of digits that were read right need the data set the run was judged on, "
            "which is not here. Misread digits are kept with the run."
        )


def _pictures(runs: Sequence[Run]) -> tuple[Pictures, bool]:
    """Return the test images by position, and whether that is all of them."""
    try:
        pixels = load(runs[0].config.dataset, services().settings.data).test.pixels.numpy()
        return dict(enumerate(pixels)), True
    except DataError:
        kept: dict[int, npt.NDArray[np.uint8]] = {}
        for run in runs:
            try:
                kept |= services().store.digits(run.id)
            except (RunStateError, DigitLabError) as error:
                st.warning(as_text(str(error)))
        return kept, False


def _tile(row: Mapping[str, Any], runs: Sequence[Run], pictures: Pictures) -> str:
    index, true = int(row["index"]), int(row["true"])
    if index in pictures:
        picture = f'<img src="{png_url(pictures[index])}" alt="A handwritten {true}">'
    else:
        picture = '<img alt="The picture is not here">'
    readings = "".join(
        f"<br>{dot(run) if len(runs) > 1 else ''}{_reading(row, place, bare=len(runs) == 1)}"
        for place, run in enumerate(runs)
    )
    names = ", ".join(
        f"{escape(run.name)}: {int(row[f'predicted_{place}'])}" for place, run in enumerate(runs)
    )
    return (
        f'<figure title="Test digit {index:,}. {names}">{picture}'
        f"<figcaption>true <b>{true}</b>{readings}</figcaption></figure>"
    )


def _reading(row: Mapping[str, Any], place: int, *, bare: bool) -> str:
    predicted, sure = int(row[f"predicted_{place}"]), float(row[f"confidence_{place}"])
    mark = "✓" if row[f"right_{place}"] else "✗"
    word = "read as " if bare else ""
    return f"{word}<b>{predicted}</b> {mark} {escape(share_word(sure))}"
