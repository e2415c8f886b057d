"""Marks on paper → digits: strokes that belong together joined, touching digits cut, dirt left out.

connected marks ─► without frames, rules and spots ─► tilt ─► joined ─► sifted ─► cut ─► digits
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.drawing.joining import joined
from core.drawing.lines import tilt
from core.drawing.marks import Marks, measure
from core.drawing.sifting import like_digits, like_ink, like_strokes, of_one_tone
from core.drawing.splitting import cut_apart
from core.drawing.threshold import Ink
from core.errors import DrawingError

MAX_MARKS: Final = 2000  # after specks are gone; a page of digits has some hundred
MAX_STROKES: Final = 400  # of those, with the shape of strokes; finding what belongs together takes
# longer than in proportion to their number
# A picture is of something else where so much of what has a digit's size is not like ink …
BUSY: Final = 1 / 3
# … or digits would be less than this of all strokes. Photo-like pictures of MNIST digits have 0.94
# or more, digits with as much dirt as digits 0.8, photos of other things 0.3 to 0.7.
LEAST_SHARE: Final = 0.6

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Segments:
    """The digits among the marks of a picture.

    `labels` `(h, w)` holds for each pixel its digit's number from 1 on, 0 for paper and for marks
    that are no digits; `upright` `(N, 4)` the left, top, right and bottom of each after turning
    the picture back by `degrees`, by which its lines run downwards.
    """

    labels: Numbers
    upright: NDArray[np.float64]
    degrees: float


def segment(ink: Ink) -> Segments:
    """Find the digits in the marks of a picture; none is a result as well.

    Raises DrawingError if there are more marks than a page of digits could have.
    """
    marks = _without_specks(ink)
    if not marks.count:
        return Segments(marks.labels, np.empty((0, 4)), 0.0)
    strokes = marks.only(like_strokes(marks))
    if strokes.count > MAX_STROKES:
        raise DrawingError(_too_many(strokes.count))
    marks = strokes.only(of_one_tone(strokes, ink))
    height = _usual_height(marks)
    big = marks.heights >= 0.6 * height
    degrees = tilt(marks.middles[big], height) if big.any() else 0.0
    marks = joined(measure(marks.labels, degrees), height)
    marks = marks.only(like_digits(marks, height))
    written = like_ink(marks, ink)
    if marks.count and written.mean() <= 1 - BUSY:
        written[:] = False
    marks = marks.only(written)
    written_area = marks.areas.sum()
    if written_area < LEAST_SHARE * (written_area + _beside(strokes, marks)):
        marks = marks.only(np.zeros(marks.count, bool))
    marks = cut_apart(marks, ink, _usual_height(marks))
    return Segments(marks.labels, marks.boxes, degrees)


def _without_specks(ink: Ink) -> Marks:
    labels, count = ndimage.label(ink.marks, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    least = max(4.0, (0.5 * ink.stroke) ** 2)
    kept = areas >= least
    kept[0] = False
    if kept.sum() > MAX_MARKS:
        raise DrawingError(_too_many(int(kept.sum())))
    numbers = np.where(kept, np.cumsum(kept), 0)
    return measure(numbers[labels], 0.0)


def _too_many(count: int) -> str:
    return (
        f"I can't find digits here: there are {count:,} separate marks, more than a page of digits "
        "has. Cut the picture closer to the digits, or take it in better light."
    )


def _beside(strokes: Marks, digits: Marks) -> float:
    """Return how many pixels of ink lie in marks that no digit is part of, or stands within.

    Around digits stand frames, and the edges of the sheet that they are written on.
    """
    boxes, places = strokes.boxes, ndimage.find_objects(digits.labels)
    apart = np.ones(strokes.count, bool)
    for rows, columns in places:
        apart &= (
            (boxes[:, 0] >= columns.stop) | (boxes[:, 2] <= columns.start)
            | (boxes[:, 1] >= rows.stop) | (boxes[:, 3] <= rows.start)
        )  # fmt: skip
    return float(strokes.areas[apart].sum())


def _usual_height(marks: Marks) -> float:
    """Return the height of the usual digit: half of all ink lies in marks at least as high."""
    if not marks.count:
        return 0.0
    order = np.argsort(marks.heights)
    ink = np.cumsum(marks.areas[order])
    return float(marks.heights[order][np.searchsorted(ink, ink[-1] / 2)])
