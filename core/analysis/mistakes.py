"""Which test images one or two models read wrongly, and how sure they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from core.analysis.checks import Numbers, digits, require_same_length, whole_numbers
from core.errors import ConfigError, RunError

Order: TypeAlias = Literal["confident", "unsure", "index"]
Mask: TypeAlias = NDArray[np.bool_]

GROUPS: Mapping[int, tuple[str, ...]] = {
    1: ("wrong", "right", "all"),
    2: ("only_a_wrong", "only_b_wrong", "both_wrong", "both_right", "any_wrong", "all"),
}
"""The groups of images there are for one run and for two; run 0 is a, run 1 is b."""


@dataclass(frozen=True)
class Reading:
    """What one run read.

    `predicted` is (N,) digits, `probabilities` (N, 10) softmax probabilities in [0, 1].
    """

    predicted: ArrayLike
    probabilities: ArrayLike


def mistake_table(
    labels: ArrayLike, indices: ArrayLike, readings: Sequence[Reading]
) -> pd.DataFrame:
    """Return one row for each test image with what each of one or two runs read.

    `labels` are (N,) true digits and `indices` (N,) positions in the test set. Columns: index,
    true, then for run k = 0, 1: predicted_k, confidence_k (the probability in [0, 1] it gave its
    own answer) and right_k. Raises RunError when the lengths differ or there are not one or two
    readings.
    """
    if len(readings) not in GROUPS:
        raise RunError(f"Mistakes are shown for one run or two, not for {len(readings)}.")
    truth, places = digits(labels, "labels"), whole_numbers(indices, "image positions")
    require_same_length(labels=truth, image_positions=places)
    columns: dict[str, NDArray[np.generic]] = {"index": places, "true": truth}
    for k, reading in enumerate(readings):
        predicted = digits(reading.predicted, "predictions")
        require_same_length(labels=truth, predictions=predicted)
        columns[f"predicted_{k}"] = predicted
        columns[f"confidence_{k}"] = _own_probability(predicted, reading.probabilities)
        columns[f"right_{k}"] = predicted == truth
    return pd.DataFrame(columns)


def group_counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many images each group of a mistake table holds, in the order of `GROUPS`."""
    return {name: int(mask.sum()) for name, mask in _group_masks(table).items()}


def select(
    table: pd.DataFrame,
    group: str,
    true: int | None = None,
    predicted: int | None = None,
    order: Order = "confident",
    reader: int | None = None,
) -> pd.DataFrame:
    """Return the images of a group, narrowed to a true digit and to what was read.

    With `reader` 0 or 1, `predicted` is what that run read, right or wrong, and the order goes by
    that run: group "all" with true 4, predicted 9 and reader 1 is that cell of run 1's confusion
    matrix. Without it, any run whose wrong answer puts the image in the group will do; in "all",
    any run.

    "confident" puts wrong answers first, those given with the highest probability at the top (the
    higher one where both runs are wrong); "unsure" starts from the lowest probability; "index" is
    the order of the test set. Raises ConfigError for a group, order or reader that is not there.
    """
    masks = _group_masks(table)
    if group not in masks:
        raise ConfigError(f"There is no group “{group}” here. Choose one of {', '.join(masks)}.")
    if order not in get_args(Order):
        raise ConfigError(f"There is no order “{order}”. Choose confident, unsure or index.")
    counted = _counted_readings(table, reader)
    keep = masks[group]
    if true is not None:
        keep = keep & (table["true"].to_numpy() == true)
    if predicted is not None:
        asked = counted | (group == "all" and reader is None)
        keep = keep & ((_per_run(table, "predicted") == predicted) & asked).any(axis=1)
    places = np.flatnonzero(keep)
    ranks = _ranks(table.iloc[places], counted[places], order)
    return table.iloc[places[ranks]].reset_index(drop=True)


def _own_probability(predicted: NDArray[np.int64], probabilities: ArrayLike) -> Numbers:
    table = np.asarray(probabilities, dtype=np.float64)
    if table.shape != (len(predicted), 10):
        raise RunError(
            f"The probabilities must be 10 for each of {len(predicted):,} images, "
            f"but their shape is {table.shape}."
        )
    return np.take_along_axis(table, predicted[:, None], axis=1)[:, 0]


def _run_count(table: pd.DataFrame) -> int:
    return 2 if "right_1" in table.columns else 1


def _per_run(table: pd.DataFrame, name: str) -> NDArray[np.generic]:
    """One column for each run, (N, runs)."""
    return table[[f"{name}_{k}" for k in range(_run_count(table))]].to_numpy()


def _group_masks(table: pd.DataFrame) -> dict[str, Mask]:
    everything = np.ones(len(table), dtype=np.bool_)
    right_a = table["right_0"].to_numpy(dtype=np.bool_)
    if _run_count(table) == 1:
        masks = [~right_a, right_a, everything]
    else:
        right_b = table["right_1"].to_numpy(dtype=np.bool_)
        masks = [
            ~right_a & right_b,
            right_a & ~right_b,
            ~right_a & ~right_b,
            right_a & right_b,
            ~right_a | ~right_b,
            everything,
        ]
    return dict(zip(GROUPS[_run_count(table)], masks, strict=True))


def _counted_readings(table: pd.DataFrame, reader: int | None) -> Mask:
    """Whose reading counts for filter and order, (N, runs): the reader's, else the wrong ones'.

    Where every run is right there is no wrong reading to prefer, and all count.
    """
    wrong = ~_per_run(table, "right").astype(np.bool_)
    if reader is None:
        return wrong | ~wrong.any(axis=1, keepdims=True)
    if reader not in range(_run_count(table)):
        raise ConfigError(f"There is no run number {reader} here. The first run is number 0.")
    counted = np.zeros_like(wrong)
    counted[:, reader] = True
    return counted


def _ranks(table: pd.DataFrame, counted: Mask, order: Order) -> NDArray[np.intp]:
    index = table["index"].to_numpy()
    if order == "index":
        return np.argsort(index, kind="stable")
    confidence = _per_run(table, "confidence").astype(np.float64)
    # The last key of a lexsort is the first to decide; a missing probability sorts last.
    if order == "unsure":
        return np.lexsort((index, np.where(counted, confidence, np.inf).min(axis=1)))
    highest = np.where(counted, confidence, -np.inf).max(axis=1)
    right = (_per_run(table, "right").astype(np.bool_) | ~counted).all(axis=1)
    return np.lexsort((index, -highest, right))
