"""Many pictures, out of several files and zip files: listed first, then read one at a time.

Only one picture lies in memory at any moment; what stays of each are its digits, 784 bytes each.
"""

import logging
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.drawing.numbers import in_lines
from core.drawing.scene import find_digits
from core.errors import ArchiveError, DigitLabError, DrawingError
from core.pictures import MAX_BYTES, is_animated, read_picture
from core.runs.untrusted_zip import (
    check_entry,
    is_clutter,
    open_unchecked_zip,
    read_entry,
    shown,
)

MOST_PICTURES: Final = 300
MOST_BYTES: Final = 200 * 1024**2  # of all files together, unpacked
_MOST_LISTED: Final = 5_000  # files in a zip: its directory is read whole
_ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_LONGEST_NAME: Final = 120
_log: Final = logging.getLogger(__name__)
FIRST_FRAME: Final = "It is animated: its first frame is read."


@dataclass(frozen=True, eq=False)
class Source:
    """A file that may be a picture; `read` gives its content or raises a DigitLabError."""

    name: str
    size: int  # bytes, unpacked
    read: Callable[[], bytes]


@dataclass(frozen=True, eq=False)
class Listing:
    """What is to be read, and in sentences what of the files was left out as a whole."""

    sources: tuple[Source, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Reading:
    """What was found in one picture, in reading order.

    `images` is uint8 `(N, 28, 28)`, `lines` the line of text in which each stands. `remark` says
    why there are none, or what else a reader should know of the picture.
    """

    name: str
    images: NDArray[np.uint8]
    lines: tuple[int, ...]
    remark: str = ""

    def numbers(self, answers: Sequence[int]) -> list[str]:
        """Return what each line of text reads as, by an answer for each digit."""
        return in_lines(self.lines, answers)


def is_zip(name: str, content: bytes) -> bool:
    """Tell whether a file is a zip, or is called one."""
    return name.lower().endswith(".zip") or content.startswith(_ZIP_MARKS)


def list_pictures(files: Iterable[tuple[str, bytes]]) -> Listing:
    """List the pictures in named files, those in zip files too; nothing is decoded yet.

    What is more than MOST_PICTURES, or than MOST_BYTES together, is left out with a sentence, and
    so is a zip that cannot be opened. A link or a zip within a zip gets its sentence when it is
    read.
    """
    sources: list[Source] = []
    remarks: list[str] = []
    for name, content in files:
        if not is_zip(name, content):
            sources.append(Source(_plain(name), len(content), partial(bytes, content)))
            continue
        try:
            found = _in_zip(content)
        except ArchiveError as error:
            remarks.append(f"{shown(name)} cannot be read. {error}")
            continue
        if not found:
            remarks.append(f"{shown(name)} holds no picture.")
        sources += found
    kept = _within_bounds(sources)
    if len(kept) < len(sources):
        remarks.append(
            f"The first {len(kept):,} of {len(sources):,} files are read: at most "
            f"{MOST_PICTURES:,} at once, and {MOST_BYTES // 1024**2:,} MB together."
        )
    return Listing(tuple(kept), tuple(remarks))


def read_source(source: Source) -> Reading:
    """Find the digits in one file of a listing; whatever is wrong with it becomes the remark.

    That goes for faults of this program too: the other files shall still be read.
    """
    try:
        content = source.read()
        scene = find_digits(read_picture(content, source.name))
    except DigitLabError as error:
        return _unread(source, str(error))
    except Exception:  # noqa: BLE001 - see above
        _log.exception("A picture could not be read")
        return _unread(source, f"{shown(source.name)} could not be read: an error of this program.")
    return Reading(
        source.name,
        np.stack([found.digit.image for found in scene.found]),
        tuple(found.line for found in scene.found),
        FIRST_FRAME if is_animated(content) else "",
    )


def _unread(source: Source, remark: str) -> Reading:
    return Reading(source.name, np.empty((0, 28, 28), np.uint8), (), remark)


def _within_bounds(sources: list[Source]) -> list[Source]:
    total = 0
    for place, source in enumerate(sources):
        # Of a file that is too large in any case, nothing is read.
        total += source.size if source.size <= MAX_BYTES else 0
        if place == MOST_PICTURES or total > MOST_BYTES:
            return sources[:place]
    return sources


def _in_zip(content: bytes) -> list[Source]:
    archive = open_unchecked_zip(BytesIO(content), _MOST_LISTED)
    return [
        Source(_plain(entry.filename), entry.file_size, partial(_read, archive, entry))
        for entry in archive.infolist()
        if not entry.is_dir() and not is_clutter(entry.filename)
    ]


def _plain(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:_LONGEST_NAME]


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    check_entry(entry)
    name = shown(entry.filename)
    if entry.file_size > MAX_BYTES:
        raise DrawingError(f"{name} is larger than 10 MB. Make the picture smaller first.")
    content = read_entry(archive, entry, MAX_BYTES)
    if is_zip(entry.filename, content):
        raise DrawingError(f"{name} is a zip file within the zip file. Unpack it first.")
    return content
