"""Any picture → the 28×28 digit a model was trained on.

pictures.read_picture or read_canvas ─► paper and its colour ─► find_ink ─► thicken ─► center_digit

Light or dark paper is told from the border of the picture and ink from paper by one threshold for
the whole picture (Otsu): soft shadows pass, a shadow as dark as the ink does not.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.errors import DrawingError, EmptyDrawingError
from core.learning.centering import BOX, FIELD, MIDDLE, center_digit, center_of_mass, ink_box
from core.pictures import reduce_picture

MIN_CONTRAST = 25  # of 255, between paper and ink; noise and JPEG artefacts stay below
MIN_MARK = 1 / 14  # of the picture's longer side; a click with the pad's 18 px brush is smaller
SPECK = 1 / 30  # of the area of the largest mark; what is smaller is dirt
FRINGE = 1 / 20  # of the ink's longest side: how far a soft edge reaches, one pixel at 28×28
FAINT = 0.2  # of full ink; blur below this would lengthen the digit's box beyond MNIST's 20 pixels

# Stroke width divided by the ink's longest side. Measured on MNIST's test images: 1 % lie below
# 1/14 and half below 1/8. Digits drawn with a fine pen were best read when widened to 1/8.
THIN_STROKE = 1 / 14
USUAL_STROKE = 1 / 8

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Digit:
    """A digit as models read it: `image` is uint8 `(28, 28)`, white ink on black as in MNIST.

    `inverted` says that the picture had dark ink on light paper.
    """

    image: Bytes
    inverted: bool


def to_digit(picture: Image.Image | Bytes, *, scale: bool = True, center: bool = True) -> Digit:
    """Find the digit in a picture and bring it to MNIST's size, place, colours and stroke width.

    An array must be uint8 `(h, w)`, `(h, w, 3)` or `(h, w, 4)`. `scale` and `center` are steps of
    `center_digit`, which says what happens without them.
    Raises EmptyDrawingError if there is nothing but paper, DrawingError for any other array.
    """
    pixels = _on_paper(reduce_picture(_as_picture(picture)))
    paper = _paper_color(pixels)
    finished = _finished_digit(pixels, paper)
    if finished is not None:
        return finished
    ink = find_ink(pixels, paper)
    inverted = _brightness(paper) > np.average(_brightness(pixels), weights=ink)
    return Digit(center_digit(thicken(ink), scale=scale, center=center), bool(inverted))


def find_ink(pixels: Bytes, paper: Bytes) -> Floats:
    """Return how much ink lies on each pixel, `(h, w)` in [0, 1], without specks and paper noise.

    `pixels` is RGB, `(h, w, 3)`; `paper` is the colour of its background, `(3,)`. Ink is what
    differs from paper in any of the three colours, so yellow on white counts as well.
    Raises EmptyDrawingError if nothing stands out or what does is too small to be a digit.
    """
    # (h, w), 0 … 255
    tone = np.abs(pixels.astype(np.int16) - paper).max(axis=2).astype(np.uint8)
    threshold = _otsu_threshold(tone)
    marks: Mask = tone > threshold
    parted = marks.any() and not marks.all()
    quiet = float(np.median(tone[~marks])) if parted else 0.0
    if not parted or np.percentile(tone[marks], 90) - quiet < MIN_CONTRAST:
        raise EmptyDrawingError("There is nothing to read yet. Draw a digit or choose a picture.")
    marks = _without_specks(marks)
    full = float(np.percentile(tone[marks], 90))
    reach = max(1.0, FRINGE * _longest_side(marks))
    near = ndimage.distance_transform_edt(~marks) <= reach
    ink: Floats = np.clip((tone.astype(np.float32) - quiet) / (full - quiet), 0, 1)
    ink[~near | (ink < FAINT)] = 0
    return ink


def thicken(ink: Floats) -> Floats:
    """Widen strokes thinner than nearly all of MNIST's, which would fade when shrunk to 28×28.

    `ink` is `(h, w)` in [0, 1], not all 0. A fine pen in a large picture is widened to an eighth
    of the digit's longest side, 2.5 pixels at 28×28; from a fourteenth on it stays as it is.
    """
    marks: Mask = ink > ink.max() / 2
    top, bottom, left, right = ink_box(marks)
    longest = max(bottom - top, right - left)
    # Distances to the edge across a stroke w pixels wide run 1 … w/2 … 1 and average (w + 2) / 4.
    # The frame of paper lets strokes end at the edge of the picture as well.
    cropped = np.pad(marks[top:bottom, left:right], 1)
    width = max(1.0, 4 * ndimage.distance_transform_edt(cropped)[cropped].mean() - 2)
    if width >= THIN_STROKE * longest:
        return ink
    # Each side grows by this much, and so does the digit it is measured against.
    grow = (USUAL_STROKE * longest - width) / (2 * (1 - USUAL_STROKE))
    distance = ndimage.distance_transform_edt(~marks)
    widened: Floats = np.clip(grow + 1 - distance, 0, 1).astype(np.float32)
    return np.maximum(ink, widened)


def _as_picture(picture: Image.Image | Bytes) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture
    channels = picture.shape[2:]
    fits = picture.ndim in {2, 3} and channels in {(), (3,), (4,)} and picture.size > 0
    if not fits or picture.dtype != np.uint8:
        raise DrawingError(
            "A picture must be bytes in rows and columns, grey, RGB or RGBA, "
            f"not {picture.dtype} of shape {picture.shape}."
        )
    return Image.fromarray(np.ascontiguousarray(picture))


def _on_paper(picture: Image.Image) -> Bytes:
    """Return RGB `(h, w, 3)`, with paper laid under whatever is transparent."""
    if picture.mode != "RGBA":
        return np.asarray(picture.convert("RGB"))
    pixels = np.asarray(picture)
    color, alpha = pixels[:, :, :3], pixels[:, :, 3:] / np.float32(255)
    if not alpha.any():
        raise EmptyDrawingError("There is nothing to read yet. Draw a digit.")
    if alpha.mean() > 0.5:  # a sheet with clear corners or margins: let it go on
        paper = np.median(color[alpha[:, :, 0] > 0.5], axis=0)
    else:  # strokes alone: paper as far from them as can be
        strokes = np.average(_brightness(color), weights=alpha[:, :, 0])
        paper = np.full(3, 0.0 if strokes > 127.5 else 255.0)
    return np.asarray(np.round(color * alpha + paper * (1 - alpha)), np.uint8)


def _paper_color(pixels: Bytes) -> Bytes:
    """Return the median colour `(3,)` of the border, which a digit may touch but rarely fills."""
    rows, columns = (max(1, side // 32) for side in pixels.shape[:2])
    sides = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    border = np.concatenate([side.reshape(-1, 3) for side in sides])
    return np.asarray(np.median(border, axis=0), np.uint8)


def _brightness(pixels: Bytes) -> Floats:
    """Weigh red, green and blue as the eye does (ITU-R BT.601): `(…, 3)` → `(…)`, 0 … 255."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(pixels @ weights, np.float32)


