"""One round of the field test: the prompt and the pad, then what the models read."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st
from PIL import Image

from core.analysis.agreement import with_article
from core.analysis.wording import joined
from core.errors import (
    DigitLabError,
    DrawingError,
    DrawingNotFoundError,
    EmptyDrawingError,
)
from core.field_test.records import Drawing
from core.field_test.taking import keep_drawing
from core.pictures import png_url
from core.ui.draw_view import unreadable
from core.ui.drawing_answers import Reader
from core.ui.field_session import PAD, FieldSession, field_session
from core.ui.model_answers import probabilities_of
from core.ui.pad import PAD_SIDE, clear_pad, draw_pad, pad_strokes
from core.ui.pieces import answer_card
from core.ui.services import services

_PROMISE: Final = (
    "Write it as you would on paper. When you press Done, the drawing is kept, and only then do "
    "the models answer, so that no answer can sway how you draw. What is kept is the drawing, its "
    "strokes, the digit you were asked for and the time. Nothing about you."
)


def draw_round(which: Sequence[Reader]) -> None:
    """Draw the prompt with the pad, or the answers to the drawing that was just kept."""
    session = field_session()
    kept = _kept(session)
    with st.container(horizontal=True, gap="large"):
        if kept is None:
            with st.container(width=PAD_SIDE + 10, key="field_left"):
                _draw_prompt(session)
            with st.container(width="stretch", key="field_right"):
                _draw_waiting(session, which)
        else:
            with st.container(width=PAD_SIDE + 10, key="field_left"):
                _draw_kept(kept)
            with st.container(width="stretch", key="field_right"):
                _draw_answers(which, kept)


def _kept(session: FieldSession) -> Drawing | None:
    """Return the drawing whose answers are shown, unless somebody has deleted it meanwhile."""
    if session.answered is None:
        return None
    try:
        return services().drawings.read(session.answered)
    except DigitLabError:
        _next()
        return None


def _draw_prompt(session: FieldSession) -> None:
    st.html(
        f'<h2 class="dl-prompt">Draw {with_article(session.prompts.current)}</h2>'
        '<p class="dl-quiet">Done keeps the drawing, and nothing about you.</p>'
    )
    drawing = draw_pad(PAD)
    picture = _picture(drawing)
    with st.container(horizontal=True):
        if st.button("Done", type="primary", icon=":material/check:", key="field_done"):
            _keep(session, picture)
            st.rerun()
        # Before the pad is drawn: it must be cleared by then.
        st.button("Skip this one", key="field_skip", type="tertiary", on_click=_next)


def _picture(drawing: Callable[[], Image.Image]) -> Image.Image | DigitLabError:
    try:
        return drawing()
    except DigitLabError as error:
        return error


def _keep(session: FieldSession, picture: Image.Image | DigitLabError) -> None:
    """Keep the drawing, or note why not: the pad stays as it is then."""
    store, label = services().drawings, session.prompts.current
    try:
        if isinstance(picture, DigitLabError):
            raise picture
        problem = unreadable(picture)
        if problem:
            raise DrawingError(problem)
        session.count.check(store.limits)
        session.answered = keep_drawing(store, picture, label, pad_strokes(PAD)).id
    except EmptyDrawingError:
        session.problem = (
            f"There is nothing on the pad yet: draw {with_article(label)}, then press Done."
        )
    except DigitLabError as error:
        session.problem = str(error)
    else:
        session.count.note()
        session.problem = ""


def _next() -> None:
    session = field_session()
    session.prompts.advance()
    session.answered, session.problem = None, ""
    clear_pad(PAD)


def _draw_waiting(session: FieldSession, which: Sequence[Reader]) -> None:
    problem, session.problem = session.problem, ""  # said until the next stroke
    st.html(
        f'<p class="dl-lead dl-sum" role="status">{escape(problem)}</p>'
        f'<h2 class="dl-small">{_who_answers(len(which))}</h2>'
        f'<p class="dl-quiet">{_PROMISE}</p>{_thanks(session)}'
    )


def _who_answers(runs: int) -> str:
    if not runs:
        return "No run is chosen: your drawing counts for those that are chosen later"
    many = {1: "One model answers", 2: "Both models answer"}.get(runs, f"All {runs} models answer")
    return f"{many} when you are done"


def _thanks(session: FieldSession) -> str:
    kept = len(session.count.kept)
    if not kept:
        return ""
    what = "1 drawing of yours was" if kept == 1 else f"{kept} drawings of yours were"
    return f'<p class="dl-quiet">{what} kept in this visit. Thank you.</p>'


def _draw_kept(kept: Drawing) -> None:
    st.html(
        f'<h2 class="dl-prompt">Asked for: {with_article(kept.label)}</h2>'
        f'<img class="dl-pixels dl-kept" src="{png_url(kept.digit)}" '
        'alt="Your drawing as the models get it">'
        '<p class="dl-quiet">Kept. This is how the models get it: 28×28 pixels.</p>'
    )
    with st.container(horizontal=True):
        st.button(
            "Next digit",
            type="primary",
            icon=":material/arrow_forward:",
            key="field_next",
            on_click=_next,
        )
        label = "It counts after all" if kept.mistake else "That was my mistake"
        if st.button(label, key="field_mistake", help=_MISTAKE_HELP):
            _mark(kept)
            st.rerun()
    if kept.mistake:
        st.html(
            '<p class="dl-quiet" role="status">Marked as a mistake of yours: it does not count.</p>'
        )


_MISTAKE_HELP: Final = (
    "If you drew another digit than the one asked for, or slipped. Not if a model reads it "
    "wrongly: those are the drawings that the test is about."
)


def _mark(kept: Drawing) -> None:
    try:
        services().drawings.mark(kept.id, mistake=not kept.mistake)
    except DrawingNotFoundError:
        _next()  # the owner has deleted it


def _draw_answers(which: Sequence[Reader], kept: Drawing) -> None:
    runs = [one.run for one in which]
    said, problems = probabilities_of(runs, kept.digit.copy()[None])
    read = [(one, int(said[one.run.id][0].argmax())) for one in which if one.run.id in said]
    cards = [answer_card(one.run, said[one.run.id][0], one.name) for one, _ in read]
    sentence = told(kept.label, [(one.name, digit) for one, digit in read])
    st.html(
        f'<p class="dl-lead dl-sum" role="status">{escape(" ".join([sentence, *problems]))}</p>'
        f'<div class="dl-answers">{"".join(cards)}</div>'
    )


def told(label: int, read: Sequence[tuple[str, int]]) -> str:
    """Say who of the named runs read the drawing of `label` right, and what the others read."""
    if not read:
        return "No model could answer. The drawing is kept, and counts for those that can."
    right = [name for name, digit in read if digit == label]
    wrong = [f"{name} reads {with_article(digit)}" for name, digit in read if digit != label]
    if not wrong:
        who = {1: f"{right[0]} reads", 2: "Both read"}.get(len(read), "All read")
        return f"{who} it right: {with_article(label)}."
    if not right:
        return f"{'Not right' if len(read) == 1 else 'Nobody reads it right'}: {joined(wrong)}."
    return f"{joined(right)} {'reads' if len(right) == 1 else 'read'} it right; {joined(wrong)}."
