"""Runs that ended without a result: what the figures of a comparison leave out."""

from collections.abc import Iterable, Mapping, Sequence

from core.analysis.named_sides import Side
from core.analysis.wording import state_word
from core.runs.records import Run


def lost_runs(runs: Iterable[Run]) -> list[Run]:
    """Return those of `runs` that diverged, failed, crashed or were cancelled."""
    return [run for run in runs if not run.active and run.summary is None]


def lost_seeds(sides: Sequence[Side]) -> list[Run]:
    """Return the runs without a result of sides of which another run has one."""
    return lost_runs(
        run for side in sides if any(run.summary for run in side.runs) for run in side.runs
    )


def lost_sentence(lost: Sequence[Run], names: Mapping[str, str]) -> str:
    """Say which runs the figures leave out because they came to nothing; empty where none did.

    What is left may flatter its side. `names` calls each run by its id.
    """
    if not lost:
        return ""
    told = "; ".join(f"{names[run.id]}, {state_word(run)}" for run in lost)
    return f"Without a result, and so not in these figures: {told}."
