"""One drawing of the field test from close by: as drawn, as read, and what the owner may do."""

from collections.abc import Sequence
from html import escape
from typing import Final, Never

import numpy as np
import streamlit as st

from core.analysis.agreement import with_article
from core.analysis.wording import joined
from core.errors import DigitLabError
from core.field_test.records import Drawing
from core.pictures import png_url, read_picture
from core.ui import address
from core.ui.drawing_actions import delete, restore, set_hidden
from core.ui.drawing_answers import Reader
from core.ui.field_round_view import told
from core.ui.frame import guarded
from core.ui.model_answers import probabilities_of
from core.ui.owner import may_manage_drawings
from core.ui.pieces import answer_card
from core.ui.services import services
from core.words import as_text

_PARAMETER: Final = "drawing"


def open_drawing(drawing_id: str) -> Never:
    """Open a drawing over the page, and have the address name it."""
    address.write(_PARAMETER, drawing_id)
    st.rerun()


def draw_opened_drawing(which: Sequence[Reader]) -> None:
    """Open the drawing that the address names, if it names one that may be seen."""
    asked = address.read(_PARAMETER)
    if not asked:
        return
    try:
        drawing = services().drawings.read(asked)
    except DigitLabError as error:
        st.warning(as_text(str(error)), icon=":material/link_off:")
        return
    if (drawing.hidden or _is_binned(drawing)) and not may_manage_drawings():
        st.warning("The owner has taken this drawing out.", icon=":material/link_off:")
        return

    def part() -> None:
        with guarded():
            _draw(drawing, which)

    st.dialog(f"Asked for: {with_article(drawing.label)}", width="large", on_dismiss=_close)(part)()


def _draw(drawing: Drawing, which: Sequence[Reader]) -> None:
    original = services().drawings.original(drawing.id)
    picture = read_picture(original.picture, "The drawing").convert("RGB")
    runs = [one.run for one in which]
    said, _ = probabilities_of(runs, drawing.digit.copy()[None])
    read = [(one, said[one.run.id][0]) for one in which if one.run.id in said]
    sentence = told(drawing.label, [(one.name, int(shares.argmax())) for one, shares in read])
    cards = "".join(answer_card(one.run, shares, one.name) for one, shares in read)
    st.html(
        '<div class="dl-drawn">'
        f'<figure><img src="{png_url(np.asarray(picture))}" alt="The drawing">'
        "<figcaption>as it was drawn</figcaption></figure>"
        f'<figure><img class="dl-pixels" src="{png_url(drawing.digit)}" '
        'alt="The drawing as the models get it"><figcaption>as the models get it</figcaption>'
        f'</figure></div><p class="dl-lead">{escape(sentence)}</p>'
        f'<p class="dl-quiet">{escape(_standing(drawing))}</p>'
        f'<div class="dl-answers">{cards}</div>'
    )
    if may_manage_drawings():
        _draw_buttons(drawing)


def _standing(drawing: Drawing) -> str:
    when = f"{drawing.time:%d %B %Y, %H:%M} UTC".lstrip("0")
    why = [
        *(["it lies in the bin"] if _is_binned(drawing) else []),
        *(["hidden by the owner"] if drawing.hidden else []),
        *(["its maker called it a mistake"] if drawing.mistake else []),
    ]
    counts = f"Not counted: {joined(why)}." if why else "It counts."
    return f"Drawn on {when}. {counts}"


def _draw_buttons(drawing: Drawing) -> None:
    with st.container(horizontal=True):
        if _is_binned(drawing):
            if st.button("Take it back", key="restore_drawing", icon=":material/undo:"):
                restore([drawing.id])
                _close()
                st.rerun()
            return
        label = "Show it again" if drawing.hidden else "Hide it"
        if st.button(label, key="hide_drawing"):
            set_hidden([drawing.id], not drawing.hidden)
            _close()
            st.rerun()
        if st.button("Delete it", key="delete_drawing", icon=":material/delete:"):
            delete([drawing.id])
            _close()
            st.rerun()


def _is_binned(drawing: Drawing) -> bool:
    return any(one.id == drawing.id for one in services().drawings.binned())


def _close() -> None:
    address.write(_PARAMETER, "")
