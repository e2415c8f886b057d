"""The history of a run: appended line by line while it trains, turned into Parquet at the end."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs.files import look_at, replacing
from core.runs.history_lines import COUNTS, HIGHEST_COUNT, HistoryLines, Table

STEP_COLUMNS: Final = (
    "step",
    "epoch",
    "images",
    "seconds",
    "loss",
    "learning_rate",
    "gradient_norm",
)
EPOCH_COLUMNS: Final = (
    "epoch",
    "step",
    "images",
    "seconds",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
    "images_per_second",
    "weight_norm",
)
LAYER_COLUMNS: Final = (
    "epoch",
    "layer",
    "gradient_norm",
    "weight_norm",
    "update_ratio",
    "dead_share",
)
MOST_VALUES: Final = 100_000_000  # of a table: rows times columns
# Values that come again and again, which a dictionary stores once.
_REPEATED: Final = frozenset({"seconds", "learning_rate"})
# What is looked at and never calculated with is kept to one part in 4,096: half the size.
_ROUGH: Final = frozenset({"gradient_norm"})
_ROUGH_BITS: Final = 11


class HistoryWriter:
    """Appends rows to a .jsonl file, each batch of lines in one unbuffered write.

    A killed process loses nothing that was written; at worst its last line is torn, and readers
    pass over that.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append one line a row."""
        lines = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode()
        while lines:  # a full disk or a signal may write a part only
            lines = lines[os.write(self._file, lines) :]

    def sync(self) -> None:
        """Return when everything appended is on the disk, so that a power cut loses none of it."""
        os.fsync(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._file)


class History:
    """One history of a run, which keeps in memory what it has read of it.

    Live lines are parsed once each, a table is read again only when its file was replaced. Not
    safe to use from several threads at once.
    """

    def __init__(self, folder: Path, name: str, columns: tuple[str, ...]) -> None:
        self._packed = folder / f"{name}.parquet"
        self._columns = columns
        self._live = folder / f"{name}.jsonl"
        self._lines = HistoryLines(self._live, columns)
        # What the frame was made of: the file of a table, or the rows of lines.
        self._source: tuple[int, ...] | Table | None = None
        self._frame = pd.DataFrame()

    def __len__(self) -> int:
        """Return how many rows are kept in memory."""
        return len(self._frame)

    def read(self) -> pd.DataFrame:
        """Return the rows as `read_history` does; the caller may change what it gets."""
        if not self._read_packed():
            rows = self._lines.read()
            # None: perhaps packed between the two readings, then the table is there now.
            if any(len(column) for column in rows.values()) or not self._read_packed():
                self._take(rows)
        return self._frame.copy(deep=False)

    def _take(self, rows: Table) -> None:
        if rows is not self._source:
            self._source, self._frame = rows, pd.DataFrame(rows)

    def _read_packed(self) -> bool:
        """Read the table if there is one and it is not the one known; tell whether there is."""
        try:
            found = look_at(self._packed)
            source = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
            if source != self._source:
                self._frame, self._source = _read_table(self._packed, self._columns), source
                self._lines = HistoryLines(
                    self._live, self._columns
                )  # what it kept has become the table
        except (OSError, pa.ArrowException):
            return False
        return True


def read_history(folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of `name` with `columns`: Parquet if it is there, else the live lines.

    Counts are int64, all else float64 (NaN where not recorded). Lines that are torn or foreign
    are passed over; no file at all is an empty table.
    """
    return History(folder, name, columns).read()


def _read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of a Parquet file. Raises OSError or pa.ArrowException."""
    # Not by way of pandas, whose conversion and checks take four times as long.
    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows * max(1, file.metadata.num_columns) > MOST_VALUES:
            raise pa.ArrowInvalid(f"{path.name} holds more than a history")
        # Text or lists are no figures, and one long word may stand in a million rows.
        there = [name for name in columns if _holds_numbers(file.schema_arrow, name)]
        table = file.read(columns=there, use_threads=False)
    return _typed(
        {name: table.column(name).to_numpy().astype(np.float64) for name in there}, columns
    )


def _holds_numbers(schema: pa.Schema, name: str) -> bool:
    if schema.names.count(name) != 1:
        return False
    kind = schema.field(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _typed(found: Mapping[str, npt.NDArray[np.float64]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of `found` whose counts are counts, each column of its own kind."""
    rows = len(next(iter(found.values()), ()))
    every = {name: found.get(name, np.full(rows, np.nan)) for name in columns}
    kept = np.ones(rows, dtype=np.bool_)
    for name in COUNTS.intersection(columns):
        kept &= (every[name] >= 0) & (every[name] <= HIGHEST_COUNT)
    return pd.DataFrame(
        {
            name: values[kept].astype(np.int64 if name in COUNTS else np.float64, copy=False)
            for name, values in every.items()
        },
        columns=list(columns),
    )


def pack_history(folder: Path, name: str, columns: tuple[str, ...]) -> None:
    """Turn the live lines of `name` into Parquet, then remove them."""
    frame = read_history(folder, name, columns)
    for column in frame.columns:
        # Losses and shares were float32 when they were computed; times need no more either.
        frame[column] = frame[column].astype("int32" if column in COUNTS else "float32")
        if column in _ROUGH:
            frame[column] = _rounded(frame[column].to_numpy(), _ROUGH_BITS)
    with replacing(folder / f"{name}.parquet") as temporary:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        # Counts grow evenly and losses share their leading bytes: a quarter of the plain size.
        encodings = {
            column: "DELTA_BINARY_PACKED" if column in COUNTS else "BYTE_STREAM_SPLIT"
            for column in columns
            if column not in _REPEATED
        }
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=9,
            use_dictionary=sorted(_REPEATED.intersection(columns)),
            column_encoding=encodings,
        )
    (folder / f"{name}.jsonl").unlink(missing_ok=True)


def _rounded(values: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.float32]:
    """Return `values` with only `bits` binary digits after the leading one, the rest 0."""
    mantissas, exponents = np.frexp(values)
    scale = np.float32(2.0 ** (bits + 1))
    rounded: npt.NDArray[np.float32] = np.ldexp(np.rint(mantissas * scale) / scale, exponents)
    return rounded


def reopen_history(folder: Path, name: str, columns: tuple[str, ...], after_epoch: int) -> None:
    """Make `name` live lines again, with only what was recorded up to the end of `after_epoch`.

    Whoever reads meanwhile sees the old rows or the new ones; a crash in between harms nothing.
    """
    frame = read_history(folder, name, columns)
    kept = frame[frame["epoch"] <= after_epoch].astype(object)
    rows: Any = kept.where(kept.notna(), None).to_dict("records")
    with replacing(folder / f"{name}.jsonl") as temporary, HistoryWriter(temporary) as writer:
        writer.append(rows)
    (folder / f"{name}.parquet").unlink(missing_ok=True)
