"""Which settings were tried, and what came of each: a row a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.config import RunConfig, applies
from core.runs.records import Run

Judged: TypeAlias = Literal["validation", "test"]


@dataclass(frozen=True)
class Tried:
    """A run's settings and how it did: a share from 0 to 1, None where it gave no result."""

    run_id: str
    config: RunConfig
    accuracy: float | None
    state: str


def tried(runs: Sequence[Run]) -> tuple[list[Tried], Judged]:
    """Return a row for each run that has ended, and on which images all of them are judged.

    That is on validation images, as one may choose by them; on the test images only where some run
    that finished has no others.
    """
    ended = [run for run in runs if not run.active]
    seen = [run.summary for run in ended if run.summary is not None]
    watched = all(summary.final_validation_accuracy is not None for summary in seen)
    judged: Judged = "validation" if seen and watched else "test"
    return [
        Tried(run.id, run.config, _accuracy(run, judged), run.status.state) for run in ended
    ], judged


def _accuracy(run: Run, judged: Judged) -> float | None:
    if run.summary is None:
        return None
    if judged == "test":
        return run.summary.test_accuracy
    return run.summary.final_validation_accuracy


def varied_fields(configs: Sequence[RunConfig]) -> list[str]:
    """Return the settings in which `configs` differ, but for the seed.

    Only those that mean something in at least two of them: the momentum of a single SGD run is no
    setting that was varied.
    """
    return [
        field
        for field in RunConfig.model_fields
        if field != "seed" and _differs(field, [c for c in configs if applies(field, c)])
    ]


def _differs(field: str, configs: Sequence[RunConfig]) -> bool:
    return len({getattr(config, field) for config in configs}) > 1
