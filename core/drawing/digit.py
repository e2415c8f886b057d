"""Any picture → the 28×28 digit a model was trained on.

pictures.read_picture or read_canvas ─► paper and its colour ─► ink ─► strokes ─► center_digit
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.drawing.ink import brightness, find_ink, longest_side, paper_color
from core.drawing.strokes import thicken as widened
from core.errors import DrawingError, EmptyDrawingError
from core.learning.centering import BOX, FIELD, MIDDLE, center_digit, center_of_mass
from core.pictures import reduce_picture

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Digit:
    """A digit as models read it: `image` is uint8 `(28, 28)`, white ink on black as in MNIST.

    `inverted` says that the picture had dark ink on light paper.
    """

    image: Bytes
    inverted: bool


def to_digit(
    picture: Image.Image | Bytes, *, center: bool = True, scale: bool = True, thicken: bool = True
) -> Digit:
    """Find the digit in a picture and bring it to MNIST's size, place, colours and stroke width.

    An array must be uint8 `(h, w)`, `(h, w, 3)` or `(h, w, 4)`. Three steps can be left out, to
    see what each is good for: `center` (the centre of mass goes to the middle; without it the
    digit stays where it lay on the paper), `scale` (the longest side becomes 20 pixels; without
    it the whole paper shrinks to 28×28) and `thicken` (strokes thinner than MNIST's are widened,
    thicker ones thinned).
    A picture that already is an MNIST image, light or dark, comes back as it is.
    Raises EmptyDrawingError if there is nothing but paper, DrawingError for any other array.
    """
    pixels = flattened(reduce_picture(_as_picture(picture)))
    paper = paper_color(pixels)
    finished = _finished_digit(pixels, paper)
    if finished is not None:
        return finished
    ink = find_ink(pixels, paper)
    inverted = brightness(paper) > np.average(brightness(pixels[ink > 0]), weights=ink[ink > 0])
    strokes = widened(ink) if thicken else ink
    return Digit(center_digit(strokes, scale=scale, center=center), bool(inverted))


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


def flattened(picture: Image.Image) -> Bytes:
    """Return RGB bytes `(h, w, 3)`, with paper laid under whatever is transparent.

    Raises EmptyDrawingError if nothing in the picture can be seen.
    """
    if picture.mode != "RGBA":
        return np.asarray(picture.convert("RGB"))
    pixels = np.asarray(picture)
    color, alpha = pixels[:, :, :3], pixels[:, :, 3:] / np.float32(255)
    if not alpha.any():
        raise EmptyDrawingError("There is nothing to read yet. Draw a digit.")
    if alpha.mean() > 0.5:  # a sheet with clear corners or margins: let it go on
        paper = np.median(color[alpha[:, :, 0] > 0.5], axis=0)
    else:  # strokes alone: paper as far from them as can be
        strokes = np.average(brightness(color), weights=alpha[:, :, 0])
        paper = np.full(3, 0.0 if strokes > 127.5 else 255.0)
    return np.asarray(np.round(color * alpha + paper * (1 - alpha)), np.uint8)


def _finished_digit(pixels: Bytes, paper: Bytes) -> Digit | None:
    """Return the picture itself where it already is an MNIST image, light or dark.

    MNIST's greys, say of an image saved to a file, are what models were trained on. Finding and
    scaling the ink again would only blur them.
    """
    if pixels.shape[:2] != (FIELD, FIELD) or np.ptp(pixels, axis=2).max() > 0:
        return None
    inverted = bool(paper[0] > 127)
    image = 255 - pixels[:, :, 0] if inverted else pixels[:, :, 0].copy()
    marks = image >= 64  # at this tone every MNIST image measured is still 20 pixels long
    if image.max() < 200 or not 0 <= BOX - longest_side(marks) <= 1:
        return None
    # Half a pixel is MNIST's own rounding, the rest is room for JPEG noise.
    if np.abs(center_of_mass(image) - MIDDLE).max() > 1:
        return None
    return Digit(image, inverted)
