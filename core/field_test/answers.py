"""What runs answer on drawings: each run's model is asked once for each drawing."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.errors import RunUnreadableError
from core.field_test.records import Drawing
from core.runs.records import Run

# Returns the probabilities `(N, 10)` that a run's model gives images `(N, 28, 28)` uint8.
Ask: TypeAlias = Callable[[Run, npt.NDArray[np.uint8]], npt.NDArray[np.float32]]

_RUNS_KEPT: Final = 24
_AT_ONCE: Final = 1_000  # drawings: what they take in memory stays small


@dataclass(frozen=True)
class DrawingAnswers:
    """What a run answered on drawings, in their order: labels, answers, how sure, all `(N,)`.

    `sure` is the probability of the answer (softmax), from 0 to 1.
    """

    labels: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    sure: npt.NDArray[np.float32]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which drawings were read as what was asked for, `(N,)`."""
        right: npt.NDArray[np.bool_] = self.predicted == self.labels
        return right


class AnswerBook:
    """The answers of runs on drawings, kept by drawing; what a drawing shows never changes.

    Keeps those of the runs used last. To be used from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[Hashable, _Page] = OrderedDict()

    def answers(
        self, run: Run, version: int, drawings: Sequence[Drawing], ask: Ask
    ) -> DrawingAnswers:
        """Return what `run`, whose weights are of `version`, answers on `drawings`.

        `ask` is called for those that are new, some at a time; what it raises is passed on. Raises
        RunUnreadableError where a probability is no finite number: damaged weights must not be
        scored, and the largest of ten NaN would read as a 0.
        """
        page = self._page((run.id, version))
        with page.lock:  # two visitors who ask at once have it computed once
            new = [drawing for drawing in drawings if drawing.id not in page.said]
            for start in range(0, len(new), _AT_ONCE):
                some = new[start : start + _AT_ONCE]
                said = ask(run, np.stack([drawing.digit for drawing in some]))
                if not np.isfinite(said).all():
                    raise RunUnreadableError("Its saved weights answer with no finite number.")
                for drawing, shares in zip(some, said, strict=True):
                    page.said[drawing.id] = (int(shares.argmax()), float(shares.max()))
            said_of = [page.said[drawing.id] for drawing in drawings]
        return DrawingAnswers(
            np.array([drawing.label for drawing in drawings], dtype=np.int64),
            np.array([answer for answer, _ in said_of], dtype=np.int64),
            np.array([sure for _, sure in said_of], dtype=np.float32),
        )

    def unread(self, run: Run, version: int, drawings: Sequence[Drawing]) -> int:
        """Return how many of `drawings` the run has not been asked yet."""
        page = self._page((run.id, version))
        return sum(drawing.id not in page.said for drawing in drawings)

    def _page(self, key: Hashable) -> "_Page":
        with self._lock:
            page = self._pages.setdefault(key, _Page())
            self._pages.move_to_end(key)
            while len(self._pages) > _RUNS_KEPT:
                self._pages.popitem(last=False)
            return page


class _Page:
    """The answers of one run: answer and how sure, by drawing."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.said: dict[str, tuple[int, float]] = {}
