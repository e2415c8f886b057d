"""What a report says of each run by itself: how it did, how it was trained, all its settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import words
from core.config import field_title, in_words
from core.palette import run_colour
from core.report.layout import BESIDE, Table
from core.report.subjects import Subject
from core.runs.store import RunStore


@dataclass(frozen=True)
class Facts:
    """One run: its name and colour, how it did, and what was typed about it."""

    name: str
    whole_name: str
    colour: str
    standing: str
    rows: tuple[tuple[str, str], ...]
    tags: str
    notes: str


def facts(store: RunStore, subjects: Sequence[Subject]) -> list[Facts]:
    """Return what there is to know of each run beside its settings.

    `store` is asked for all runs where one of them continues another.
    """
    continued = any(subject.run.info.continued_from for subject in subjects)
    listed = store.list() if continued else []
    return [_facts(subject, words.origin(subject.run, listed)) for subject in subjects]


def _facts(subject: Subject, origin: str) -> Facts:
    run, summary = subject.run, subject.summary
    data = words.choice_word("dataset", run.config.dataset)
    best = summary.best_validation_accuracy
    found = run.environment
    rows = (
        ("data", data),
        ("best validation", words.percent(best) if best is not None else ""),
        ("trained", f"{summary.epochs} epochs, {summary.steps:,} steps, {words.run_time(run)}"),
        ("ended early", words.early_end(summary)),
        ("origin", origin),
        ("attempts", str(run.status.attempt) if run.status.attempt > 1 else ""),
        ("images learned from", f"{summary.train_images:,}"),
        ("parameters", f"{run.config.parameter_count:,}"),
        ("seed", str(run.config.seed)),
        ("trained on", words.machine(run)),
        ("versions", f"PyTorch {found.torch}, Python {found.python}" if found else ""),
        ("launched", spoken_time(datetime.fromtimestamp(run.info.created).astimezone())),
        ("id", run.id),
    )
    return Facts(
        name=subject.name,
        whole_name=run.name,
        colour=run_colour(run.info.colour),
        standing=_standing(subject),
        rows=tuple((name, value) for name, value in rows if value),
        tags=", ".join(run.info.tags),
        notes=run.info.notes,
    )


def _standing(subject: Subject) -> str:
    summary = subject.summary
    right = round(summary.test_accuracy * summary.test_images)
    accuracy = words.test_accuracy(summary)
    data = words.choice_word("dataset", subject.run.config.dataset)
    return f"{accuracy}, {right:,} of {summary.test_images:,} test images read right ({data})"


def settings(subjects: Sequence[Subject]) -> list[Table]:
    """Return every setting that means something for one of the runs, a few runs a table."""
    columns = {subject.name: in_words(subject.run.config) for subject in subjects}
    # Each table has only the rows that its own runs need.
    tables = []
    names = list(columns)
    for start in range(0, len(names), BESIDE):
        some = names[start : start + BESIDE]
        order = subjects[0].run.config.model_dump()
        fields = [field for field in order if any(field in columns[name] for name in some)]
        rows = tuple(
            (field_title(field), *(columns[name].get(field, "–") for name in some))
            for field in fields
        )
        tables.append(Table(("setting", *some), rows))
    return tables


def spoken_time(moment: datetime) -> str:
    """Write a moment with its distance from UTC: whoever reads it may be elsewhere."""
    return f"{moment:%Y-%m-%d %H:%M} (UTC{moment.isoformat()[-6:]})"
