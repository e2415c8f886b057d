"""A picture with any number of digits: each found, boxed, and read in order."""

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.drawing.digit import Digit, flattened, to_digit
from core.drawing.lines import lines_of
from core.drawing.panels import with_panels_opened
from core.drawing.segmentation import segment
from core.drawing.sifting import LEAST_SIDE
from core.drawing.threshold import Ink, ink_on_paper
from core.errors import DrawingError, EmptyDrawingError
from core.learning.centering import FIELD
from core.pictures import reduce_picture

MAX_DIGITS: Final = 100
NOTHING: Final = (
    "I can't find a digit here. Choose a picture in which digits stand out from plain paper, "
    "or cut it closer to them."
)
MARGIN: Final = 0.2  # of its longer side: paper around a digit, room for strokes to be widened
FRINGE: Final = 0.35  # strokes: how far the soft edge of ink reaches beyond its marks

Box = tuple[int, int, int, int]
Floats = NDArray[np.float32]
Places = list[tuple[slice, slice]]


@dataclass(frozen=True, eq=False)
class Found:
    """A digit in a picture.

    `box` is its left, top, right and bottom in pixels of the scene's picture, `line` the line of
    text that it stands in, 0 the uppermost.
    """

    box: Box
    line: int
    digit: Digit


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the digits in it, in reading order.

    `picture` is RGB as it was worked on, at most WORKING_SIDE pixels long; `degrees` by how much
    its lines run downwards to the right; `ink` what stands out from its paper.
    """

    picture: Image.Image
    found: tuple[Found, ...]
    ink: Ink = field(repr=False)
    degrees: float = 0.0


def find_digits(picture: Image.Image) -> Scene:
    """Find every digit in a picture of handwriting, on light or dark paper in uneven light.

    Lines may be tilted by 15° or so; each digit is turned upright and prepared as on the pad.
    Raises EmptyDrawingError if nothing looks like a digit, DrawingError if there are more than
    MAX_DIGITS.
    """
    return digits_of(look_at(picture))


def look_at(picture: Image.Image) -> Scene:
    """Return a picture with its ink parted from paper, and no digit looked for yet.

    Raises EmptyDrawingError if nothing in the picture can be seen.
    """
    pixels = flattened(reduce_picture(picture))
    return Scene(Image.fromarray(pixels), (), with_panels_opened(pixels, ink_on_paper(pixels)))


def digits_of(scene: Scene) -> Scene:
    """Return `scene` with the digits in it; raises what `find_digits` does."""
    if max(scene.picture.size) <= FIELD:  # an image of a data set: no more than one digit fits
        return replace(scene, found=(_only_digit(scene),))
    if min(scene.picture.size) < LEAST_SIDE:
        raise EmptyDrawingError(NOTHING)
    segments = segment(scene.ink)
    count = len(segments.upright)
    if not count:
        raise EmptyDrawingError(NOTHING)
    if count > MAX_DIGITS:
        raise DrawingError(
            f"There are {count} marks like digits in this picture, more than the {MAX_DIGITS} that "
            "are read at once. Cut it into smaller pictures."
        )
    scene = replace(scene, degrees=segments.degrees)
    middles = (segments.upright[:, :2] + segments.upright[:, 2:]) / 2
    lines = lines_of(middles, segments.upright[:, 3] - segments.upright[:, 1])
    places = ndimage.find_objects(segments.labels)
    found = tuple(
        Found(
            _box(places[index]),
            int(lines[index]),
            _digit(scene, segments.labels, places, index + 1),
        )
        for index in np.lexsort((middles[:, 0], lines))
    )
    return replace(scene, found=found)


def digit_in(picture: Scene | Image.Image, box: Box) -> Digit:
    """Return the digit in a box set by hand: left, top, right and bottom in the scene's pixels.

    All ink in the box counts, but for the ends of neighbours that reach into it.
    Raises EmptyDrawingError if there is nothing in it.
    """
    scene = picture if isinstance(picture, Scene) else look_at(picture)
    width, height = scene.picture.size
    left, right = (min(max(0, side), width) for side in (box[0], box[2]))
    top, bottom = (min(max(0, side), height) for side in (box[1], box[3]))
    inside = np.zeros((height, width), bool)
    inside[top:bottom, left:right] = True
    labels, count = ndimage.label(scene.ink.marks, np.ones((3, 3)))
    within = np.bincount(labels[inside], minlength=count + 1)
    whole = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    within[0] = 0
    if not within.any() or min(right - left, bottom - top) < 2:
        raise EmptyDrawingError(
            "I can't find a digit here: there is only paper in this box. "
            "Draw the box around a digit."
        )
    # The largest mark may be one of two digits that touch; of the others only whole ones count.
    own = (within >= 0.5 * whole) | (within == within.max())
    own[0] = False
    chosen = np.where(inside & own[labels], 1, 0)
    return _digit(scene, chosen, ndimage.find_objects(chosen), 1)


def _only_digit(scene: Scene) -> Found:
    try:
        digit = to_digit(scene.picture)
    except EmptyDrawingError as exc:
        raise EmptyDrawingError(NOTHING) from exc
    places = ndimage.find_objects(scene.ink.marks.astype(np.int64))
    return Found(_box(places[0]) if places else (0, 0, *scene.picture.size), 0, digit)


def _digit(scene: Scene, labels: NDArray[np.int64], places: Places, number: int) -> Digit:
    """Prepare one of the digits in `labels`, turned upright, with nothing else beside it."""
    reach = math.ceil(FRINGE * scene.ink.stroke) + 1
    around = tuple(
        slice(max(0, part.start - reach), part.stop + reach) for part in places[number - 1]
    )
    own, tone = labels[around] == number, scene.ink.tone[around]
    # Between two digits, the soft edge of ink belongs to the nearer one.
    others = scene.ink.marks[around] & ~own
    near = ndimage.distance_transform_edt(~own)
    fringe = near <= reach
    if others.any():
        fringe &= near < ndimage.distance_transform_edt(~others)
    full = float(np.percentile(tone[own], 90))
    ink = np.where(fringe, np.clip(tone / full, 0, 1), 0)
    margin = math.ceil(MARGIN * max(own.shape))
    patch = Image.fromarray(np.pad(np.round(ink * 255).astype(np.uint8), margin))
    upright = patch.rotate(scene.degrees, Image.Resampling.BICUBIC, expand=True)
    return replace(to_digit(upright), inverted=bool(scene.ink.darker[around][own].mean() > 0.5))


def _box(place: tuple[slice, slice]) -> Box:
    rows, columns = place
    return columns.start, rows.start, columns.stop, rows.stop
