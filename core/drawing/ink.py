"""Ink and paper of a picture: what is drawn, told from what it is drawn on.

Light or dark paper is told from the border of the picture and ink from paper by one threshold for
the whole picture (Otsu): soft shadows pass, a shadow as dark as the ink does not.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.errors import EmptyDrawingError
from core.learning.centering import ink_box

MIN_CONTRAST = 25  # of 255, between paper and ink; noise and JPEG artefacts stay below
MIN_MARK = 1 / 14  # of the picture's longer side; a click with the pad's 18 px brush is smaller
SPECK = 1 / 30  # of the area of the largest mark; what is smaller is dirt
FRINGE = 1 / 20  # of the ink's longest side: how far a soft edge reaches, one pixel at 28×28
FAINT = 0.2  # of full ink; blur below this would lengthen the digit's box beyond MNIST's 20 pixels

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def find_ink(pixels: Bytes, paper: Bytes) -> Floats:
    """Return how much ink lies on each pixel, `(h, w)` in [0, 1], without specks and paper noise.

    `pixels` is RGB, `(h, w, 3)`; `paper` is the colour of its background, `(3,)`. Ink is what
    differs from paper in any of the three colours, so yellow on white counts as well.
    Raises EmptyDrawingError if nothing stands out or what does is too small to be a digit.
    """
    tone = _contrast(pixels, paper)
    threshold = _otsu_threshold(tone)
    marks: Mask = tone > threshold
    parted = marks.any() and not marks.all()
    quiet = float(np.median(tone[~marks])) if parted else 0.0
    if not parted or np.percentile(tone[marks], 90) - quiet < MIN_CONTRAST:
        raise EmptyDrawingError("There is nothing to read yet. Draw a digit or choose a picture.")
    marks = _without_specks(marks)
    full = float(np.percentile(tone[marks], 90))
    near = _around(marks, max(1, round(FRINGE * longest_side(marks))))
    ink: Floats = np.clip((tone.astype(np.float32) - quiet) / (full - quiet), 0, 1)
    ink[~near | (ink < FAINT)] = 0
    return ink


def paper_color(pixels: Bytes) -> Bytes:
    """Return the median colour `(3,)` of the border, which a digit may touch but rarely fills."""
    rows, columns = (max(1, side // 32) for side in pixels.shape[:2])
    sides = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    border = np.concatenate([side.reshape(-1, 3) for side in sides])
    return np.asarray(np.median(border, axis=0), np.uint8)


def brightness(pixels: Bytes) -> Floats:
    """Weigh red, green and blue as the eye does (ITU-R BT.601): `(…, 3)` → `(…)`, 0 … 255."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(pixels @ weights, np.float32)


def _contrast(pixels: Bytes, paper: Bytes) -> Bytes:
    """Return how far each pixel of `(h, w, 3)` is from paper in one colour: `(h, w)`, 0 … 255."""
    # Unsigned bytes and a colour at a time: an eighth of the time of numpy's plain way.
    apart = np.maximum(pixels, paper) - np.minimum(pixels, paper)
    red, green, blue = (apart[:, :, color] for color in range(3))
    return np.asarray(np.maximum(np.maximum(red, green), blue), np.uint8)


def _around(marks: Mask, reach: int) -> Mask:
    """Return the marks with all pixels up to `reach` beside, above or below them."""
    spread = ndimage.maximum_filter(marks.view(np.uint8), 2 * reach + 1, mode="constant")
    return np.asarray(spread, np.bool_)


def _otsu_threshold(tone: Bytes) -> float:
    """Return the tone that best parts light from dark: up to it is one class, above the other.

    It makes the variance between the two classes largest: Otsu, "A threshold selection method from
    gray-level histograms", 1979, eq. 14.
    """
    share = np.bincount(tone.ravel(), minlength=256) / tone.size
    below = share.cumsum()
    moment = (share * np.arange(256)).cumsum()
    parted = np.maximum(below * (1 - below), 1e-12)
    variance = (moment[-1] * below - moment) ** 2 / parted
    # In pictures of two pure tones every threshold between them is as good: take the middle.
    return float(np.flatnonzero(variance >= variance.max() * (1 - 1e-9)).mean())


def _without_specks(marks: Mask) -> Mask:
    """Drop marks far smaller than the largest; raise EmptyDrawingError if that is but a dot."""
    labels, count = ndimage.label(marks, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    areas[0] = 0  # paper
    kept: Mask = (areas >= SPECK * areas.max())[labels]
    longest, least = longest_side(kept), max(3, math.ceil(MIN_MARK * max(marks.shape)))
    if longest < least:
        raise EmptyDrawingError(
            f"There is nothing to read yet: the largest mark is {longest} pixels long. "
            f"Draw a digit of at least {least} pixels, or cut the picture closer to it."
        )
    return kept


def longest_side(marks: Mask) -> int:
    top, bottom, left, right = ink_box(marks)
    return max(bottom - top, right - left)
