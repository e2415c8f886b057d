"""How soon runs read so many of 100 watched images right: the table and its words."""

from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from core.analysis.curves import time_to_accuracy, watched_columns
from core.analysis.named_sides import Side
from core.runs.records import Run

GOALS: Final = (0.90, 0.95, 0.97)
Reached = tuple[int, float] | None  # the epoch, and its seconds


def reach_table(sides: Sequence[Side], epochs_of: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """Return for each side when it first read 90, 95 and 97 % right, as readable strings.

    A row a side, a column a goal; `epochs_of` returns a run's epochs by its id. Sides that
    watched no images are left out. A column says which images were watched. "not reached" is of
    runs that have ended; before that it is "not yet".
    """
    rows = {}
    for side in sides:
        histories = [(run, epochs_of(run.id)) for run in side.runs]
        watched = [watched_columns(epochs) for _, epochs in histories]
        kinds = {pair[0].partition("_")[0] for pair in watched if pair is not None}
        if not kinds:
            continue
        cells = [
            goal_words([(run, time_to_accuracy(epochs, goal)) for run, epochs in histories])
            for goal in GOALS
        ]
        rows[side.name] = [*cells, "test images, watched" if "test" in kinds else "validation"]
    columns = [*(f"{100 * goal:.0f} %" for goal in GOALS), "of which images"]
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows)), columns=columns)


def goal_words(reached: Sequence[tuple[Run, Reached]]) -> str:
    """Write when the runs of one side reached a goal: earliest to latest over its seeds."""
    times = [time for _, time in reached if time is not None]
    late = [run for run, time in reached if time is None]
    if not times:
        return "not yet" if any(run.active for run in late) else "not reached"
    epochs, seconds = [time[0] for time in times], [time[1] for time in times]
    words = f"{_epochs(min(epochs), max(epochs))}, {_seconds(min(seconds), max(seconds))}"
    if not late:
        return words
    open_still = " so far" if any(run.active for run in late) else ""
    return f"{len(times)} of {len(reached)} seeds{open_still}: {words}"


def _epochs(first: int, last: int) -> str:
    return f"epoch {first}" if first == last else f"epochs {first} to {last}"


def _seconds(first: float, last: float) -> str:
    shortest, longest = _length(first), _length(last)
    return shortest if shortest == longest else f"{shortest} to {longest}"


def _length(seconds: float) -> str:
    if seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5_970 else f"{seconds / 3600:.1f} h"
