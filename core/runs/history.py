"""The live history of a run: appended line by line, read whole, turned into Parquet at the end."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs.files import replacing

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
_COUNTS: Final = frozenset({"step", "epoch", "images", "layer"})
# Values that come again and again, which a dictionary stores once.
_REPEATED: Final = frozenset({"seconds", "learning_rate"})
# What is looked at and never calculated with is kept to one part in 4,096: half the size.
_ROUGH: Final = frozenset({"gradient_norm"})
_ROUGH_BITS: Final = 11
_HIGHEST_COUNT: Final = 2**31 - 1


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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._file)


def read_history(folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of `name` with `columns`: Parquet if it is there, else the live lines.

    Counts are int64, all else float64 (NaN where not recorded). Lines that are torn or foreign
    are passed over; no file at all is an empty table.
    """
    try:
        frame: pd.DataFrame = pq.read_table(folder / f"{name}.parquet").to_pandas()
    except (OSError, pa.ArrowException):
        frame = _read_live(folder, name, columns)
    frame = frame.reindex(columns=list(columns)).apply(pd.to_numeric, errors="coerce")
    for column in _COUNTS.intersection(columns):
        frame = frame[frame[column].between(0, _HIGHEST_COUNT)]
    return frame.astype(
        {column: "int64" if column in _COUNTS else "float64" for column in columns}
    ).reset_index(drop=True)


def _read_live(folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    lines = _read_lines(folder / f"{name}.jsonl", columns)
    if not lines:
        try:
            # Packed between the two readings: the lines are gone because the table is there.
            packed: pd.DataFrame = pq.read_table(folder / f"{name}.parquet").to_pandas()
        except (OSError, pa.ArrowException):
            return pd.DataFrame()
        return packed
    return pd.DataFrame(lines)


def pack_history(folder: Path, name: str, columns: tuple[str, ...]) -> None:
    """Turn the live lines of `name` into Parquet, then remove them."""
    frame = read_history(folder, name, columns)
    for column in frame.columns:
        # Losses and shares were float32 when they were computed; times need no more either.
        frame[column] = frame[column].astype("int32" if column in _COUNTS else "float32")
        if column in _ROUGH:
            frame[column] = _rounded(frame[column].to_numpy(), _ROUGH_BITS)
    with replacing(folder / f"{name}.parquet") as temporary:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        # Counts grow evenly and losses share their leading bytes: a quarter of the plain size.
        encodings = {
            column: "DELTA_BINARY_PACKED" if column in _COUNTS else "BYTE_STREAM_SPLIT"
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


def _read_lines(path: Path, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    rows = []
    for line in text.split("\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the last line of a killed writer, or an empty one
        if isinstance(row, dict) and all(_fits(row.get(column), column) for column in columns):
            rows.append({column: row.get(column) for column in columns})
    return rows


def _fits(value: Any, column: str) -> bool:
    if column in _COUNTS:
        return isinstance(value, int) and 0 <= value <= _HIGHEST_COUNT
    largest = sys.float_info.max
    return value is None or (isinstance(value, int | float) and -largest <= value <= largest)
