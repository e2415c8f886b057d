"""Put a digit where MNIST puts its own: 20 pixels long, centre of mass in the middle of 28×28.

LeCun, Cortes and Burges, "The MNIST database of handwritten digits": each digit was scaled to fit
a 20×20 box with its aspect ratio kept, by anti-aliasing, then moved by whole pixels so that its
centre of mass lies in the middle of a 28×28 field. Models trained on such images misread the same
digit a few pixels aside, so drawings and other data sets take the same way.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import DataError

FIELD = 28  # side of the image, pixels
BOX = 20  # longest side of the ink in it, pixels
MIDDLE = 14.0  # row and column of the centre of mass; measured on MNIST, 0-based, so not 13.5

Numbers = NDArray[np.bool_ | np.integer[Any] | np.floating[Any]]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def center_digit(ink: Numbers, *, scale: bool = True, center: bool = True) -> Bytes:
    """Return the digit as MNIST would hold it, uint8 `(28, 28)`, its brightest ink at 255.

    `ink` is `(h, w)`, real numbers in any range: 0 or less is paper, more is ink. No ink is cut
    off: a digit too lopsided for the field touches its edge instead.
    `scale=False` shrinks or enlarges the whole paper to the field, whatever the size of the ink.
    `center=False` leaves the ink where it lay on the paper.
    Raises DataError if `ink` is not a two-dimensional array of finite numbers with some ink.
    """
    paper = _checked(ink)
    top, bottom, left, right = ink_box(paper)
    cropped = paper[top:bottom, left:right]
    whole_paper = FIELD / max(paper.shape)
    digit = _resized(cropped, BOX / max(cropped.shape) if scale else whole_paper)
    if center:
        place = np.round(MIDDLE - center_of_mass(digit))
    else:
        middle_on_paper = np.array([top + bottom - paper.shape[0], left + right - paper.shape[1]])
        place = np.round((FIELD + middle_on_paper * whole_paper - digit.shape) / 2)
    row, column = np.clip(place, 0, FIELD - np.array(digit.shape)).astype(int)
    field = np.zeros((FIELD, FIELD), np.uint8)
    height, width = digit.shape
    field[row : row + height, column : column + width] = np.round(digit * (255 / digit.max()))
    return field


def ink_box(ink: Numbers) -> tuple[int, int, int, int]:
    """Return the first row, end row, first column and end column of what is above 0 in `(h, w)`.

    The ends are exclusive, as in a slice. There must be some ink.
    """
    rows = np.flatnonzero((ink > 0).any(axis=1))
    columns = np.flatnonzero((ink > 0).any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def center_of_mass(ink: Numbers) -> NDArray[np.float64]:
    """Return the row and the column of the centre of mass of `(h, w)`, 0-based, in pixels.

    No pixel may be below 0 and some must be above.
    """
    mass = ink.astype(np.float64)
    rows, columns = mass.sum(axis=1), mass.sum(axis=0)
    moments = [rows @ np.arange(len(rows)), columns @ np.arange(len(columns))]
    return np.array(moments, np.float64) / float(mass.sum())


def _checked(ink: Numbers) -> Floats:
    if ink.ndim != 2 or ink.size == 0:
        raise DataError(f"A digit must be an array of rows and columns, not of shape {ink.shape}.")
    paper = ink.astype(np.float32)
    if not np.isfinite(paper).all():
        raise DataError("The digit holds values that are not finite numbers; check its source.")
    if paper.max() <= 0:
        raise DataError("There is no ink in the digit: none of its values is above 0.")
    return np.maximum(paper, 0)


def _resized(ink: Floats, factor: float) -> Floats:
    height, width = (min(FIELD, max(1, round(side * factor))) for side in ink.shape)
    # Averaging areas keeps the amount of ink, as MNIST's anti-aliasing did. There is nothing to
    # average when enlarging; bilinear neither overshoots nor loses the faint ends of the ink.
    resampling = Image.Resampling.BOX if factor < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(ink).resize((width, height), resampling), np.float32)
