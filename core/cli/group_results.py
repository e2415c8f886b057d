"""What came out of a group of runs, in a terminal: its choices, a table and the verdict."""

from collections.abc import Sequence
from typing import Any, Final

from core import words
from core.analysis.final_verdict import all_finals, final_judgement, no_verdict_sentence
from core.analysis.judgement import Judgement
from core.analysis.outcomes import SEEDS_ONLY, Outcome, choice_sentences, outcomes
from core.cli.judgements import judgement_figures, write_sentences
from core.cli.text import LONGEST_NAME, note, say, write_table
from core.errors import DigitLabError
from core.runs.groups import Group
from core.runs.records import Run
from core.runs.store import RunStore

_NONE: Final = "–"


def write_group(store: RunStore, group: Group, runs: Sequence[Run]) -> None:
    """Write what came out of a group that has ended; its id is the last line."""
    judgement = _verdict(store, group, runs)
    if judgement is not None:
        write_sentences(judgement)
        say()
    for sentence in choice_sentences(group):
        say(sentence)
    rows = outcomes(group, runs)
    if rows:
        if group.choices:
            say()
        columns = ["settings", "finished", "validation", "test", "± (95 %)"]
        write_table(columns, [_row(row) for row in rows])
        if any(row.test_half is not None for row in rows):
            note(f"± is half of the 95 % interval of a mean over the seeds. {SEEDS_ONLY}")
    say(group.id)


def _verdict(store: RunStore, group: Group, runs: Sequence[Run]) -> Judgement | None:
    """Return the verdict of a fair comparison; None for a sweep, and where a note says why."""
    if group.kind != "fair":
        return None
    why_none = no_verdict_sentence(group, runs)
    finals = all_finals(group, runs)
    names = words.short_names(finals, LONGEST_NAME)
    if not why_none:
        try:
            return final_judgement(finals, lambda run: store.predictions(run.id), names)
        except DigitLabError as error:
            why_none = f"There is no verdict: {error}"
    note(why_none)
    return None


def _row(row: Outcome) -> list[str]:
    return [
        row.label,
        f"{row.finished} of {len(row.run_ids)}",
        words.percent(row.validation_accuracy),
        words.percent(row.test_accuracy),
        row.spoken_half or _NONE,
    ]


def group_figures(store: RunStore, group: Group, runs: Sequence[Run]) -> dict[str, Any]:
    """Return what came out of a group as raw numbers."""
    judgement = _verdict(store, group, runs)
    return {
        "group": group.id,
        "kind": group.kind,
        "name": group.name,
        "stage": group.stage,
        "note": group.note or None,
        "choices": {name: choice.model_dump() for name, choice in group.choices.items()},
        "verdict": None if judgement is None else judgement_figures(judgement),
        "rows": [
            {
                "label": row.label,
                "settings": row.config.model_dump(mode="json", include=set(group.fields)),
                "runs": list(row.run_ids),
                "finished": row.finished,
                "validation_accuracy": row.validation_accuracy,
                "test_accuracy": row.test_accuracy,
                "test_half_interval": row.test_half,
            }
            for row in outcomes(group, runs)
        ],
        "runs": [
            {"id": run.id, "name": run.name, "role": run.info.role, "status": run.status.state}
            for run in sorted(runs, key=lambda run: run.id)
        ],
    }
