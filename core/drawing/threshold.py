"""Ink and paper under uneven light: each pixel is judged by the paper around it.

Paper is the median of a wide window (it follows shadows, even those with an edge), ink what stands
out from it by more than the noise and more than its surroundings do on average.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.filters import rank, threshold_local

from core.drawing.ink import MIN_CONTRAST, brightness
from core.drawing.rules import without_rules
from core.drawing.strokes import mean_width

PAPER_SIDE: Final = 128  # pixels; light changes slowly, so paper is looked at in a small picture
NEAR: Final = 9  # of them: strokes push the edge of a shadow aside by as much
WINDOW: Final = 1 / 3  # of the longer side: the window whose median is paper …
STROKES: Final = 8  # … but at least so many strokes wide, or thick strokes would count as paper
NOISE: Final = 6  # spreads above the usual tone of paper; chance leaves single pixels there
SURROUNDINGS: Final = 6  # strokes: the window that a pixel of ink is compared with
PEAK: Final = 0.3  # of a mark's darkest tone: thin strokes may be as light as this
SOFTENING: Final = 0.8  # pixels (one spread)

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ink:
    """What stands out from the paper of a picture, `(h, w)` each.

    `tone` is how far each pixel differs from its paper, 0 to 255; `darker` whether it is darker;
    `marks` where there is ink. `stroke` is the usual width of its strokes in pixels, 0 without any.
    """

    tone: Floats
    darker: Mask
    marks: Mask
    stroke: float


def ink_on_paper(pixels: Bytes) -> Ink:
    """Part ink from paper in an RGB picture `(h, w, 3)` with shadows, gradients and noise.

    Ink is what differs from the paper around it in any of the three colours, lighter or darker.
    """
    side = max(pixels.shape[:2])
    smooth = _smoothed(pixels)
    window = round(side * WINDOW)
    ink = _parted(smooth, window)
    while window < STROKES * ink.stroke and window < 2 * side:
        window = math.ceil(max(STROKES * ink.stroke, 1.5 * window))
        ink = _parted(smooth, window)
    return ink


def stroke_width(marks: Mask) -> float:
    """Return the mean width in pixels of what is True in `(h, w)`; 0 where nothing is."""
    if not marks.any():
        return 0.0
    return mean_width(ndimage.distance_transform_edt(np.pad(marks, 1)))


def _parted(smooth: Floats, window: int) -> Ink:
    low, high = _paper(smooth, window)
    paper = np.clip(smooth, low, high)
    tone: Floats = np.abs(smooth - paper).max(axis=2)
    usual = float(np.median(tone))
    spread = 1.4826 * float(np.median(np.abs(tone - usual)))
    floor = max(MIN_CONTRAST * 0.6, usual + NOISE * spread)
    marks = _above_their_share(tone, tone > floor)
    stroke = stroke_width(marks)
    if stroke:
        block = 2 * math.ceil(SURROUNDINGS * stroke / 2) + 1
        marks &= tone > threshold_local(tone, block, method="gaussian")
    darker = brightness(smooth.astype(np.uint8)) < brightness(paper.astype(np.uint8))
    return Ink(tone, darker, without_rules(marks), stroke)


def _paper(smooth: Floats, window: int) -> tuple[Floats, Floats]:
    """Return the darkest and the lightest paper, `(h, w, 3)` each, near every pixel.

    They differ at the edge of a shadow, where pixels between the two are paper as well.
    """
    height, width = smooth.shape[:2]
    factor = min(1.0, PAPER_SIDE / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    footprint = np.ones((max(1, round(window * factor)) | 1,) * 2, bool)
    low, high = np.empty_like(smooth), np.empty_like(smooth)
    for channel in range(3):
        plane = Image.fromarray(smooth[:, :, channel])
        small = np.asarray(plane.resize(size, Image.Resampling.BOX)).round().astype(np.uint8)
        paper = _median(small, footprint).astype(np.float32)
        for extreme, whole in ((ndimage.minimum_filter, low), (ndimage.maximum_filter, high)):
            near = Image.fromarray(extreme(paper, NEAR))
            whole[:, :, channel] = np.asarray(
                near.resize((width, height), Image.Resampling.BILINEAR)
            )
    return low, high


def _median(plane: Bytes, footprint: Mask) -> Bytes:
    """Return the median around each pixel; beyond the border, light goes on as it came."""
    rows, columns = (min(len(footprint) // 2, side - 1) for side in plane.shape)
    around = ((rows, rows), (columns, columns))
    # Going on from a line or a speck at the border would draw it large.
    calm = rank.median(plane, np.ones((5, 5), bool)).astype(np.int16)
    wider = np.pad(calm, around, mode="reflect", reflect_type="odd")
    medians: Bytes = rank.median(wider.clip(0, 255).astype(np.uint8), footprint)
    return medians[rows : rows + plane.shape[0], columns : columns + plane.shape[1]]


def _above_their_share(tone: Floats, marks: Mask) -> Mask:
    """Keep of each mark what is at least PEAK as dark as its darkest part: blur is not ink."""
    labels, count = ndimage.label(marks, np.ones((3, 3)))
    if not count:
        return marks
    peaks = np.zeros(count + 1, np.float32)
    np.maximum.at(peaks, labels[marks], tone[marks])
    kept: Mask = marks & (tone > PEAK * peaks[labels]) & (peaks >= MIN_CONTRAST)[labels]
    return kept


def _smoothed(pixels: Bytes) -> Floats:
    """Soften what noise there is; drawings and small pictures stay as sharp as they are."""
    values = pixels.astype(np.float32)
    if max(pixels.shape[:2]) <= PAPER_SIDE:
        return values
    soft: Floats = ndimage.gaussian_filter(values, (SOFTENING, SOFTENING, 0))
    noisy = np.median(np.abs(values - soft)) >= 0.5
    return soft if noisy else values
