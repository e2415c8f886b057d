"""What the models get of a drawing, pixel by pixel, and a switch for each step on the way there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st
from PIL import Image

from core.drawing import Digit, to_digit
from core.pictures import png_url
from core.ui.linked_controls import draw_switch


@dataclass(frozen=True)
class _Step:
    """A step of the preparation: what its switch is called, what it does, and what is without."""

    switch: str
    does: str
    without: str


_STEPS: Final[Mapping[str, _Step]] = {
    "center": _Step(
        "Centring",
        "Moves the digit so that the weight of its ink (the centre of mass) lies in the middle, as "
        "in all images that the models learned from. A few pixels aside, they misread it.",
        "the digit lies where it was drawn",
    ),
    "scale": _Step(
        "Scaling",
        "Brings the digit's longer side to 20 of the 28 pixels, as in MNIST. Without it the whole "
        "pad is shrunk, and a digit drawn small stays small.",
        "the whole pad is shrunk, and a small digit stays small",
    ),
    "thicken": _Step(
        "Thickness",
        "Widens strokes that are finer than nearly all of MNIST's, which would fade when a large "
        "drawing is shrunk, and thins a thick brush, which closes the loops of a small digit.",
        "strokes stay as fine or as thick as they were drawn",
    ),
}


@dataclass(frozen=True)
class Preparation:
    """The way from a drawing to what the models get; `off` names the steps switched off."""

    off: tuple[str, ...] = ()

    def digit(self, picture: Image.Image) -> Digit:
        """Return the digit; raises as `to_digit` does."""
        return to_digit(picture, **dict.fromkeys(self.off, False))

    @property
    def warning(self) -> str:
        """Say that these are not the models' real answers; nothing where every step is on."""
        if not self.off:
            return ""
        if len(self.off) == 1:
            return f"Not their real answers: {_STEPS[self.off[0]].switch.lower()} is off"
        return f"Not their real answers: {len(self.off)} steps are off"


def draw_steps() -> Preparation:
    """Draw a switch for each step, tied to the address; return the way that they leave."""
    with st.container(gap="small", key="steps"):
        off = [
            name for name, step in _STEPS.items() if not draw_switch(name, step.switch, step.does)
        ]
    return Preparation(tuple(off))


def draw_prepared(digit: Digit | None, preparation: Preparation, full: Digit | None) -> None:
    """Draw what the models get, in the same room with and without a `digit`.

    `full` is the same drawing with every step, where some are off.
    """
    image = digit.image if digit else np.zeros((28, 28), dtype=np.uint8)
    alt = "The drawing as the models get it" if digit else "Nothing is drawn yet"
    st.html(
        '<h2 class="dl-small">What they see</h2>'
        f'<div class="dl-squares"><img class="dl-pixels" src="{png_url(image)}" alt="{alt}"></div>'
        f'<p class="dl-quiet dl-prepared">{_explanation(digit, preparation, full)}</p>'
    )


def _explanation(digit: Digit | None, preparation: Preparation, full: Digit | None) -> str:
    if not preparation.off:
        return (
            "28×28 pixels, made like the images that they learned from. Switch a step off to see "
            "what it is good for."
        )
    steps = [_STEPS[name] for name in preparation.off]
    without = "; ".join(f"without {step.switch.lower()}, {step.without}" for step in steps)
    same = digit and full and np.array_equal(digit.image, full.image)
    told = " With this drawing it makes no difference." if same else ""
    return f"{without[0].upper()}{without[1:]}.{told}"
