"""The lines of a training chart, checked against TensorBoard's loop and pandas."""

import numpy as np
import pandas as pd
import pytest

from core.analysis.curves import curve, smooth, thin, time_to_accuracy, watched_columns
from core.errors import ConfigError, RunError


def tensorboard(values: list[float], weight: float) -> list[float]:
    """TensorBoard's loop, written out."""
    last, seen, smoothed = 0.0, 0, []
    for value in values:
        if not np.isfinite(value):
            smoothed.append(value)
            continue
        last = last * weight + (1 - weight) * value
        seen += 1
        smoothed.append(last / (1 - weight**seen))
    return smoothed


def steps() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": [50, 100, 150],
            "epoch": [1, 1, 2],
            "images": [3200, 6400, 9600],
            "seconds": [0.5, 1.0, 1.5],
            "loss": [2.0, 1.0, 0.5],
        }
    )


def epochs(watched: str = "validation") -> pd.DataFrame:
    frame = pd.DataFrame({"epoch": [1, 2, 3], "step": [100, 200, 300], "seconds": [1.0, 2.5, 4.0]})
    frame["train_loss"] = [1.0, 0.5, 0.25]
    for name in ("validation", "test"):
        frame[f"{name}_loss"] = [1.1, 0.6, 0.4] if name == watched else [None] * 3
        frame[f"{name}_accuracy"] = [0.7, 0.85, 0.9] if name == watched else [None] * 3
    return frame


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.9, 0.999])
def test_smooth_is_tensorboards(weight: float) -> None:
    values = np.random.default_rng(0).normal(size=50).tolist()
    assert smooth(values, weight) == pytest.approx(tensorboard(values, weight))


def test_smooth_is_the_adjusted_average_of_pandas() -> None:
    values = pd.Series(np.random.default_rng(1).normal(size=50))
    expected = values.ewm(alpha=0.2, adjust=True).mean().to_numpy()
    assert smooth(values, 0.8) == pytest.approx(expected)


def test_smooth_with_no_weight_returns_the_values() -> None:
    assert smooth([3.0, 1.0, 2.0], 0).tolist() == [3.0, 1.0, 2.0]


def test_smooth_keeps_a_constant_to_the_last_digits() -> None:
    assert smooth([0.3] * 100, 0.9999999) == pytest.approx([0.3] * 100, rel=1e-6)


def test_smooth_leaves_missing_values_and_goes_on() -> None:
    values = [1.0, float("nan"), 3.0, float("inf"), 2.0]
    assert smooth(values, 0.5) == pytest.approx(tensorboard(values, 0.5), nan_ok=True)


def test_smooth_of_nothing_is_nothing() -> None:
    assert len(smooth([], 0.5)) == 0


def test_smooth_leaves_earlier_values_of_a_line_that_grows() -> None:
    values = np.random.default_rng(8).normal(size=500)
    whole = smooth(values, 0.97)
    assert all(smooth(values[:n], 0.97).tolist() == whole[:n].tolist() for n in range(0, 500, 50))


def test_smooth_leaves_its_input_alone() -> None:
    values = np.array([1.0, 5.0])
    smooth(values, 0.9)
    assert values.tolist() == [1.0, 5.0]


@pytest.mark.parametrize("weight", [1.0, -0.1, float("nan")])
def test_smooth_refuses_a_weight_out_of_range(weight: float) -> None:
    with pytest.raises(ConfigError, match="below 1"):
        smooth([1.0], weight)


def test_thin_leaves_a_short_line_alone() -> None:
    x, y = thin([1, 2, 3], [5, 4, 6], max_points=4)
    assert (x.tolist(), y.tolist()) == ([1, 2, 3], [5, 4, 6])


@pytest.mark.parametrize("max_points", [4, 5, 60, 999])
def test_thin_keeps_to_its_limit(max_points: int) -> None:
    y = np.random.default_rng(2).normal(size=1000)
    assert len(thin(np.arange(1000), y, max_points)[0]) <= max_points


def test_thin_keeps_the_ends() -> None:
    x, _ = thin(np.arange(1000), np.random.default_rng(3).normal(size=1000), 50)
    assert (x[0], x[-1]) == (0, 999)


def test_thin_keeps_the_lowest_and_highest_of_every_bucket() -> None:
    y = np.random.default_rng(4).normal(size=1002)
    kept = set(thin(np.arange(1002), y, max_points=22)[0].astype(int))
    # At most ten buckets of 1,002 points: the next power of two is 128.
    for start in range(0, 1002, 128):
        bucket = y[start : start + 128]
        assert {start + int(bucket.argmin()), start + int(bucket.argmax())} <= kept


