"""`compare`: which of two runs reads better, with the figures and all that speaks against it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core import words
from core.analysis.differences import config_differences, learning_rate_note, unfair_reasons
from core.analysis.paired import PairedComparison, compare_predictions
from core.analysis.verdict import (
    statistics_table,
    verdict_sentence,
)
from core.cli.show import find_run
from core.cli.text import plain, say, shortened, write_json, write_table
from core.errors import ConfigError, RunError, RunStateError
from core.runs.records import Run
from core.runs.store import RunStore


def compare(root: Path, ids: Sequence[str], *, as_json: bool) -> int:
    """Write the verdict on the two runs of `ids`, then what it rests on.

    Raises RunStateError where one has not finished, RunError where their test images differ.
    """
    store = RunStore(root)
    first, second = (find_run(store, text) for text in ids)
    if first.id == second.id:
        raise ConfigError(f"Both ids name the run {first.id}: name two different ones.")
    comparison = _compare(store, first, second)
    names = _two_names(first, second)
    if as_json:
        write_json(_figures(comparison, (first, second), names))
    else:
        _write(comparison, (first, second), names)
    return 0


def _compare(store: RunStore, first: Run, second: Run) -> PairedComparison:
    for run in (first, second):
        if run.summary is None:
            raise RunStateError(
                f"{run.name} ({run.id}) has not finished ({words.state_word(run)}): "
                "only finished runs can be compared."
            )
    answers, others = store.predictions(first.id), store.predictions(second.id)
    if not np.array_equal(answers.labels, others.labels):
        raise RunError(
            f"{first.name} and {second.name} were judged on different test images, so their "
            "figures do not say which is better."
        )
    return compare_predictions(answers.labels, answers.predicted, others.predicted)


def _write(comparison: PairedComparison, runs: tuple[Run, Run], names: tuple[str, str]) -> None:
    say(verdict_sentence(comparison, *names))
    say()
    table = statistics_table(comparison, *names)
    write_table(list(table.columns), table.to_numpy().tolist())
    configs = _configs(runs, names)
    differences = config_differences(configs)
    say()
    if len(differences):
        write_table(["what differs", *names], differences.reset_index().to_numpy().tolist())
    else:
        say("Their settings are the same.")
    for sentence in _reservations(configs):
        say()
        say(plain(sentence))


def _figures(
    comparison: PairedComparison, runs: tuple[Run, Run], names: tuple[str, str]
) -> dict[str, Any]:
    settings = [run.config.model_dump(mode="json") for run in runs]
    ids = {"a": runs[0].id, "b": runs[1].id}
    return {
        "a": {"id": runs[0].id, "name": runs[0].name},
        "b": {"id": runs[1].id, "name": runs[1].name},
        "sentence": verdict_sentence(comparison, *names),
        **asdict(comparison),
        "winner_id": ids[comparison.winner] if comparison.winner else None,
        "differences": {
            field: {"a": value, "b": settings[1][field]}
            for field, value in settings[0].items()
            if value != settings[1][field]
        },
        "reservations": _reservations(_configs(runs, names)),
    }


def _configs(runs: tuple[Run, Run], names: tuple[str, str]) -> dict[str, dict[str, Any]]:
    return {name: run.config.model_dump() for name, run in zip(names, runs, strict=True)}


def _reservations(configs: dict[str, dict[str, Any]]) -> list[str]:
    """Return why the comparison is unfair or half fair, one sentence each."""
    about_rates = learning_rate_note(configs)
    return unfair_reasons(configs) + ([about_rates] if about_rates else [])


def _two_names(first: Run, second: Run) -> tuple[str, str]:
    names = shortened(plain(first.name)), shortened(plain(second.name))
    return names if names[0] != names[1] else (f"{names[0]} (1)", f"{names[1]} (2)")
