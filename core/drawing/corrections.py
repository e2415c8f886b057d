"""A picture of digits as somebody corrected it by hand: boxes set anew, right digits typed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.config import CLASSES
from core.drawing.lines import lines_of, turned
from core.drawing.numbers import in_lines
from core.drawing.scene import Box, Found, Scene, digit_in
from core.errors import EmptyDrawingError

UNSURE = "?"


@dataclass(frozen=True, eq=False)
class Corrected:
    """A scene with the boxes that somebody wants, those with nothing in them apart.

    `right` are the digits that were typed, by box; they change nothing that a model says.
    """

    scene: Scene
    empty: tuple[Box, ...]
    right: Mapping[Box, int]


def correct(
    found: Scene, marks: Sequence[tuple[Box, int | None]], known: Iterable[Found] = ()
) -> Corrected:
    """Return the scene `found` with the boxes in `marks` instead, each with its right digit.

    A box that stands where one was found keeps the digit as it was found there, and so do boxes
    that are `known` from a correction before.
    """
    digits = {each.box: each.digit for each in (*known, *found.found)}
    empty = []
    for box, _ in marks:
        try:
            digits[box] = digits.get(box) or digit_in(found, box)
        except EmptyDrawingError:
            empty.append(box)
    usable = [box for box, _ in marks if box not in empty]
    ordered = tuple(Found(box, line, digits[box]) for box, line in _in_order(found, usable))
    right = {box: digit for box, digit in marks if digit is not None and 0 <= digit < CLASSES}
    return Corrected(replace(found, found=ordered), tuple(empty), right)


def _in_order(scene: Scene, boxes: Sequence[Box]) -> list[tuple[Box, int]]:
    """Return boxes as one reads them, each with its line of text, however the picture is tilted."""
    if not boxes:
        return []
    sides = np.array(boxes, np.float64)
    middles = turned((sides[:, :2] + sides[:, 2:]) / 2, -scene.degrees)
    lines = lines_of(middles, sides[:, 3] - sides[:, 1])
    order = np.lexsort((middles[:, 0], lines))
    return [(boxes[place], int(lines[place])) for place in order]


def settled(corrected: Corrected, said: Sequence[Sequence[int]]) -> list[str]:
    """Return each line's number as corrected: what was typed, else what all runs answer.

    `said` holds the answers of each run, in the order of the scene's digits. UNSURE stands where
    they differ and nobody has typed which is right.
    """
    digits = corrected.scene.found
    letters: list[int | str] = []
    for place, each in enumerate(digits):
        answers = {int(run[place]) for run in said}
        common = answers.pop() if len(answers) == 1 else UNSURE
        letters.append(corrected.right.get(each.box, common))
    return in_lines([each.line for each in digits], letters)
