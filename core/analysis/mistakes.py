"""Which test images any number of models read wrongly, and how sure they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from core.analysis.checks import Numbers, digits, require_same_length, whole_numbers
from core.analysis.mistake_groups import (
    Mask,
    disagreement,
    group_masks,
    per_run,
    right_by_run,
    run_count,
)
from core.errors import ConfigError, RunError

Order: TypeAlias = Literal["hardest", "disputed", "confident", "unsure", "index"]


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
    """Return one row for each test image with what each run read.

    `labels` are (N,) true digits and `indices` (N,) positions in the test set. Columns: index,
    true, then for run k = 0, 1, …: predicted_k, confidence_k (the probability in [0, 1] it gave
    its own answer) and right_k. Raises RunError when the lengths differ or there is no reading.
    """
    if not readings:
        raise RunError("Mistakes need at least one run that has read the test images.")
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


def select(
    table: pd.DataFrame,
    group: str,
    true: int | None = None,
    predicted: int | None = None,
    order: Order = "confident",
    reader: int | None = None,
    sure: tuple[float, float] = (0.0, 1.0),
) -> pd.DataFrame:
    """Return the images of a group, narrowed to a true digit, to what was read and how surely.

    With `reader` k, `predicted` and `sure`, the bounds of the answer's probability, are about
    what run k read, right or wrong, and the order goes by that run: group "all" with true 4,
    predicted 9 and reader 1 is that cell of run 1's confusion matrix; group "one_wrong" with
    reader 1 is what run 1 alone got wrong. Without it, any run whose wrong answer puts the image
    in the group will do; in "all", any run.

    "confident" puts wrong answers first, those given with the highest probability at the top (the
    highest one where several runs are wrong); "unsure" starts from the lowest probability;
    "hardest" from what most runs got wrong, "disputed" from what they disagree on most; "index"
    is the order of the test set. Raises ConfigError for a group, order or reader that is not
    there.
    """
    masks = group_masks(table)
    if group not in masks:
        raise ConfigError(f"There is no group “{group}” here. Choose one of {', '.join(masks)}.")
    if order not in get_args(Order):
        raise ConfigError(f"There is no order “{order}”. Choose {', '.join(get_args(Order))}.")
    counted = _counted_readings(table, reader)
    keep = masks[group]
    if group == "one_wrong" and reader is not None:
        keep = keep & ~right_by_run(table)[:, reader]
    if true is not None:
        keep = keep & (table["true"].to_numpy() == true)
    asked = counted | (group == "all" and reader is None)
    keep = keep & _readings_like(table, predicted, sure, asked)
    places = np.flatnonzero(keep)
    ranks = _ranks(table.iloc[places], counted[places], order)
    return table.iloc[places[ranks]].reset_index(drop=True)


def rather_than(probabilities: ArrayLike, answer: int, true: int) -> int:
    """Return the digit to hold an answer against: the true one, or the runner-up to a right answer.

    `probabilities` are the ten that a run gave; of equal ones the smaller digit counts.
    """
    if answer != true:
        return true
    others = np.array(probabilities, dtype=np.float64)
    others[answer] = -np.inf
    return int(others.argmax())


def _own_probability(predicted: NDArray[np.int64], probabilities: ArrayLike) -> Numbers:
    table = np.asarray(probabilities, dtype=np.float64)
    if table.shape != (len(predicted), 10):
        raise RunError(
            f"The probabilities must be 10 for each of {len(predicted):,} images, "
            f"but their shape is {table.shape}."
        )
    return np.take_along_axis(table, predicted[:, None], axis=1)[:, 0]


def _readings_like(
    table: pd.DataFrame, predicted: int | None, sure: tuple[float, float], asked: Mask
) -> Mask:
    """Where one of the readings that are `asked` for, (N, runs), is like that, (N,)."""
    like = asked
    if predicted is not None:
        like = like & (per_run(table, "predicted") == predicted)
    # A missing probability is outside every range but the whole one.
    if sure != (0.0, 1.0):
        confidence = per_run(table, "confidence").astype(np.float64)
        like = like & (confidence >= sure[0]) & (confidence <= sure[1])
    found: Mask = np.any(like, axis=1)
    return found


def _counted_readings(table: pd.DataFrame, reader: int | None) -> Mask:
    """Whose reading counts for filter and order, (N, runs): the reader's, else the wrong ones'.

    Where every run is right there is no wrong reading to prefer, and all count.
    """
    wrong = ~right_by_run(table)
    if reader is None:
        return wrong | ~wrong.any(axis=1, keepdims=True)
    if reader not in range(run_count(table)):
        raise ConfigError(f"There is no run number {reader} here. The first run is number 0.")
    counted = np.zeros_like(wrong)
    counted[:, reader] = True
    return counted


def _ranks(table: pd.DataFrame, counted: Mask, order: Order) -> NDArray[np.intp]:
    index = table["index"].to_numpy()
    if order == "index":
        return np.argsort(index, kind="stable")
    confidence = per_run(table, "confidence").astype(np.float64)
    # The last key of a lexsort is the first to decide; a missing probability sorts last.
    if order == "unsure":
        return np.lexsort((index, np.where(counted, confidence, np.inf).min(axis=1)))
    highest = np.where(counted, confidence, -np.inf).max(axis=1)
    right = right_by_run(table)
    first = {
        "confident": (right | ~counted).all(axis=1),
        "hardest": right.sum(axis=1),
        "disputed": -disagreement(table),
    }
    return np.lexsort((index, -highest, first[order]))
