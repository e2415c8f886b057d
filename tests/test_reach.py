"""How soon a side reads 90, 95 and 97 of 100 watched images right, in words."""

import itertools
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from core.analysis.named_sides import named_sides
from core.analysis.reach import reach_table
from core.config import RunConfig
from core.runs.history import EPOCH_COLUMNS
from core.runs.records import Run, RunInfo, State, new_status
from core.words import distinct_names

_numbers = itertools.count()


def run(name: str, state: State = "finished", **settings: Any) -> Run:
    return Run(
        id=f"run{next(_numbers):08d}",
        info=RunInfo(config=RunConfig(**settings), name=name, created=0.0),
        status=new_status(state),
    )


def history(
    accuracies: Sequence[float], kind: str = "validation", seconds: float = 2.0
) -> pd.DataFrame:
    """Return the epochs of a run, each so many seconds long, stored as a finished run's are."""
    table = pd.DataFrame(
        {
            "epoch": range(1, len(accuracies) + 1),
            "seconds": [seconds * (place + 1) for place in range(len(accuracies))],
            f"{kind}_loss": [0.1] * len(accuracies),
            f"{kind}_accuracy": pd.Series(accuracies, dtype="float32").astype("float64"),
        }
    )
    return table.reindex(columns=list(EPOCH_COLUMNS))


def table(*runs: tuple[Run, pd.DataFrame]) -> pd.DataFrame:
    found = {one.id: epochs for one, epochs in runs}
    every = [one for one, _ in runs]
    return reach_table(named_sides(every, distinct_names(every)), found.__getitem__)


def cells(*runs: tuple[Run, pd.DataFrame]) -> list[str]:
    return [str(cell) for cell in table(*runs).iloc[0]]


def test_a_row_tells_the_epoch_and_the_seconds_of_each_goal() -> None:
    assert cells((run("Adam"), history([0.91, 0.94, 0.955, 0.972]))) == [
        "epoch 1, 2.0 s",
        "epoch 3, 6.0 s",
        "epoch 4, 8.0 s",
        "validation",
    ]


def test_a_goal_reached_exactly_counts_though_it_was_stored_in_half_the_digits() -> None:
    assert cells((run("Adam"), history([0.90, 0.95, 0.97])))[:3] == [
        "epoch 1, 2.0 s",
        "epoch 2, 4.0 s",
        "epoch 3, 6.0 s",
    ]


def test_a_goal_missed_by_one_image_does_not_count() -> None:
    assert cells((run("Adam"), history([8_999 / 10_000])))[0] == "not reached"


def test_a_goal_that_a_run_did_not_reach_is_said_in_words() -> None:
    assert cells((run("SGD"), history([0.5, 0.88])))[:3] == ["not reached"] * 3


@pytest.mark.parametrize("state", ["running", "queued"])
def test_a_goal_that_a_run_may_still_reach_is_not_yet_reached(state: State) -> None:
    assert cells((run("SGD", state), history([0.5, 0.93])))[:2] == ["epoch 2, 4.0 s", "not yet"]


def test_watched_test_images_are_named() -> None:
    assert cells((run("SGD"), history([0.93], "test")))[3] == "test images, watched"


def test_a_run_that_watched_nothing_has_no_row() -> None:
    nothing = history([0.93]).assign(validation_accuracy=None, validation_loss=None)
    assert list(
        table((run("SGD"), nothing), (run("Adam", optimizer="adam"), history([0.93]))).index
    ) == ["Adam"]


def test_before_the_first_epoch_there_is_no_table() -> None:
    assert table((run("SGD", "running"), history([]))).empty


def test_seeds_of_one_side_tell_the_earliest_and_the_latest() -> None:
    sides = [
        (run("Adam, seed 0"), history([0.91])),
        (run("Adam, seed 1", seed=1), history([0.8, 0.92], seconds=3.0)),
    ]
    found = table(*sides)
    assert list(found.index) == ["Adam (2 seeds)"]
    assert found.iloc[0]["90 %"] == "epochs 1 to 2, 2.0 s to 6.0 s"


def test_seeds_that_did_not_reach_a_goal_are_counted() -> None:
    assert cells(
        (run("Adam, seed 0"), history([0.91])), (run("Adam, seed 1", seed=1), history([0.8]))
    )[0] == ("1 of 2 seeds: epoch 1, 2.0 s")


def test_seeds_that_may_still_reach_a_goal_are_told_apart() -> None:
    assert cells(
        (run("Adam, seed 0"), history([0.91])),
        (run("Adam, seed 1", "running", seed=1), history([0.8])),
    )[0] == ("1 of 2 seeds so far: epoch 1, 2.0 s")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "under 0.1 s"),
        (9.94, "9.9 s"),
        (61.0, "61 s"),
        (150.0, "2.5 min"),
        (7_200.0, "2.0 h"),
    ],
)
def test_seconds_are_told_as_far_as_they_matter(seconds: float, words: str) -> None:
    assert cells((run("Adam"), history([0.91], seconds=seconds)))[0] == f"epoch 1, {words}"
