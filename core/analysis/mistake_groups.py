"""Groups of test images by who read them wrongly: by all, by some, with much confidence."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.analysis.checks import Integers, Numbers

Mask: TypeAlias = NDArray[np.bool_]

GROUPS: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("wrong", "right", "all"),
    2: (
        "only_a_wrong",
        "only_b_wrong",
        "both_wrong",
        "both_right",
        "sure_wrong",
        "any_wrong",
        "all",
    ),
    3: ("any_wrong", "all_wrong", "disputed", "sure_wrong", "one_wrong", "all_right", "all"),
}
"""The groups of images there are for one run, for two (run 0 is a, run 1 is b), for three or more.

"disputed": not all runs read the same digit. "one_wrong": exactly one run was wrong. "sure_wrong":
see `sure_needed`.
"""
SURE: Final = 0.9
"""The probability from which on an answer counts as confident."""


def group_names(runs: int) -> tuple[str, ...]:
    """Return the names of the groups there are for so many runs, in the order of `GROUPS`."""
    return GROUPS[min(runs, max(GROUPS))]


def sure_needed(runs: int) -> int:
    """Return how many of so many runs must confidently give the same wrong answer.

    That is half of them, at least two. Confident wrong answers are where wrong labels are sought
    (Northcutt, Jiang and Chuang 2021, Journal of Artificial Intelligence Research 70, whose
    thresholds are finer); a digit in "sure_wrong" is worth a look, no more.
    """
    return max(2, -(-runs // 2))


def group_counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many images each group of a mistake table holds, in the order of `GROUPS`."""
    return {name: int(mask.sum()) for name, mask in group_masks(table).items()}


def only_wrong_counts(table: pd.DataFrame) -> list[int]:
    """Return for each run how many images it alone read wrongly."""
    wrong = ~right_by_run(table)
    alone = wrong & (wrong.sum(axis=1, keepdims=True) == 1)
    return [int(count) for count in alone.sum(axis=0)]


def group_masks(table: pd.DataFrame) -> dict[str, Mask]:
    """Return for each group of a mistake table which of its N images belong to it, `(N,)` bool."""
    right = right_by_run(table)
    runs = right.shape[1]
    wrong_runs = (~right).sum(axis=1)
    masks = {
        "wrong": wrong_runs > 0,
        "right": wrong_runs == 0,
        "only_a_wrong": ~right[:, 0] & (wrong_runs == 1),
        "only_b_wrong": right[:, 0] & (wrong_runs == 1),
        "one_wrong": wrong_runs == 1,
        "any_wrong": wrong_runs > 0,
        "both_wrong": wrong_runs == runs,
        "all_wrong": wrong_runs == runs,
        "both_right": wrong_runs == 0,
        "all_right": wrong_runs == 0,
        "disputed": (votes(table) > 0).sum(axis=1) > 1,
        "sure_wrong": _sure_of_one_wrong_answer(table) >= sure_needed(runs),
        "all": np.ones(len(table), dtype=np.bool_),
    }
    return {name: masks[name] for name in group_names(runs)}


def votes(table: pd.DataFrame, counted: Mask | None = None) -> Integers:
    """Return how many runs read each image as each digit, `(N, 10)`.

    With `counted`, `(N, runs)` bool, only those readings count.
    """
    read = per_run(table, "predicted")[:, :, None] == np.arange(10)
    if counted is not None:
        read = read & counted[:, :, None]
    counts: Integers = read.sum(axis=1, dtype=np.int64)
    return counts


def disagreement(table: pd.DataFrame) -> Numbers:
    """Return for each image the share of pairs of runs that read it differently, `(N,)`.

    0 where all agree, up to 1 where no two do: Gini and Simpson's index of diversity (Simpson
    1949, Nature 163), drawn without putting back. 0 for a single run.
    """
    found = votes(table)
    runs = run_count(table)
    if runs < 2:
        return np.zeros(len(table))
    agreeing: Numbers = (found * (found - 1)).sum(axis=1) / (runs * (runs - 1))
    return 1 - agreeing


def run_count(table: pd.DataFrame) -> int:
    """Return of how many runs a mistake table tells."""
    return sum(str(name).startswith("right_") for name in table.columns)


def per_run(table: pd.DataFrame, name: str) -> NDArray[np.generic]:
    """Return one column of a mistake table for each run, `(N, runs)`."""
    # Column by column: a choice of columns takes pandas a millisecond.
    return np.column_stack([table[f"{name}_{k}"].to_numpy() for k in range(run_count(table))])


def right_by_run(table: pd.DataFrame) -> Mask:
    """Return which run read which image rightly, `(N, runs)` bool."""
    return per_run(table, "right").astype(np.bool_)


def _sure_of_one_wrong_answer(table: pd.DataFrame) -> Integers:
    """Count the runs that confidently gave the wrong answer that most of them gave, `(N,)`."""
    confident = per_run(table, "confidence").astype(np.float64) >= SURE
    found = votes(table, ~right_by_run(table) & confident)
    most: Integers = found.max(axis=1)
    return most
