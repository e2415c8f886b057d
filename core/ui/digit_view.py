"""One test digit from close by: the image, what each run says of it, and what spoke for that."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.analysis.mistake_groups import group_counts
from core.analysis.mistakes import rather_than
from core.pictures import png_url
from core.runs.records import Run
from core.ui import address
from core.ui.attribution_view import draw_attributions
from core.ui.frame import guarded
from core.ui.mistake_sheet import find_pictures, page_of
from core.ui.pieces import dot, probability_bars, sureness
from core.ui.trained import answers
from core.words import as_text, distinct_names

_PARAMETER: Final = "digit"
_IMAGE_WIDTH: Final = 250


def draw_digit(
    runs: Sequence[Run],
    table: pd.DataFrame,
    places: Mapping[int, int],
    order: Sequence[int],
    group: str,
) -> None:
    """Open the digit that the address names over the page, if it names one of `table`.

    `table` is the mistake table of `runs` and `places` its rows by the index of their image;
    `order` are the indices that the page has chosen of it, through which one can step, and
    `group` what they are, in words.
    """
    if _asked_index(places) is None:
        return

    def part() -> None:
        with guarded():
            index = _asked_index(places)
            if index is not None:
                _draw_steps(index, order, list(places), group)
                _draw(runs, table, places[index], index)

    st.dialog("A closer look", width="large", on_dismiss=lambda: _close(order))(part)()


def explain_unknown_digit(places: Mapping[int, int]) -> None:
    """Say so if the address names a digit that is not among `places`, those of a mistake table."""
    asked = address.read(_PARAMETER)
    if asked and _asked_index(places) is None:
        st.warning(
            f"The link names test digit {as_text(asked[:20])}, which is not among these "
            f"{len(places):,} test images (the first is number {min(places, default=0)}).",
            icon=":material/link_off:",
        )


def open_digit(index: int) -> None:
    """Have `draw_digit` open a digit, and the address name it."""
    address.write(_PARAMETER, str(index))


def _asked_index(places: Mapping[int, int]) -> int | None:
    """Return the index in the address if it is one of a test image."""
    index = _whole_number(address.read(_PARAMETER))
    return index if index in places else None


def _whole_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def _close(order: Sequence[int]) -> None:
    """Go back to the page of digits: to the one where the last that was looked at stands."""
    index = _whole_number(address.read(_PARAMETER))
    address.write(_PARAMETER, "")
    if index in order:
        st.session_state["page"] = page_of(order.index(index))


def _draw_steps(index: int, order: Sequence[int], every: Sequence[int], group: str) -> None:
    """Draw the way to the digits before and after, in the order of the page behind."""
    among = order if index in order else every
    place = among.index(index)
    if among is order:
        where = f"{place + 1:,} of {len(order):,}, {group}"
    else:
        where = (
            f"{place + 1:,} of all {len(every):,}: not among the digits that the page behind shows"
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, to, key, shortcut in (
            ("Previous", place - 1, "digit_before", "Left"),
            ("Next", place + 1, "digit_after", "Right"),
        ):
            there = 0 <= to < len(among)
            st.button(
                label,
                key=key,
                shortcut=shortcut,
                disabled=not there,
                on_click=open_digit,
                args=(among[to] if there else index,),
            )
        st.caption(where)


def _draw(runs: Sequence[Run], table: pd.DataFrame, place: int, index: int) -> None:
    row = table.iloc[place]
    true = int(row["true"])
    names = distinct_names(runs)
    image = find_pictures(runs, table, [index]).get(index)
    said = [int(row[f"predicted_{k}"]) for k in range(len(runs))]
    shares = [answers(run).probabilities[place] for run in runs]
    with st.container(horizontal=True, gap="large"):
        st.html(
            _image(image, index, true) + _sum(said, true) + _doubt(table, place), width=_IMAGE_WIDTH
        )
        cards = "".join(
            _card(run, names[run.id], of_run, answer, true)
            for run, of_run, answer in zip(runs, shares, said, strict=True)
        )
        st.html(f'<div class="dl-answers dl-beside">{cards}</div>')
    if image is None:
        st.caption(
            "What spoke for and against cannot be shown: the picture of this digit is not here."
        )
        return
    draw_attributions(
        [
            (run, names[run.id], answer, rather_than(of_run, answer, true))
            for run, of_run, answer in zip(runs, shares, said, strict=True)
        ],
        image,
    )


def _image(image: npt.NDArray[np.uint8] | None, index: int, true: int) -> str:
    if image is None:
        picture = (
            '<p class="dl-quiet">Its picture is not here: that needs the data set the runs were '
            "judged on. Only misread digits are kept with a run.</p>"
        )
    else:
        picture = (
            f'<img class="dl-pixels" src="{png_url(image)}" alt="The handwritten digit, a {true} '
            'by its label">'
        )
    return f'{picture}<h3 class="dl-chart-title">Test digit {index:,}: true label {true}</h3>'


def _sum(said: Sequence[int], true: int) -> str:
    wrong = sum(answer != true for answer in said)
    if len(said) == 1:
        words = "The run read it wrongly." if wrong else "The run read it rightly."
    elif wrong in (0, len(said)):
        who = "Both runs" if len(said) == 2 else f"All {len(said)} runs"
        words = f"{who} read it {'wrongly' if wrong else 'rightly'}."
    else:
        words = f"{wrong} of {len(said)} runs read it wrongly."
    return f'<p class="dl-quiet">{words}</p>'


def _doubt(table: pd.DataFrame, place: int) -> str:
    """Point at the label where several runs are sure of the same wrong answer."""
    if not group_counts(table.iloc[[place]]).get("sure_wrong"):
        return ""
    return (
        '<p class="dl-quiet">More than one is sure of the same wrong answer: look whether the '
        "label is right.</p>"
    )


def _card(run: Run, name: str, shares: npt.NDArray[np.float64], answer: int, true: int) -> str:
    mark = "✓ right" if answer == true else f"✗ wrong, true label {true}"
    return (
        f'<div class="dl-answer" data-answer="{answer}"><h3>{dot(run)}{escape(name)}</h3>'
        f"<div>reads a <b>{answer}</b> {mark}</div>"
        f'<div class="dl-sure">{escape(sureness(float(shares[answer])))}</div>'
        f"{probability_bars(run, shares.tolist(), answer)}</div>"
    )
