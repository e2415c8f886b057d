"""What a drawing of the field test is, and how it reads as text in a file."""

import base64
import binascii
import json
import os
import re
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from core.config import CLASSES, IMAGE_SIDE
from core.errors import DrawingUnreadableError, RunTooNewError, RunUnreadableError
from core.field_test.strokes import Strokes
from core.runs.upgrading import Format, from_nameless

# Older ones are brought up as a run's files are; format 0 did not name itself.
DRAWING_FORMAT: Final = Format(1, {0: from_nameless})
SCHEMA_VERSION: Final = DRAWING_FORMAT.current
DRAWN_SIDE: Final = 280  # pixels of the picture as it was drawn
MOST_BYTES: Final = 1_000_000  # of a file: several times what the worst drawing needs
# The facts stand first in a file, so that thousands are listed without reading their pictures.
_HEAD_BYTES: Final = 2_048
_AFTER_FACTS: Final = b',\n"strokes": '
_END: Final = b"\n}\n"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,40}")


@dataclass(frozen=True, eq=False)
class Drawing:
    """One drawing: what was asked for, what the models got, and whether it counts.

    `digit` is uint8 `(28, 28)`, white ink on black as in MNIST, not to be written to. `mistake`
    says that its maker called it a mistake of their own, `hidden` that the owner took it out.
    """

    id: str
    label: int
    time: datetime  # when it was kept, in UTC
    digit: npt.NDArray[np.uint8]
    hidden: bool
    mistake: bool

    @property
    def counts(self) -> bool:
        """Whether the score board counts it."""
        return not (self.hidden or self.mistake)

    @property
    def stamp(self) -> str:
        """The time as files hold it, to the second: "2026-01-31T12:00:00Z"."""
        # Not strftime, which writes years before 1000 with fewer digits than it is read with.
        return self.time.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


@dataclass(frozen=True)
class UnreadableDrawing:
    """A file beside the drawings that cannot be read as one, and why in one sentence."""

    id: str
    reason: str


class _Facts(BaseModel):
    # Fields that were added since are passed over rather than refused, as in a run's files.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: int = 0
    label: Annotated[int, Field(ge=0, lt=CLASSES, strict=True)]
    time: AwareDatetime
    hidden: StrictBool = False
    mistake: StrictBool = False
    digit: str  # its bytes row by row, in base64


class _File(_Facts):
    strokes: Strokes
    picture: str  # a PNG, in base64


@dataclass(frozen=True)
class Original:
    """A drawing as it came from the pad: a PNG 280×280 in grey, and its strokes in its pixels."""

    picture: bytes
    strokes: Strokes


def is_drawing_id(text: str) -> bool:
    """Tell whether a drawing may be called so: ids come from links and from file names."""
    return _ID.fullmatch(text) is not None


def as_text(drawing: Drawing, original: Original) -> str:
    """Return a drawing as its file holds it: JSON, a field a line."""
    fields = {
        "schema_version": SCHEMA_VERSION,
        "label": drawing.label,
        "time": drawing.stamp,
        "hidden": drawing.hidden,
        "mistake": drawing.mistake,
        "digit": base64.b64encode(drawing.digit.tobytes()).decode("ascii"),
        "strokes": [[list(point) for point in stroke] for stroke in original.strokes],
        "picture": base64.b64encode(original.picture).decode("ascii"),
    }
    lines = [f"{json.dumps(name)}: {_compact(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def read_drawing(path: Path) -> Drawing:
    """Return the drawing in a file without its picture, which need not be read for that.

    Raises DrawingUnreadableError with a sentence.
    """
    head = _head(_content(path, _HEAD_BYTES))
    found = _parsed(path, _Facts, head) if head else _parsed(path, _File, _content(path))
    return _drawing(path, found)


def read_whole(path: Path) -> tuple[Drawing, Original]:
    """Return the drawing in a file with picture and strokes.

    Raises DrawingUnreadableError with a sentence.
    """
    found = _parsed(path, _File, _content(path))
    picture = _bytes(path, "picture", found.picture)
    if not picture.startswith(_PNG):
        raise _unreadable(path, "picture: not a PNG")
    return _drawing(path, found), Original(picture, found.strokes)


def _content(path: Path, at_most: int = MOST_BYTES) -> bytes:
    """Return the file, of one longer than `at_most` its beginning with what it ends in."""
    if not is_drawing_id(path.stem):
        raise _unreadable(path, "its file name is none that Digit Lab gives: rename it")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(path, "it is not a file")  # a pipe lets its reader wait for ever
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:
                raise _unreadable(path, "the file is far too large for a drawing")
            content = file.read(at_most)
            if size > len(content):
                file.seek(-len(_END), os.SEEK_END)
                content += file.read(len(_END))
            return content
    except OSError as error:
        raise _unreadable(path, f"the file cannot be read ({error.strerror})") from error


def _head(content: bytes) -> bytes:
    """Return the facts at a file's beginning as JSON; empty if it is laid out otherwise or torn."""
    facts, found, _ = content.partition(_AFTER_FACTS)
    return facts + b"}" if found and content.endswith(_END) else b""


_FactsT = TypeVar("_FactsT", _Facts, _File)


def _parsed(path: Path, kind: type[_FactsT], content: bytes) -> _FactsT:
    try:
        found = kind.model_validate_json(content)
        if found.schema_version == SCHEMA_VERSION:
            return found
        return kind.model_validate_json(_brought_up(path, content))
    except ValidationError as error:
        _brought_up(path, content)  # what a newer version wrote is not damaged
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"][:1])) or "the file"
        raise _unreadable(path, f"{field}: {problem['msg']}") from error


def _brought_up(path: Path, content: bytes) -> str:
    """Return what a file of any format holds as one of this; no JSON stays as it is."""
    try:
        values = json.loads(content)
        return json.dumps(DRAWING_FORMAT.bring_up("the file", values))
    except RunTooNewError as error:
        raise DrawingUnreadableError(f"Drawing {path.stem[:40]} {error}.") from error
    except RunUnreadableError as error:
        raise _unreadable(path, str(error)) from error
    except (ValueError, AttributeError, RecursionError):
        return content.decode("utf-8", "replace")


def _drawing(path: Path, found: _Facts) -> Drawing:
    content = _bytes(path, "digit", found.digit)
    if len(content) != IMAGE_SIDE**2:
        raise _unreadable(path, f"digit: not {IMAGE_SIDE}×{IMAGE_SIDE} bytes")
    # Read-only, as it is shared by all who ask.
    digit = np.frombuffer(content, dtype=np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)
    try:
        time = found.time.astimezone(UTC)
    except OverflowError as error:
        raise _unreadable(path, "time: outside the years 1 to 9999 in UTC") from error
    return Drawing(path.stem, found.label, time, digit, found.hidden, found.mistake)


def _bytes(path: Path, field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(path, f"{field}: damaged") from error


def _unreadable(path: Path, why: str) -> DrawingUnreadableError:
    return DrawingUnreadableError(
        f"Drawing {path.stem[:40]} cannot be read: {why}. Restore the file from a copy, or delete "
        "the drawing."
    )
