"""The lines of a training chart: which columns, smoothed how, thinned how."""

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.signal import lfilter

from core.analysis.checks import Integers, Numbers
from core.errors import ConfigError, RunError

Axis: TypeAlias = Literal["steps", "epochs", "images", "seconds"]

AXIS_COLUMNS = {"steps": "step", "epochs": "epoch", "images": "images", "seconds": "seconds"}
WATCHED_PAIRS = (
    ("validation_loss", "validation_accuracy"),
    ("test_loss", "test_accuracy"),
)
# Histories keep shares as float32: 0.95 comes back as 0.94999999. One image of 60,000 is more.
_ROUNDING = 1e-6


def smooth(values: ArrayLike, weight: float) -> Numbers:
    """Return the exponential moving average of values, corrected for its start at zero.

    The formula is TensorBoard's (`vz_line_chart2/line-chart.ts`); the correction is that of
    Kingma and Ba 2015, "Adam", section 3. `weight` is in [0, 1), and 0 returns the values. A value
    that is no finite number stays as it is and leaves the average alone. Raises ConfigError for
    any other weight.
    """
    if not 0 <= weight < 1:
        raise ConfigError(f"Smoothing must be at least 0 and below 1, not {weight}.")
    smoothed = np.array(values, dtype=np.float64)
    finite = np.isfinite(smoothed)
    if weight == 0 or not finite.any():
        return smoothed
    average = lfilter([1 - weight], [1, -weight], smoothed[finite])
    seen = np.arange(1, len(average) + 1)
    # expm1 keeps the digits of 1 − weight**seen when the weight is close to 1.
    smoothed[finite] = average / -np.expm1(seen * np.log(weight))
    return smoothed


def thin(x: ArrayLike, y: ArrayLike, max_points: int) -> tuple[Numbers, Numbers]:
    """Return at most `max_points` points that draw the same line; never take a number from them.

    Keeps the first point, the last, and the lowest and highest of each bucket of neighbouring
    points, in the order of x. Min–max selection: Jugel and others 2014, "M4: A
    visualization-oriented time series data aggregation", PVLDB 7(10), section 4. Buckets begin at
    the first point and their width is a power of two, the least that keeps to the limit: while a
    line grows, all points before its last bucket stay as they are until the width doubles.
    Raises ConfigError for fewer than four points and RunError when the lengths differ.
    """
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if max_points < 4:
        raise ConfigError(f"A line needs room for at least 4 points, not {max_points}.")
    if len(across) != len(up):
        raise RunError(f"A line needs as many x as y values, not {len(across)} and {len(up)}.")
    if len(up) <= max_points:
        return across, up
    width = 2
    while 2 * -(-len(up) // width) + 2 > max_points:
        width *= 2
    kept = np.unique(np.concatenate(([0], _lowest_and_highest(up, width), [len(up) - 1])))
    return across[kept], up[kept]


def curve(
    history: pd.DataFrame, x: Axis, y: str, steps_per_epoch: int | None = None
) -> tuple[Numbers, Numbers]:
    """Return the x and y values of one line of a steps or epochs frame, without missing ones.

    With x "epochs" on a steps frame, `steps_per_epoch` gives fractions of an epoch (step 150 of
    100 to an epoch is 1.5); without it the whole epochs of the frame are used. Raises ConfigError
    for an unknown axis and RunError when the history has no such column.
    """
    if x not in AXIS_COLUMNS:
        raise ConfigError(f"There is no axis “{x}”. Choose one of {', '.join(AXIS_COLUMNS)}.")
    # Only the steps frame has the loss of single steps.
    fractional = x == "epochs" and "loss" in history.columns and steps_per_epoch is not None
    across = _numbers(history, "step" if fractional else AXIS_COLUMNS[x])
    if fractional and steps_per_epoch is not None:
        across = across / steps_per_epoch
    up = _numbers(history, y)
    known = ~(np.isnan(across) | np.isnan(up))
    return across[known], up[known]


def watched_columns(epochs: pd.DataFrame) -> tuple[str, str] | None:
    """Return the loss and accuracy columns watched during training, or None if there are none.

    That is the validation pair, or the test pair for a recipe that watches the test images.
    """
    for pair in WATCHED_PAIRS:
        if any(name in epochs.columns and epochs[name].notna().any() for name in pair):
            return pair
    return None


def time_to_accuracy(epochs: pd.DataFrame, threshold: float) -> tuple[int, float] | None:
    """Return the first epoch whose watched accuracy reaches the threshold, and its seconds.

    The threshold is a share in [0, 1] like the accuracy column. None when it was never reached
    or nothing was watched.
    """
    watched = watched_columns(epochs)
    if watched is None:
        return None
    reached = np.flatnonzero(_numbers(epochs, watched[1]) >= threshold - _ROUNDING)
    if not len(reached):
        return None
    first = reached[0]
    return int(_numbers(epochs, "epoch")[first]), float(_numbers(epochs, "seconds")[first])


def _numbers(frame: pd.DataFrame, column: str) -> Numbers:
    if column not in frame.columns:
        raise RunError(f"The history of this run has no column “{column}”.")
    if frame[column].dtype.kind in "fiu":
        return frame[column].to_numpy(dtype=np.float64)
    # A column with nothing but nulls arrives as objects.
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64)


def _lowest_and_highest(y: Numbers, width: int) -> Integers:
    """Positions of the lowest and highest value of each `width` values; the last may be fewer.

    A bucket without a number keeps its first, missing one, so that the line still has its gap.
    """
    buckets = np.full((-(-len(y) // width), width), np.nan)
    buckets.flat[: len(y)] = y
    missing = np.isnan(buckets)
    start = np.arange(len(buckets)) * width
    lowest = start + np.where(missing, np.inf, buckets).argmin(axis=1)
    highest = start + np.where(missing, -np.inf, buckets).argmax(axis=1)
    return np.concatenate((lowest, highest)).astype(np.int64)
