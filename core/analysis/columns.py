"""Which columns the table of runs has, and how a link names them."""

from collections.abc import Iterable
from typing import Final

from core.analysis.run_values import RESULTS
from core.config import ALIASES, RunConfig

# Optimizer and learning rate in one; every other column is a result or a setting.
METHOD: Final = "method"
USUAL: Final = (METHOD, "state", "validation", "test", "time")
# The name stands in front of every row anyway.
COLUMNS: Final = tuple(
    key for key in dict.fromkeys((*USUAL, *RESULTS, *RunConfig.model_fields)) if key != "name"
)
_NONE: Final = "none"
_SHORT: Final = {field: alias for alias, field in ALIASES.items()}
_LONG: Final = ALIASES | {"bs": "batch_size"}


def read_columns(text: str | None) -> tuple[str, ...]:
    """Return the columns that a link names, in its order; the usual ones where it names none.

    Names are those of settings and results, or aliases such as lr, with dots between; unknown
    ones are passed over.
    """
    if text == _NONE:
        return ()
    named = [_LONG.get(name, name) for name in (text or "").lower().split(".")]
    return tuple(dict.fromkeys(name for name in named if name in COLUMNS)) or USUAL


def write_columns(columns: Iterable[str]) -> str:
    """Return what stands in a link for these columns; empty for the usual ones."""
    chosen = tuple(columns)
    if chosen == USUAL:
        return ""
    return ".".join(_SHORT.get(key, key) for key in chosen) or _NONE


def sort_key(column: str) -> str:
    """Return by what a click on the heading of a column sorts."""
    return "optimizer" if column == METHOD else column


def falls_first(column: str) -> bool:
    """Tell whether the first click on a heading puts the highest first: where more is better."""
    return column in RESULTS and column not in ("name", "state", "test_loss")
