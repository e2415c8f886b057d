"""Tables of words, cut so that each is narrow enough for a sheet of paper."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

BESIDE: Final = 4  # columns of runs


@dataclass(frozen=True)
class Table:
    """Headings and rows of words; the first cell of a row names it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_table(frame: pd.DataFrame) -> Table:
    """Return a frame of words, its first column the rows' names."""
    rows = tuple(tuple(str(value) for value in row) for row in frame.itertuples(index=False))
    return Table(tuple(map(str, frame.columns)), rows)


def beside(frame: pd.DataFrame, first: str) -> list[Table]:
    """Return a frame as tables of a few columns; its index names the rows, headed `first`."""
    parts = []
    for start in range(0, len(frame.columns), BESIDE):
        part = as_table(frame.iloc[:, start : start + BESIDE].reset_index())
        parts.append(Table((first, *part.heads[1:]), part.rows))
    return parts
