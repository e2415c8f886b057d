"""The lines of a live history, each parsed once: a later reading takes in what was appended."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.runs.files import look_at

# Whole numbers from 0; all other columns are floats that may be missing.
COUNTS: Final = frozenset({"step", "epoch", "images", "layer"})
HIGHEST_COUNT: Final = 2**31 - 1
# So many bytes before the place read up to tell whether the file is still the same one.
_KNOWN_BYTES: Final = 256

# The rows of a history by column: int64 of counts, float64 of all else.
Table: TypeAlias = dict[str, npt.NDArray[Any]]


class HistoryLines:
    """The rows of one .jsonl file, as far as they have been read.

    A file that was replaced or cut back is read anew; a last line without its end is looked at
    again the next time. Not safe to use from several threads at once.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        self._file: tuple[int, int] | None = None
        self._offset = 0
        self._known = b""
        self._table: Table = parse_lines("", columns)

    def read(self) -> Table:
        """Return all rows with `columns`; without a file there are none.

        Lines that are torn or foreign are passed over. As long as nothing was appended, the
        answer is the same object: leave it as it is.
        """
        try:
            look_at(self._path)
            with self._path.open("rb") as file:
                if not self._goes_on(file):
                    self._begin()
                    self._file = _identity(file)
                file.seek(self._offset)
                appended = file.read()
        except OSError:
            self._begin()
            return self._table
        whole, end_of_line, rest = appended.rpartition(b"\n")
        if end_of_line:
            self._offset += len(whole) + 1
            self._known = (self._known + appended[: len(whole) + 1])[-_KNOWN_BYTES:]
            self._table = _joined(self._table, parse_lines(_text(whole), self._columns))
        # A line that only lacks its end counts, but may go on: it is not taken for good.
        return _joined(self._table, parse_lines(_text(rest), self._columns))

    def _begin(self) -> None:
        self._file = None
        self._offset = 0
        self._known = b""
        self._table = parse_lines("", self._columns)

    def _goes_on(self, file: BinaryIO) -> bool:
        """Tell whether what was read before is still the beginning of `file`."""
        if _identity(file) != self._file:
            return False
        # A number of a file is given out again, so its content has a say too.
        file.seek(self._offset - len(self._known))
        return file.read(len(self._known)) == self._known


def parse_lines(text: str, columns: Sequence[str]) -> Table:
    """Return the rows of `text`, a JSON object a line, that hold what `columns` may hold."""
    lines = text.split("\n") if text else []
    rows = _parsed_together(lines)
    if rows is None:
        rows = _parsed_one_by_one(lines)
    try:
        return {column: _column([row.get(column) for row in rows], column) for column in columns}
    except (ValueError, OverflowError):
        fitting = [row for row in rows if all(_fits(row.get(name), name) for name in columns)]
        return {
            column: np.array([row.get(column) for row in fitting], dtype=_kind(column))
            for column in columns
        }


def _parsed_together(lines: Sequence[str]) -> list[dict[str, Any]] | None:
    """Parse all lines at once, several times as fast; None where one of them is no object."""
    try:
        rows: list[Any] = json.loads(f"[{','.join(lines)}]")
    except (ValueError, RecursionError):
        return None
    return rows if len(rows) == len(lines) and all(type(row) is dict for row in rows) else None


def _parsed_one_by_one(lines: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the last line of a killed writer, or an empty one
        if isinstance(row, dict):
            rows.append(row)
    return rows


def _column(values: list[Any], name: str) -> npt.NDArray[Any]:
    """Return a column whose values all fit. Raises ValueError or OverflowError if one does not."""
    kinds = set(map(type, values))
    array = np.array(values, dtype=_kind(name)) if kinds <= _kinds(name) else None
    if array is None or not _all_fit(array, values.count(None), name):
        raise ValueError(f"not everything fits into {name}")
    return array


def _all_fit(array: npt.NDArray[Any], missing: int, name: str) -> bool:
    if name in COUNTS:
        return bool(((array >= 0) & (array <= HIGHEST_COUNT)).all())
    return int(np.isfinite(array).sum()) + missing == len(array)


def _kinds(column: str) -> set[type]:
    return {int} if column in COUNTS else {int, float, type(None)}


def _kind(column: str) -> npt.DTypeLike:
    return np.int64 if column in COUNTS else np.float64


def _fits(value: Any, column: str) -> bool:
    if column in COUNTS:
        return isinstance(value, int) and 0 <= value <= HIGHEST_COUNT
    largest = sys.float_info.max
    return value is None or (isinstance(value, int | float) and -largest <= value <= largest)


def _joined(table: Table, more: Table) -> Table:
    if not any(len(column) for column in more.values()):
        return table
    return {name: np.concatenate((column, more[name])) for name, column in table.items()}


def _text(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")


def _identity(file: BinaryIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino
