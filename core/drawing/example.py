"""An example of a picture from outside: a line of digits as if written on a sheet of paper."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SCALE: Final = 3  # pixels of the sheet for one of a digit's 28
_MARGIN: Final = 40
_PAPER: Final = (236, 231, 220)
_PEN: Final = (38, 46, 92)
_NOISE: Final = 3.0  # of 255, one spread


def example_picture(images: Sequence[NDArray[np.uint8]]) -> Image.Image:
    """Return a picture, RGB, of digits `(28, 28)` (white ink on black) in one line.

    The paper is tinted, lit from the left and noisy, so that there is something to find.
    """
    side = 28 * _SCALE
    height, width = side + 2 * _MARGIN, side * len(images) + 2 * _MARGIN
    ink = np.zeros((height, width), np.float32)
    for place, image in enumerate(images):
        large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        left = _MARGIN + place * side
        ink[_MARGIN : _MARGIN + side, left : left + side] = np.asarray(large) / np.float32(255)
    sheet = np.asarray(_PAPER) * (1 - ink[..., None]) + np.asarray(_PEN) * ink[..., None]
    light = np.linspace(1.0, 0.72, width)[None, :, None]
    noise = np.random.default_rng(0).normal(0, _NOISE, sheet.shape)
    return Image.fromarray((sheet * light + noise).clip(0, 255).astype(np.uint8))
