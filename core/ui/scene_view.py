"""One picture: its digits in boxes, the numbers that the runs read, and a closer look at each."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np
import streamlit as st

from core.analysis.number_agreement import number_agreement
from core.analysis.wording import joined
from core.drawing.corrections import UNSURE, settled
from core.drawing.numbers import in_lines
from core.drawing.scene import Box
from core.pictures import png_url
from core.runs.records import Run
from core.ui.model_answers import draw_model_answers, probabilities_of
from core.ui.picture_boxes import Mark, draw_boxes
from core.ui.picture_work import PictureWork, Shares
from core.ui.pieces import dot
from core.words import as_text, distinct_names, share_word, short_names

_LONGEST: Final = 32  # of a name in a sentence
_WIDTH: Final = 640  # pixels, of the picture on a wide screen
_IMAGE_WIDTH: Final = 170  # pixels, of a digit as the models get it


def draw_scene(runs: Sequence[Run], work: PictureWork) -> None:
    """Draw a picture with what `runs` read in it, to be corrected by hand."""
    found = work.corrected.scene.found
    images = np.stack([each.digit.image for each in found]) if found else np.empty((0, 28, 28))
    said, problems = probabilities_of(runs, images.astype(np.uint8))
    able = [run for run in runs if run.id in said]
    with st.container(horizontal=True, gap="large"):
        with st.container(width=_WIDTH):
            _draw_picture(able, work, said)
        with st.container(width="stretch"):
            for problem in problems:
                st.warning(as_text(problem), icon=":material/broken_image:")
            if work.nothing and not work.changed:
                st.warning(as_text(work.nothing), icon=":material/image_not_supported:")
            elif not found:
                st.info("There is no digit in any box. Add a box around one, or start again.")
            if len(found) > 1:
                _draw_numbers(able, work, said)
            if found:
                _draw_chosen(runs, work)


def _draw_picture(runs: Sequence[Run], work: PictureWork, said: Mapping[str, Shares]) -> None:
    marks = _marks(runs, work, said)
    boxes = [mark.box for mark in marks]
    draw_boxes(
        marks,
        picture=work.address,
        size=work.found.picture.size,
        of=work.token,
        revision=work.revision,
        chosen=boxes.index(work.chosen) if work.chosen in boxes else None,
        name=work.name,
        on_edit=work.apply,
    )
    if work.note:
        st.caption(work.note)
    if work.corrected.empty:
        many = len(work.corrected.empty)
        st.warning(
            "There is only paper in a dotted box: move it onto a digit, or remove it."
            if many == 1
            else f"There is only paper in {many} dotted boxes: move or remove them."
        )
    if work.changed:
        st.button(
            "Back to what was found", icon=":material/undo:", key="as_found", on_click=work.reset
        )


def _marks(runs: Sequence[Run], work: PictureWork, said: Mapping[str, Shares]) -> list[Mark]:
    found, right = work.corrected.scene.found, work.corrected.right
    names = distinct_names(runs)
    answers = {run.id: said[run.id].argmax(axis=1).tolist() for run in runs}
    marks = []
    for place, each in enumerate(found):
        given = [answers[run.id][place] for run in runs]
        typed = right.get(each.box)
        # The most given answer first, as it stands above the box.
        order = sorted(set(given), key=lambda digit: (-given.count(digit), given.index(digit)))
        shown = "|".join(map(str, order[:3])) + ("…" if len(order) > 3 else "")
        spoken = joined([f"{names[run.id]} reads {answers[run.id][place]}" for run in runs])
        corrected = "" if typed is None else f", by you it is a {typed}"
        marks.append(
            Mark(
                each.box,
                typed,
                shown if typed is None else f"{shown} → {typed}",
                str(place + 1) if len(found) > 1 else "",
                f"Digit {place + 1} of {len(found)}: {spoken}{corrected}",
                split=len(order) > 1,
            )
        )
    nothing = "A box with nothing in it"
    return marks + [Mark(box, None, "?", "", nothing, empty=True) for box in work.corrected.empty]


def _draw_numbers(runs: Sequence[Run], work: PictureWork, said: Mapping[str, Shares]) -> None:
    found = work.corrected.scene.found
    lines = [each.line for each in found]
    names, short = distinct_names(runs), short_names(runs, _LONGEST)
    answers = {run.id: said[run.id].argmax(axis=1).tolist() for run in runs}
    readings = [(short[run.id], answers[run.id]) for run in runs]
    first = in_lines(lines, readings[0][1]) if readings else []
    count = f"{len(found)} digits" + (f" in {len(set(lines))} lines" if len(set(lines)) > 1 else "")
    cards = "".join(_card(run, names[run.id], work, answers[run.id], said[run.id]) for run in runs)
    st.html(
        f'<p class="dl-lead dl-sum" role="status">{escape(number_agreement(readings, first))}</p>'
        f'<p class="dl-quiet">{count}, read from left to right'
        f"{' and line by line' if len(set(lines)) > 1 else ''}.</p>"
        f'<div class="dl-numbers">{cards}</div>'
    )
    if work.corrected.right:
        _draw_settled(work, list(answers.values()))


def _card(run: Run, name: str, work: PictureWork, answers: Sequence[int], shares: Shares) -> str:
    found, right = work.corrected.scene.found, work.corrected.right
    letters = [
        f"<span{_letter_class(answer, right.get(each.box))}>{answer}</span>"
        for answer, each in zip(answers, found, strict=True)
    ]
    lines = in_lines([each.line for each in found], letters)
    sure = shares.max(axis=1)
    least = int(sure.argmin())
    note = f"Least sure of digit {least + 1} ({share_word(float(sure[least]))})."
    if right:
        note += f" {_judged(answers, [right.get(each.box) for each in found])}"
    number = "/".join(in_lines([each.line for each in found], answers))
    return (
        f'<div class="dl-number" data-number="{number}"><h2 class="dl-small">{dot(run)}'
        f"{escape(name)} reads</h2>"
        + "".join(f'<div class="dl-said">{line}</div>' for line in lines)
        + f'<div class="dl-sure">{escape(note)}</div></div>'
    )


def _judged(answers: Sequence[int], right: Sequence[int | None]) -> str:
    """Say which of the digits that somebody named were misread."""
    wrong = [
        str(place)
        for place, (answer, named) in enumerate(zip(answers, right, strict=True), 1)
        if named not in (None, answer)
    ]
    return f"Misread: {_digits(wrong)}." if wrong else "Right where you said what it is."


def _digits(places: Sequence[str]) -> str:
    return f"digit{'' if len(places) == 1 else 's'} {joined(places, most=4)}"


def _letter_class(answer: int, right: int | None) -> str:
    return ' class="dl-wrong" title="misread"' if right not in (None, answer) else ""


def _draw_settled(work: PictureWork, answers: Sequence[Sequence[int]]) -> None:
    numbers = settled(work.corrected, answers)
    open_places = [
        str(place + 1) for place, letter in enumerate("".join(numbers)) if letter == UNSURE
    ]
    lines = "".join(f'<div class="dl-said">{escape(number)}</div>' for number in numbers)
    st.html(
        f'<div class="dl-number dl-settled" data-number="{escape("/".join(numbers))}">'
        f'<h2 class="dl-small">With your corrections</h2>{lines}</div>'
    )
    if open_places:
        which = "it" if len(open_places) == 1 else "them"
        st.caption(
            f"“{UNSURE}”: the runs disagree about {_digits(open_places)}. Choose {which} and say "
            "what is right."
        )
    st.caption("The models do not change by this: they stay as they were trained.")


def _draw_chosen(runs: Sequence[Run], work: PictureWork) -> None:
    found = work.corrected.scene.found
    place = next((at for at, each in enumerate(found) if each.box == work.chosen), None)
    if place is None:
        st.html(
            '<p class="dl-quiet dl-choose">Choose a digit on the picture: you see it as the models '
            "do, with every run's ten bars, and can say what it really is.</p>"
        )
        return
    each = found[place]
    with st.container(key="chosen_digit"):
        if len(found) > 1:
            st.html(f'<h2 class="dl-digit-title">Digit {place + 1} of {len(found)}</h2>')
        with st.container(horizontal=True):
            st.html(
                f'<img class="dl-pixels" src="{png_url(each.digit.image)}" '
                'alt="The digit as the models get it, 28×28 pixels">',
                width=_IMAGE_WIDTH,
            )
            with st.container(width="stretch"):
                _draw_right(work, each.box)
        draw_model_answers(runs, each.digit)


def _draw_right(work: PictureWork, box: Box) -> None:
    # A key for each box: Streamlit keeps what another one's control showed.
    key = f"right_{work.token}_{'_'.join(map(str, box))}"
    typed = work.corrected.right.get(box)
    if st.session_state.get(key) != typed:
        st.session_state[key] = typed
    st.pills(
        "What it really is",
        range(10),
        key=key,
        on_change=lambda: work.set_right(box, st.session_state[key]),
        help="Say so where a run misread it. The models do not change by this.",
    )