def test_thin_leaves_what_it_kept_of_a_line_that_grows() -> None:
    y = np.random.default_rng(7).normal(size=5_000)
    changed = []
    before, _ = thin([], [], 300)
    for length in range(1, len(y), 7):
        x, _ = thin(np.arange(length), y[:length], 300)
        same = np.flatnonzero(x[: len(before)] != before[: len(x)])
        alike = int(same[0]) if len(same) else min(len(x), len(before))
        # Lowest, highest and last point of the last bucket may go.
        if alike < len(before) - 4:
            changed.append(length)
        before = x
    # Only where the buckets' width doubles: past 300 points, 300 × 2, 300 × 4, …
    assert [round(length / 300) for length in changed] == [1, 2, 4, 8, 16]


def test_thin_keeps_more_than_a_third_of_what_it_may() -> None:
    for length in range(300, 5_000, 50):
        assert len(thin(np.arange(length), np.sin(np.arange(length)), 300)[0]) > 100


def test_thin_keeps_the_order_of_x() -> None:
    x, _ = thin(np.arange(1000), np.random.default_rng(5).normal(size=1000), 50)
    assert (np.diff(x) > 0).all()


def test_thin_pairs_every_x_with_its_own_y() -> None:
    y = np.random.default_rng(6).normal(size=1000)
    x, thinned = thin(np.arange(1000), y, 50)
    assert np.array_equal(thinned, y[x.astype(int)])


def test_thin_finds_the_spike_beside_missing_values() -> None:
    y = np.zeros(1000)
    y[500], y[501] = 9.0, np.nan
    assert 9.0 in thin(np.arange(1000), y, 10)[1]


def test_thin_keeps_a_gap() -> None:
    y = np.zeros(1000)
    y[300:700] = np.nan
    assert np.isnan(thin(np.arange(1000), y, 50)[1]).any()


def test_thin_of_missing_values_only_stays_missing() -> None:
    assert np.isnan(thin(np.arange(100), np.full(100, np.nan), 10)[1]).all()


def test_thin_refuses_too_little_room() -> None:
    with pytest.raises(ConfigError, match="at least 4"):
        thin([1], [1], max_points=3)


def test_thin_refuses_different_lengths() -> None:
    with pytest.raises(RunError, match="as many x as y"):
        thin([1, 2], [1], max_points=4)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [("steps", [50, 100, 150]), ("images", [3200, 6400, 9600]), ("seconds", [0.5, 1.0, 1.5])],
)
def test_curve_takes_the_column_of_its_axis(axis: str, expected: list[float]) -> None:
    assert curve(steps(), axis, "loss")[0].tolist() == expected  # type: ignore[arg-type]


def test_curve_counts_steps_in_fractions_of_an_epoch() -> None:
    assert curve(steps(), "epochs", "loss", steps_per_epoch=100)[0].tolist() == [0.5, 1.0, 1.5]


def test_curve_counts_whole_epochs_on_the_epochs_frame() -> None:
    across, _ = curve(epochs(), "epochs", "train_loss", steps_per_epoch=7)
    assert across.tolist() == [1, 2, 3]


def test_curve_leaves_out_missing_values() -> None:
    frame = steps()
    frame.loc[1, "loss"] = None
    assert curve(frame, "steps", "loss")[0].tolist() == [50, 150]


def test_curve_of_a_column_of_nulls_is_empty() -> None:
    assert len(curve(epochs("test"), "epochs", "validation_loss")[0]) == 0


def test_curve_refuses_an_unknown_axis() -> None:
    with pytest.raises(ConfigError, match="no axis"):
        curve(steps(), "hours", "loss")  # type: ignore[arg-type]


def test_curve_refuses_a_column_that_is_not_there() -> None:
    with pytest.raises(RunError, match="no column"):
        curve(steps(), "steps", "accuracy")


def test_watched_columns_are_the_validation_ones() -> None:
    assert watched_columns(epochs()) == ("validation_loss", "validation_accuracy")


def test_watched_columns_are_the_test_ones_where_only_they_hold_data() -> None:
    assert watched_columns(epochs("test")) == ("test_loss", "test_accuracy")


def test_nothing_is_watched_where_neither_holds_data() -> None:
    assert watched_columns(epochs("neither")) is None


def test_nothing_is_watched_before_the_first_epoch_ends() -> None:
    assert watched_columns(pd.DataFrame()) is None


def test_time_to_accuracy_is_the_first_epoch_that_reaches_it() -> None:
    assert time_to_accuracy(epochs(), 0.8) == (2, 2.5)


def test_time_to_accuracy_counts_reaching_it_exactly() -> None:
    assert time_to_accuracy(epochs("test"), 0.9) == (3, 4.0)


def test_time_to_accuracy_counts_reaching_it_exactly_when_stored_as_float32() -> None:
    table = epochs("test")
    table["test_accuracy"] = table["test_accuracy"].astype("float32").astype("float64")
    assert time_to_accuracy(table, 0.9) == (3, 4.0)


def test_time_to_accuracy_is_none_when_never_reached() -> None:
    assert time_to_accuracy(epochs(), 0.95) is None


def test_time_to_accuracy_is_none_when_nothing_was_watched() -> None:
    assert time_to_accuracy(epochs("neither"), 0.1) is None
