"""How a pen would write a digit of MNIST: its middle lines as strokes, drawn or replayed."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from skimage.morphology import skeletonize

Point = tuple[int, int]  # row and column in the enlarged image
Stroke = list[tuple[float, float]]  # x and y, fractions of the image's side

_ENLARGED = 4  # times: middle lines of 28×28 pixels would be too coarse to write along
_STEP = 4  # of the enlarged pixels of a line, every so many is a point of the stroke
_BACK = 6  # pixels by which a line's direction is judged where several go on
_BESIDE = [(-1, 0), (0, 1), (1, 0), (0, -1)]
_DIAGONAL = [(-1, -1), (-1, 1), (1, 1), (1, -1)]


def strokes_of(image: np.ndarray) -> list[Stroke]:
    """Return the strokes that go once along every middle line of an image uint8 `(28, 28)`.

    At a crossing a stroke goes on as straight as it can; what is left over is another stroke.
    """
    side = _ENLARGED * len(image)
    enlarged = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    neighbours = _graph(skeletonize(np.asarray(enlarged) > 127))
    lines = [[point] for point, beside in neighbours.items() if not beside]
    while any(neighbours.values()):
        lines.append(_line(neighbours))
    thinned = [line[:-1:_STEP] + line[-1:] for line in lines]
    return [[((x + 0.5) / side, (y + 0.5) / side) for y, x in line] for line in thinned]


def drawn(strokes: Sequence[Stroke], side: int, brush: float, pad: int = 280) -> Image.Image:
    """Return strokes `side` pixels large in the middle of a white pad, drawn with a round brush."""
    finer = 2  # drawn larger and averaged, for soft edges
    picture = Image.new("L", (finer * pad, finer * pad), 255)
    pen = ImageDraw.Draw(picture)
    edge, half = finer * (pad - side) / 2, finer * brush / 2
    for stroke in strokes:
        places = [(edge + finer * side * x, edge + finer * side * y) for x, y in stroke]
        pen.line(places, 0, round(finer * brush))
        for x, y in places:
            pen.ellipse((x - half, y - half, x + half, y + half), 0)
    return picture.resize((pad, pad), Image.Resampling.BOX)


def _graph(lines: np.ndarray) -> dict[Point, set[Point]]:
    """Return the neighbours of each pixel of `lines`, by a corner only where by no side."""
    points = {(int(row), int(column)) for row, column in np.argwhere(lines)}
    found: dict[Point, set[Point]] = {}
    for row, column in points:
        sides = {(row + down, column + right) for down, right in _BESIDE} & points
        corners = {
            (row + down, column + right)
            for down, right in _DIAGONAL
            if not {(row + down, column), (row, column + right)} & points
        } & points
        found[row, column] = sides | corners
    return found


def _line(neighbours: dict[Point, set[Point]]) -> list[Point]:
    """Take one line out of the graph, from an end where there is one."""
    left = [point for point, beside in neighbours.items() if beside]
    # By the rule for drawing a figure at one go, a line that begins elsewhere leaves more lines.
    odd = [point for point in left if len(neighbours[point]) % 2]
    ends = [point for point in odd if len(neighbours[point]) == 1]
    line = [min(ends or odd or left)]
    while neighbours[line[-1]]:
        here = line[-1]
        before = line[max(0, len(line) - 1 - _BACK)]
        there = max(neighbours[here], key=lambda point: (_straight(before, here, point), point))
        neighbours[here].remove(there)
        neighbours[there].remove(here)
        line.append(there)
    return line


def _straight(before: Point, here: Point, there: Point) -> float:
    """Return the cosine of the turn on the way from `before` over `here` to `there`."""
    came, goes = np.subtract(here, before), np.subtract(there, here)
    length = np.linalg.norm(came) * np.linalg.norm(goes)
    return float(came @ goes / length) if length else 0.0
