"""Connected marks on paper, measured as they would lie if the paper were not tilted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.drawing.lines import turned
from core.drawing.threshold import stroke_width

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks numbered from 1 on in `labels` `(h, w)`, 0 for paper.

    `boxes` `(N, 4)` holds their left, top, right and bottom in pixels after turning the picture
    back by `degrees`; `areas` `(N,)` their ink in pixels. Mark number n is at index n - 1.
    """

    labels: Numbers
    boxes: Floats
    areas: Floats
    degrees: float

    @property
    def count(self) -> int:
        return len(self.areas)

    @property
    def widths(self) -> Floats:
        return self.boxes[:, 2] - self.boxes[:, 0]

    @property
    def heights(self) -> Floats:
        return self.boxes[:, 3] - self.boxes[:, 1]

    @property
    def middles(self) -> Floats:
        """The middle of each box, `(N, 2)`, x and y, on the tilted picture."""
        middles = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2
        return turned(middles, self.degrees)

    @property
    def slices(self) -> list[tuple[slice, slice]]:
        """The rows and columns of the picture that hold each mark."""
        return list(ndimage.find_objects(self.labels))

    def mask(self, index: int) -> Mask:
        """Return one mark alone, cut to its box on the picture."""
        part = self.labels[self.slices[index]]
        return np.asarray(part == index + 1)

    def strokes(self) -> Floats:
        """Return the mean width of each mark's strokes in pixels, `(N,)`."""
        return np.array(
            [
                stroke_width(self.labels[place] == number)
                for number, place in enumerate(self.slices, 1)
            ],
            np.float64,
        )

    def contact(self) -> Floats:
        """Return how many pixels of the border of the picture each mark lies on, `(N,)`."""
        sides = (self.labels[0], self.labels[-1], self.labels[:, 0], self.labels[:, -1])
        return np.asarray(np.bincount(np.concatenate(sides), minlength=self.count + 1)[1:])

    def only(self, kept: Mask) -> "Marks":
        """Return the marks where `kept` `(N,)` is True, numbered anew."""
        numbers = np.concatenate([[0], np.where(kept, np.cumsum(kept), 0)])
        return Marks(numbers[self.labels], self.boxes[kept], self.areas[kept], self.degrees)


def measure(labels: Numbers, degrees: float) -> Marks:
    """Measure the marks of `labels` `(h, w)`, numbered 1 … N without a gap, on a tilted picture."""
    rows, columns = np.nonzero(labels)
    number = labels[rows, columns] - 1
    count = int(labels.max(initial=0))
    areas = np.bincount(number, minlength=count).astype(np.float64)
    middles = np.stack([columns + 0.5, rows + 0.5], axis=1)
    upright = turned(middles, -degrees)
    boxes = np.empty((count, 4))
    for side, far in ((0, np.inf), (1, np.inf), (2, -np.inf), (3, -np.inf)):
        extreme = np.full(count, far)
        (np.minimum if far > 0 else np.maximum).at(extreme, number, upright[:, side % 2])
        boxes[:, side] = extreme + (-0.5 if far > 0 else 0.5)
    return Marks(labels, boxes, areas, degrees)
