"""The parts of the Draw page: pad and upload, what the models see, what each of them says."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.drawing import Digit, to_digit
from core.errors import DigitLabError, DrawingError, EmptyDrawingError
from core.learning.evaluation import predict
from core.pictures import png_url, read_picture
from core.runs.records import Run
from core.ui.frame import guarded
from core.ui.pad import INVITATION, PAD_SIDE, draw_pad
from core.ui.pieces import answer_card
from core.ui.services import services
from core.ui.trained import trained_model
from core.words import as_text, distinct_names

_FILE_TYPES: Final = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]


def draw_pad_and_answers(runs: Sequence[Run]) -> None:
    """Draw the pad on one side and the answers on the other; a stroke redraws only these."""
    ids = [run.id for run in runs]

    def part() -> None:
        with guarded(), st.container(horizontal=True, gap="large"):
            with st.container(width=PAD_SIDE + 10):
                source = _draw_inputs()
            digit, problem = _prepare(source)
            with st.container(width=PAD_SIDE - 60, key="what_they_see"):
                _draw_seen(digit)
            with st.container(width="stretch"):
                _draw_answers([services().store.read(run_id) for run_id in ids], digit, problem)

    st.fragment(part)()


def _draw_inputs() -> Any:
    """Draw pad and upload; return the picture, or the DrawingError that says why there is none."""
    st.html('<h2 class="dl-pad-title dl-small">Your digit</h2>')
    drawing = draw_pad()
    upload = st.file_uploader(
        "Or a picture of one digit",
        type=_FILE_TYPES,
        max_upload_size=10,
        key=f"upload_{st.session_state.get('upload_round', 0)}",
        help="PNG, JPEG, WebP, GIF or BMP, at most 10 MB. One digit, dark on light or light on "
        "dark. Nothing is kept.",
    )
    try:
        if upload is not None:
            st.caption("This picture is read, not the pad. Remove it, or press Clear, to draw.")
            return read_picture(upload.getvalue(), upload.name)
        return drawing()
    except DrawingError as error:
        return error


def _prepare(source: Any) -> tuple[Digit | None, str]:
    try:
        if isinstance(source, DrawingError):
            raise source
        return to_digit(source), ""
    except EmptyDrawingError:
        return None, INVITATION
    except DrawingError as error:
        return None, str(error)


def _draw_seen(digit: Digit | None) -> None:
    image = digit.image if digit else np.zeros((28, 28), dtype=np.uint8)
    alt = "The drawing as the models get it" if digit else "Nothing is drawn yet"
    st.html(
        '<h2 class="dl-small">What they see</h2>'
        f'<img class="dl-pixels" src="{png_url(image)}" alt="{alt}">'
        '<p class="dl-quiet">28×28 pixels: cut to the ink, scaled to 20 pixels, and moved so that '
        "its weight is in the middle, as MNIST's digits were made.</p>"
    )


def _draw_answers(runs: Sequence[Run], digit: Digit | None, problem: str) -> None:
    cards, said = [], []
    names = distinct_names(runs)
    for run in runs:
        try:
            model = trained_model(run.id)
        except DigitLabError as error:
            st.warning(as_text(str(error)), icon=":material/broken_image:")
            continue
        if digit is None:
            cards.append(answer_card(run, None, names[run.id]))
            continue
        probabilities = predict(run.config, model, digit.image[None])[0]
        said.append((names[run.id], probabilities))
        cards.append(answer_card(run, probabilities, names[run.id]))
    # One line that is always there: an invitation, a problem, or what the answers add up to.
    st.html(
        f'<p class="dl-lead dl-sum" role="status">{escape(problem or agreement(said))}</p>'
        f'<div class="dl-answers">{"".join(cards)}</div>'
    )


def agreement(said: Sequence[tuple[str, npt.NDArray[np.float32]]]) -> str:
    """Say what the answers of named runs, each `(10,)` probabilities, add up to."""
    if not said:
        return ""
    digits = [int(probabilities.argmax()) for _, probabilities in said]
    if len(said) == 1:
        return f"It reads a {digits[0]}."
    if len(set(digits)) == 1:
        return f"{'Both' if len(said) == 2 else 'All'} read a {digits[0]}."
    readings = ", ".join(
        f"{name} says {digit}" for (name, _), digit in zip(said, digits, strict=True)
    )
    return f"They disagree: {readings}."
