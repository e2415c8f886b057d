"""Which ink of a digit spoke for what a run answered, and which against it, as pictures."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.analysis.wording import number
from core.config import IMAGE_SIDE
from core.errors import DigitLabError
from core.learning.attribution import Attribution, integrated_gradients
from core.pictures import png_url
from core.runs.records import Run
from core.ui.one_core import one_core_each
from core.ui.pieces import dot
from core.ui.services import services
from core.ui.trained import trained_model

# Yellow and violet keep apart for colour-blind eyes, and hardly any run has them; violet is striped
# besides.
_FOR: Final = (255, 212, 60)
_AGAINST: Final = (172, 136, 255)
_ENLARGED: Final = 10  # pixels of the picture for one of the digit
_INK: Final = 0.4  # how bright the digit itself stays, so that the colours stand out
_STRIPES: Final = 5
_WIDTH: Final = 250

_HOW_TO_READ: Final = (
    "Yellow ink moved the run towards its answer, violet striped ink away from it, towards the "
    "other digit; the brighter, the more (integrated gradients). Each picture has its own scale."
)
_WHAT_IT_CANNOT_TELL: Final = (
    "What it cannot tell: a gap in the ink can matter too and gets no colour, because blank paper "
    "is what each picture is measured against; and it does not tell why a run learned to look "
    "there, nor what it would read if the digit were written differently."
)


def draw_attributions(
    runs: Sequence[tuple[Run, str, int, int]], image: npt.NDArray[np.uint8]
) -> None:
    """Draw for each run, named, what spoke for its answer rather than another digit.

    `runs` holds run, name, answer and the other digit; `image` is `(28, 28)` uint8. A run whose
    model cannot be read gets the reason instead.
    """
    st.html(
        '<h3 class="dl-chart-title">What spoke for and against</h3>'
        f'<p class="dl-quiet">{_HOW_TO_READ}</p>'
    )
    with st.container(horizontal=True, gap="medium", key="attributions"):
        for run, name, answer, other in runs:
            st.html(_card(run, name, answer, other, image), width=_WIDTH)
    st.html(f'<p class="dl-quiet">{_WHAT_IT_CANNOT_TELL}</p>')


def _card(run: Run, name: str, answer: int, other: int, image: npt.NDArray[np.uint8]) -> str:
    title = f"<h4>{dot(run)}{escape(name)}: {answer} rather than {other}</h4>"
    try:
        version = services().store.weights_version(run.id)
        found = _contributions(run.id, version, answer, other, image.tobytes())
    except DigitLabError as error:
        return f'<div class="dl-spoke">{title}<p class="dl-quiet">{escape(str(error))}</p></div>'
    sentence = contribution_sentence(found, answer, other)
    picture = png_url(contribution_picture(image, found.pixels))
    alt = f"The digit with the ink coloured that spoke for {answer} or against it"
    return (
        f'<div class="dl-spoke">{title}<img class="dl-pixels" src="{picture}" alt="{alt}">'
        f'<p class="dl-quiet">{escape(sentence)}</p></div>'
    )


@st.cache_resource(max_entries=1024, show_spinner=False)
def _contributions(
    run_id: str, version: int, answer: int, other: int, pixels: bytes
) -> Attribution:
    del version  # it only keys the cache
    config = services().store.read(run_id).config
    image = np.frombuffer(pixels, dtype=np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)
    [found] = one_core_each(
        lambda model: integrated_gradients(config, model, image, answer, other),
        [trained_model(run_id)],
    )
    return found


def contribution_sentence(found: Attribution, answer: int, other: int) -> str:
    """Say how an answer's lead comes about: what blank paper gives, the ink for and against it."""
    lead = f"{answer} leads {other} by {_score(found.image)} in the run's own score (logits)"
    if not found.pixels.any():
        return f"{lead}, and as much on blank paper: the ink made no difference."
    yellow = float(found.pixels[found.pixels > 0].sum())
    violet = float(-found.pixels[found.pixels < 0].sum())
    return (
        f"{lead}: blank paper gives {_score(found.paper)}, yellow ink adds {_score(yellow)}, "
        f"violet ink takes {_score(violet)} away."
    )


def _score(value: float) -> str:
    return number(value, 1 if abs(value) >= 1 else 2)


def contribution_picture(
    image: npt.NDArray[np.uint8], pixels: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    """Return `image` `(28, 28)`, enlarged and dimmed, under the colours of its contributions.

    `pixels` `(28, 28)` are scaled by the largest of them; the picture is RGB `(280, 280, 3)`.
    """
    strongest = float(np.abs(pixels).max())
    # The root: most contributions are small, and a linear scale leaves them black.
    share = np.sqrt(np.abs(pixels) / strongest) if strongest else np.zeros(pixels.shape)
    hue = np.where((pixels >= 0)[..., None], _FOR, _AGAINST)
    grey = np.repeat(_INK * image[..., None].astype(np.float64), 3, axis=-1)
    mixed = (1 - share[..., None]) * grey + share[..., None] * hue
    large = mixed.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
    large[_stripes(large.shape[0]) & (pixels < 0).repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)] *= 0.45
    picture: npt.NDArray[np.uint8] = large.round().astype(np.uint8)
    return picture


def _stripes(side: int) -> npt.NDArray[np.bool_]:
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    slanted: npt.NDArray[np.bool_] = (across + down) % _STRIPES < _STRIPES // 2
    return slanted
