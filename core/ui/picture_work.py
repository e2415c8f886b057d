"""What a visitor has put on the page of pictures: kept while their visit lasts, and no longer.

It lies in the session, so that it outlives a change of page and of chosen runs.
"""

import base64
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from core.drawing.batch import FIRST_FRAME, Listing, Reading, read_source
from core.drawing.corrections import Corrected, correct
from core.drawing.scene import Box, Scene, digits_of, look_at
from core.errors import EmptyDrawingError
from core.pictures import is_animated, read_picture
from core.runs.records import Run
from core.ui.model_answers import probabilities_of
from core.ui.picture_boxes import Edit
from core.ui.trained import ending

_STATE: Final = "pictures"
_QUALITY: Final = 85  # of the JPEG that the browser gets; models read the picture itself

Shares = npt.NDArray[np.float32]


class PictureWork:
    """One picture, the digits found in it, and what somebody corrected by hand."""

    def __init__(self, name: str, content: bytes) -> None:
        """Read a file. Raises DrawingError for what is no picture or too crowded to be read.

        Where no digit can be found, `nothing` says so: boxes can still be set by hand.
        """
        self.name = name
        self.token = secrets.token_hex(8)
        picture = read_picture(content, name)
        self.note = FIRST_FRAME if is_animated(content) else ""
        self.found: Scene = look_at(picture)
        self.nothing = ""
        try:
            self.found = digits_of(self.found)
        except EmptyDrawingError as error:
            self.nothing = f"{error} Or add a box around a digit yourself."
        self.address = _jpeg_url(self.found.picture)
        self.corrected = Corrected(self.found, (), {})
        self.chosen: Box | None
        self.revision = 0
        self.reset()

    @property
    def marks(self) -> list[tuple[Box, int | None]]:
        """The boxes with the right digits typed, in reading order, empty ones last."""
        boxes = [each.box for each in self.corrected.scene.found]
        return [(box, self.corrected.right.get(box)) for box in (*boxes, *self.corrected.empty)]

    @property
    def changed(self) -> bool:
        """Whether anything is not as it was found."""
        return self.marks != [(each.box, None) for each in self.found.found]

    def apply(self, edit: Edit) -> None:
        """Take over what somebody did."""
        self.revision = edit.revision
        self.corrected = correct(self.found, edit.marks, self.corrected.scene.found)
        self.chosen = edit.chosen

    def set_right(self, box: Box, digit: int | None) -> None:
        """Note which digit somebody says is in a box; None takes it back."""
        marks = tuple((each, digit if each == box else right) for each, right in self.marks)
        self.apply(Edit(self.revision + 1, marks, self.chosen))

    def reset(self) -> None:
        """Go back to what was found."""
        marks = tuple((each.box, None) for each in self.found.found)
        # A single digit needs no choosing.
        self.apply(Edit(self.revision + 1, marks, marks[0][0] if len(marks) == 1 else None))


@dataclass
class BatchWork:
    """Many pictures: those still to be read, and what was found in the others."""

    listing: Listing
    readings: list[Reading] = field(default_factory=list)
    _said: dict[str, Shares] = field(default_factory=dict)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def is_under_way(self) -> bool:
        """Tell whether there is more to read."""
        return len(self.readings) < len(self.listing.sources)

    def read_next(self) -> None:
        """Read one more, if there is one.

        One at a time: after a click, the script that is drawn anew may overtake the one before.
        """
        with self._reading:
            if self.is_under_way():
                source = self.listing.sources[len(self.readings)]
                self.readings.append(read_source(source))

    def stop(self) -> None:
        """Leave the rest unread."""
        if self.is_under_way():
            read, every = len(self.readings), len(self.listing.sources)
            self.close(f"You stopped: {read:,} of {every:,} files are read.")

    def close(self, *remarks: str) -> None:
        """Let go of the files: only digits stay, and in sentences what was left out."""
        self.listing = Listing((), (*self.listing.remarks, *remarks))

    def answers(self, runs: Sequence[Run]) -> tuple[dict[str, Shares], list[str]]:
        """Return what `probabilities_of` says of all digits, each run asked once."""
        keys = {run.id: f"{run.id} {ending(run)}" for run in runs}
        self._said = {key: said for key, said in self._said.items() if key in keys.values()}
        images = [reading.images for reading in self.readings]
        every = np.concatenate(images) if images else np.empty((0, 28, 28), np.uint8)
        asked = [run for run in runs if keys[run.id] not in self._said]
        found, problems = probabilities_of(asked, every)
        self._said |= {keys[run_id]: said for run_id, said in found.items()}
        return {i: self._said[key] for i, key in keys.items() if key in self._said}, problems


@dataclass
class Pictures:
    """What is on the page: files just arrived, one picture or many, or why there is none."""

    round: int = 0  # part of the keys of upload and camera: a new one is empty
    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    one: PictureWork | None = None
    many: BatchWork | None = None
    problem: str = ""

    def clear(self) -> None:
        """Forget everything."""
        self.arrived, self.one, self.many, self.problem = [], None, None, ""

    def remove(self) -> None:
        """Forget everything, in the upload field and the camera too."""
        self.clear()
        self.round += 1


def pictures() -> Pictures:
    """Return what this visitor has put on the page."""
    found: Pictures = st.session_state.setdefault(_STATE, Pictures())
    return found


def _jpeg_url(picture: Image.Image) -> str:
    buffer = BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
