"""Ruled and squared paper: long straight lines taken out of the marks, strokes across them kept."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from skimage.transform import hough_line, hough_line_peaks

STEEPEST: Final = 10.0  # degrees that a ruled line may be tilted
STEP: Final = 0.5  # degrees
COVERED: Final = 0.55  # of the picture's side: what a line covers; a row of digits covers less
MOST: Final = 60  # lines each way
THICKEST: Final = 1 / 80  # of the picture's longer side; wider is an edge or a bar
THICKER: Final = 1.5  # times the line's thickness, and a pixel: from there on, a stroke crosses it

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


def without_rules(marks: Mask) -> Mask:
    """Return marks `(h, w)` without lines that run through most of the picture, either way."""
    level = _without_level(marks)
    return np.ascontiguousarray(_without_level(np.ascontiguousarray(level.T)).T)


def _without_level(marks: Mask) -> Mask:
    width = marks.shape[1]
    if width < 40 or marks.sum() < COVERED * width:
        return marks
    angles = np.radians(np.arange(90 - STEEPEST, 90 + STEEPEST + STEP, STEP))
    edges = marks & ~np.roll(marks, 1, axis=0)  # one pixel a column of each stroke
    space, directions, distances = hough_line(edges, angles)
    found = hough_line_peaks(
        space, directions, distances, 3, 3, threshold=COVERED * width, num_peaks=MOST
    )
    kept = marks.copy()
    runs = _runs(marks)
    columns = np.arange(width)
    for _, angle, distance in zip(*found, strict=True):
        rows = (distance - columns * np.cos(angle)) / np.sin(angle)
        _take_out(kept, runs, np.round(rows).astype(np.int64))
    return kept


def _take_out(kept: Mask, runs: Numbers, rows: Numbers) -> None:
    """Clear a line, one row a column, wherever nothing thicker crosses it."""
    columns = np.flatnonzero((rows >= 0) & (rows < len(kept)))
    on_line = runs[rows[columns], columns]
    if not on_line.any():
        return
    thickness = float(np.median(on_line[on_line > 0]))
    if thickness > max(4, THICKEST * max(kept.shape)):
        return
    reach = int(np.ceil(thickness)) + 1
    for aside in range(-reach, reach + 1):
        near = np.clip(rows[columns] + aside, 0, len(kept) - 1)
        thin = runs[near, columns] <= THICKER * thickness + 1
        kept[near[thin], columns[thin]] = False


def _runs(marks: Mask) -> Numbers:
    """Return for each pixel how many marked ones stand one above the other with it, `(h, w)`."""
    down = np.zeros(marks.shape, np.int64)
    up = np.zeros(marks.shape, np.int64)
    for row in range(len(marks)):
        down[row] = (down[row - 1] + 1 if row else 1) * marks[row]
    for row in range(len(marks) - 1, -1, -1):
        up[row] = (up[row + 1] + 1 if row + 1 < len(marks) else 1) * marks[row]
    return np.where(marks, down + up - 1, 0)