def _finished_digit(pixels: Bytes, paper: Bytes) -> Digit | None:
    """Return the picture itself where it already is an MNIST image, light or dark.

    MNIST's greys, say of an image saved to a file, are what models were trained on. Finding and
    scaling the ink again would only blur them.
    """
    if pixels.shape[:2] != (FIELD, FIELD) or np.ptp(pixels, axis=2).max() > 0:
        return None
    inverted = bool(paper[0] > 127)
    image = 255 - pixels[:, :, 0] if inverted else pixels[:, :, 0].copy()
    marks: Mask = image >= 64  # at this tone every MNIST image measured is still 20 pixels long
    if image.max() < 200 or not 0 <= BOX - _longest_side(marks) <= 1:
        return None
    # Half a pixel is MNIST's own rounding, the rest is room for JPEG noise.
    if np.abs(center_of_mass(image) - MIDDLE).max() > 1:
        return None
    return Digit(image, inverted)


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
    longest, least = _longest_side(kept), max(3, math.ceil(MIN_MARK * max(marks.shape)))
    if longest < least:
        raise EmptyDrawingError(
            f"There is nothing to read yet: the largest mark is {longest} pixels long. "
            f"Draw a digit of at least {least} pixels, or cut the picture closer to it."
        )
    return kept


def _longest_side(marks: Mask) -> int:
    top, bottom, left, right = ink_box(marks)
    return max(bottom - top, right - left)
