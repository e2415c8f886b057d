"""The numbers of a comparison as long tables, a row a fact, for spreadsheets and programs."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from core import words
from core.analysis.confusion import DIGITS, column_percent, confusion_matrix, row_percent
from core.analysis.paired import wilson_interval
from core.runs.records import Run
from core.runs.results import Predictions
from core.runs.store import RunStore

# A spreadsheet would take text that begins so for a formula, and carry it out (OWASP, "CSV
# injection").
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_csv(table: pd.DataFrame) -> str:
    """Return `table` as CSV with a heading; text that a spreadsheet would run is marked as text."""
    # Not .map: a column of numbers would come back as objects.
    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{name: table[name].map(_harmless) for name in texts})
    return str(safe.rename(columns=_harmless).to_csv(index=False))


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def epochs_table(store: RunStore, runs: Sequence[Run]) -> pd.DataFrame:
    """Return every epoch of every run, as recorded; losses and shares are not rounded."""
    return _stacked(runs, store.epochs)


def steps_table(store: RunStore, runs: Sequence[Run]) -> pd.DataFrame:
    """Return every step of every run, as recorded, neither smoothed nor thinned."""
    return _stacked(runs, store.steps)


def layers_table(store: RunStore, runs: Sequence[Run]) -> pd.DataFrame:
    """Return what every run recorded of its layers; no rows where older versions trained."""
    return _stacked(runs, store.layers)


def figures_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row a run: how it stands, its figures, its settings.

    Shares lie in [0, 1], times are in seconds; the interval is Wilson's at 95 %. Figures of runs
    that have not finished are empty.
    """
    return pd.DataFrame([_figures(run) for run in runs])


def matrices_table(finished: Sequence[tuple[Run, Predictions]]) -> pd.DataFrame:
    """Return every cell of every confusion matrix, as count and as percent of row and column."""
    columns = ["run", "run_id", "true_digit", "read_as", "count", "row_percent", "column_percent"]
    if not finished:
        return pd.DataFrame(columns=columns)
    names = words.distinct_names(run for run, _ in finished)
    true, read = (place.ravel() for place in np.indices((DIGITS, DIGITS)))
    parts = []
    for run, answers in finished:
        matrix = confusion_matrix(answers.labels, answers.predicted)
        shares = row_percent(matrix).ravel(), column_percent(matrix).ravel()
        values = [names[run.id], run.id, true, read, matrix.ravel(), *shares]
        parts.append(pd.DataFrame(dict(zip(columns, values, strict=True))))
    return pd.concat(parts, ignore_index=True)


def answers_table(finished: Sequence[tuple[Run, Predictions]]) -> pd.DataFrame:
    """Return a row for each run and test image: true digit, answer, probability of each digit.

    Probabilities lie in [0, 1]. They are as exact as they were stored, to about one part in a
    hundred.
    """
    columns = ["run", "run_id", "index", "true_digit", "read_as", "right"]
    names = words.distinct_names(run for run, _ in finished)
    parts = []
    for run, answers in finished:
        right = answers.labels == answers.predicted
        values = [names[run.id], run.id, answers.indices, answers.labels, answers.predicted, right]
        table = pd.DataFrame(dict(zip(columns, values, strict=True)))
        shares = answers.probabilities.round(5)
        parts.append(table.assign(**{f"probability_{d}": shares[:, d] for d in range(DIGITS)}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _stacked(runs: Sequence[Run], read: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    names = words.distinct_names(runs)
    parts = []
    for run in runs:
        table = read(run.id)
        table.insert(0, "run", names[run.id])
        table.insert(1, "run_id", run.id)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _figures(run: Run) -> dict[str, object]:
    summary = run.summary
    found = run.environment
    row: dict[str, object] = {
        "run": run.name,
        "run_id": run.id,
        "state": run.status.state,
        "parameters": run.config.parameter_count,
        "test_accuracy_low": None,
        "test_accuracy_high": None,
    }
    if summary is not None:
        right = round(summary.test_accuracy * summary.test_images)
        low, high = wilson_interval(right, summary.test_images)
        row |= summary.model_dump() | {"test_accuracy_low": low, "test_accuracy_high": high}
    trained_on = found.model_dump() if found is not None else {}
    settings = run.config.model_dump(mode="json")
    lists = {name: " ".join(map(str, v)) for name, v in settings.items() if isinstance(v, list)}
    notes = {"tags": ", ".join(run.info.tags), "notes": run.info.notes}
    return {**row, **trained_on, **{f"set_{k}": v for k, v in (settings | lists).items()}, **notes}
