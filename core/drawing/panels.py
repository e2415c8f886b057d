"""Digits on a ground of their own, such as white ones on black tiles on a white page."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.drawing.threshold import Ink, ink_on_paper, stroke_width

LEAST_SIDE: Final = 20  # pixels of a panel
FULL: Final = 0.9  # of its box: what a panel fills, together with what is on it
GROUND: Final = 0.55  # of its box: what its ground fills alone; a thick 0 fills less

Bytes = NDArray[np.uint8]


def with_panels_opened(pixels: Bytes, ink: Ink) -> Ink:
    """Return `ink` of the RGB picture with upright solid rectangles seen as paper of their own."""
    labels, _ = ndimage.label(ink.marks, np.ones((3, 3)))
    opened = None
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        sides = [part.stop - part.start for part in place]
        if min(sides) < LEAST_SIDE:
            continue
        own = labels[place] == number
        if own.mean() < GROUND or ndimage.binary_fill_holes(own).mean() < FULL:
            continue
        if opened is None:
            opened = replace(
                ink, tone=ink.tone.copy(), darker=ink.darker.copy(), marks=ink.marks.copy()
            )
        # A pixel at each edge is half panel, half page.
        inner = tuple(slice(part.start + 2, part.stop - 2) for part in place)
        opened.marks[place] = False
        opened.tone[place] = 0
        within = ink_on_paper(pixels[inner])
        opened.marks[inner] = within.marks
        opened.tone[inner] = within.tone
        opened.darker[inner] = within.darker
    if opened is None:
        return ink
    return replace(opened, stroke=stroke_width(opened.marks))
