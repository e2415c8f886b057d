"""`compare`: which of several runs reads best, with the figures and all that speaks against it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from core import words
from core.analysis.differences import learning_rate_note
from core.analysis.judgement import Judgement, judgements
from core.analysis.named_sides import Side, named_sides
from core.analysis.side_differences import (
    OTHER_IMAGES,
    settings_in_words,
    side_settings,
    unfair_sides,
)
from core.analysis.wording import listed_seeds
from core.cli.chosen import chosen_runs
from core.cli.judgements import judgement_figures, write_sentences, write_statistics
from core.cli.text import LONGEST_NAME, plain, say, write_json, write_table
from core.errors import ConfigError, RunError
from core.runs.groups import GroupStore, readable
from core.runs.records import Run
from core.runs.results import Predictions
from core.runs.store import RunStore

MOST_RUNS: Final = 100
# More columns than that no terminal has room for: then a row for each side.
_BESIDE: Final = 4


def compare(root: Path, asked: Sequence[str], *, as_json: bool) -> int:
    """Write the verdict on the runs and groups of `asked`, then what it rests on.

    Raises ConfigError for less than two runs or more than MOST_RUNS, RunError where no two were
    judged on the same test images, and what `chosen_runs` raises.
    """
    store = RunStore(root)
    runs = chosen_runs(store, asked)
    _check_count(runs, asked)
    answers = [(run, store.predictions(run.id)) for run in runs]
    names = {run_id: plain(name) for run_id, name in words.short_names(runs, LONGEST_NAME).items()}
    judged = judgements(answers, names)
    if not judged:
        raise RunError(
            "No two of these runs were judged on the same test images, so their figures do not "
            "say which is better."
        )
    sides = named_sides(runs, names)
    reservations = _reservations(store, sides, answers)
    if as_json:
        write_json(_figures(runs, judged, reservations))
    else:
        _write(judged, sides, reservations)
    return 0


def _check_count(runs: Sequence[Run], asked: Sequence[str]) -> None:
    if len(runs) > MOST_RUNS:
        raise ConfigError(f"These are {len(runs)} runs: up to {MOST_RUNS} can be compared.")
    if len(runs) > 1:
        return
    (run,) = runs
    if len(asked) > 1:
        raise ConfigError(f"All of these name the run {run.id}: name two different ones.")
    raise ConfigError(f"That is one run, {run.id}: name another one to compare it with.")


def _reservations(
    store: RunStore, sides: Sequence[Side], answers: Sequence[tuple[Run, Predictions]]
) -> list[str]:
    """Return why the comparison is unfair or half fair, one sentence each."""
    images = {found.labels.tobytes() for _, found in answers}
    about_rates = learning_rate_note(side_settings(sides))
    return [
        *([OTHER_IMAGES] if len(images) > 1 else []),
        *unfair_sides(sides, lambda: readable(store), GroupStore(store.root).find),
        *([about_rates] if about_rates else []),
    ]


def _write(judged: Sequence[Judgement], sides: Sequence[Side], reservations: Sequence[str]) -> None:
    for place, judgement in enumerate(judged):
        if place:
            say()
        write_sentences(judgement)
    for judgement in judged:
        write_statistics(judgement)
    say()
    _write_differences(sides)
    for sentence in reservations:
        say()
        say(plain(sentence))


def _write_differences(sides: Sequence[Side]) -> None:
    table = settings_in_words(sides)
    if table.empty:
        seeds = sorted({seed for side in sides for seed in side.seeds})
        same = "Their settings are the same"
        say(f"{same}, but for the seed ({listed_seeds(seeds)})." if len(seeds) > 1 else f"{same}.")
    elif len(sides) <= _BESIDE:
        write_table(["what differs", *table.columns], table.reset_index().to_numpy().tolist())
    else:
        turned = table.T
        write_table(["what differs", *turned.columns], turned.reset_index().to_numpy().tolist())


def _figures(
    runs: Sequence[Run], judged: Sequence[Judgement], reservations: Sequence[str]
) -> dict[str, Any]:
    settings = {run.id: run.config.model_dump(mode="json") for run in runs}
    fields = type(runs[0].config).model_fields
    values = {field: {run_id: of[field] for run_id, of in settings.items()} for field in fields}
    return {
        "runs": [
            {
                "id": run.id,
                "name": run.name,
                "seed": run.config.seed,
                "test_accuracy": run.summary.test_accuracy if run.summary else None,
            }
            for run in runs
        ],
        "verdicts": [judgement_figures(judgement) for judgement in judged],
        "differences": {
            field: by_run
            for field, by_run in values.items()
            if any(value != next(iter(by_run.values())) for value in by_run.values())
        },
        "reservations": list(reservations),
    }
