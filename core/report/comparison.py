"""What a report says of its runs together: the verdict, what speaks against it, what differs."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.differences import learning_rate_note
from core.analysis.judgement import judgements
from core.analysis.named_sides import Side, named_sides
from core.analysis.reach import reach_table
from core.analysis.side_differences import (
    OTHER_IMAGES,
    settings_in_words,
    side_settings,
    unfair_sides,
)
from core.report.layout import BESIDE, Table, as_table, beside
from core.report.subjects import Subject, judged_alike
from core.runs.groups import GroupStore, readable
from core.runs.store import RunStore


@dataclass(frozen=True)
class Verdict:
    """What can be said of runs that read the same test images.

    `statistics` are the tables behind it, each with its title and a note below it.
    """

    sentences: tuple[str, ...]
    caveat: str
    statistics: tuple[tuple[str, Table, str], ...]


def verdicts(subjects: Sequence[Subject]) -> list[Verdict]:
    """Return the verdict on those judged on the same test images, for each set of images."""
    finished = [
        (subject.run, subject.answers) for subject in subjects if subject.answers is not None
    ]
    return [
        Verdict(
            found.sentences,
            found.caveat,
            tuple((one.title, as_table(one.table), one.note) for one in found.statistics),
        )
        for found in judgements(finished, _names(subjects))
    ]


def reservations(store: RunStore, subjects: Sequence[Subject]) -> list[str]:
    """Return what speaks against the comparison, one sentence each.

    `store` is asked for all runs, of which some may be tries at the learning rate of these.
    """
    sides = _sides(subjects)
    apart = [OTHER_IMAGES] if len(judged_alike(subjects)) > 1 else []
    unfair = unfair_sides(sides, lambda: readable(store), GroupStore(store.root).find)
    note = learning_rate_note(side_settings(sides))
    return [*apart, *unfair, *([note] if note else [])]


def differences(subjects: Sequence[Subject]) -> list[Table]:
    """Return the settings in which the runs differ, as narrow tables; none where none do.

    Runs that differ in nothing but the seed stand together.
    """
    table = settings_in_words(_sides(subjects))
    if table.empty:
        return []
    if len(table.columns) > BESIDE >= len(table):
        return beside(table.T, "run")
    return beside(table, "setting")


def seeds(subjects: Sequence[Subject]) -> list[int]:
    """Return the seeds of runs that differ in nothing else; empty where something else differs."""
    sides = _sides(subjects)
    return sorted(set(sides[0].seeds)) if len(sides) == 1 and len(sides[0].seeds) > 1 else []


def reach(subjects: Sequence[Subject]) -> list[Table]:
    """Return how soon each read 90, 95 and 97 % right, as a table; none where nobody watched."""
    epochs = {subject.run.id: subject.epochs for subject in subjects}
    table = reach_table(_sides(subjects), epochs.__getitem__)
    return [] if table.empty else beside(table, "run")


def _sides(subjects: Sequence[Subject]) -> list[Side]:
    return named_sides([subject.run for subject in subjects], _names(subjects))


def _names(subjects: Sequence[Subject]) -> dict[str, str]:
    return {subject.run.id: subject.name for subject in subjects}
