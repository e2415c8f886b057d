"""The runs that a report is about, with all that it reads of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core import words
from core.analysis.sides import one_of_each_first
from core.analysis.wording import state_word
from core.errors import DigitLabError, RunError, RunStateError
from core.runs.records import Run, Summary
from core.runs.results import Predictions
from core.runs.store import RunStore

MOST_RUNS: Final = 100
# Room for a legend and a table's heading; the whole name stands in the list of runs.
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, eq=False)
class Subject:
    """One finished run as a report sees it.

    `name` is one that no other run of the report has. `answers` is None where they cannot be read;
    `problem` says then why, in a sentence. `digits` holds the misread test images `(28, 28)` by
    their position in the test set.
    """

    run: Run
    summary: Summary
    name: str
    steps: pd.DataFrame
    epochs: pd.DataFrame
    answers: Predictions | None
    digits: Mapping[int, npt.NDArray[np.uint8]]
    problem: str = ""


def read_subjects(store: RunStore, run_ids: Sequence[str]) -> list[Subject]:
    """Read the finished runs of `run_ids`, each once, in that order.

    Raises RunError for none or more than 100, RunNotFoundError and RunUnreadableError for what is
    no run, RunStateError for one that has not finished. Damaged answers are no error: the run's
    curves and settings can still be shown.
    """
    wanted = list(dict.fromkeys(run_ids))
    if not wanted:
        raise RunError("A report needs at least one finished run.")
    if len(wanted) > MOST_RUNS:
        raise RunError(f"A report takes up to {MOST_RUNS} runs, not {len(wanted)}.")
    runs = [store.read(run_id) for run_id in wanted]
    names = words.short_names(runs, _LONGEST_NAME)
    return [_read(store, run, names[run.id]) for run in runs]


def _read(store: RunStore, run: Run, name: str) -> Subject:
    if run.summary is None:
        raise RunStateError(
            f"{run.name} ({run.id}) has not finished ({state_word(run)}): "
            "a report is made of finished runs."
        )
    answers, digits, problems = None, {}, []
    try:
        answers = store.predictions(run.id)
    except DigitLabError as error:
        problems.append(str(error))
    try:
        digits = store.digits(run.id)
    except DigitLabError as error:
        problems.append(str(error))
    steps, epochs = store.steps(run.id), store.epochs(run.id)
    return Subject(run, run.summary, name, steps, epochs, answers, digits, " ".join(problems))


def few_of(subjects: Sequence[Subject], most: int) -> list[Subject]:
    """Return at most so many of those with answers: rather one of each kind than many seeds."""
    read = [subject for subject in subjects if subject.answers is not None]
    chosen = one_of_each_first({subject.run.id: subject.run.config for subject in read})[:most]
    return [subject for subject in read if subject.run.id in chosen]


def left_out_sentence(subjects: Sequence[Subject], shown: int) -> str:
    """Say that not all runs with answers are shown; empty where they are."""
    read = sum(subject.answers is not None for subject in subjects)
    if shown >= read:
        return ""
    return f"Shown are {shown} of the {read} runs, one of each kind first."


def judged_alike(subjects: Sequence[Subject]) -> list[list[Subject]]:
    """Return those with answers, together where they were judged on the same test images."""
    groups: dict[bytes, list[Subject]] = {}
    for subject in subjects:
        if subject.answers is not None:
            groups.setdefault(subject.answers.labels.tobytes(), []).append(subject)
    return list(groups.values())
