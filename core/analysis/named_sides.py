"""The sides that chosen runs form, each under a name that no other side has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.analysis.sides import side_names, sides
from core.runs.records import Run


@dataclass(frozen=True)
class Side:
    """Runs that differ in nothing but the seed.

    `runs` has one run a seed: the same settings and seed are the same training, which tells
    nothing new when it is done again. Those are in `again`.
    """

    name: str
    runs: tuple[Run, ...]
    again: tuple[Run, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of its runs, in their order."""
        return tuple(run.config.seed for run in self.runs)


def named_sides(runs: Sequence[Run], names: Mapping[str, str]) -> list[Side]:
    """Return the sides of `runs` in the order of their first runs; `names` calls runs by id."""
    by_id = {run.id: run for run in runs}
    together = [
        [by_id[run_id] for run_id in ids] for ids in sides({run.id: run.config for run in runs})
    ]
    kept = [_one_a_seed(alike) for alike in together]
    called = side_names([[(run.name, names[run.id]) for run in alike] for alike in kept])
    return [
        Side(name, tuple(first), tuple(run for run in alike if run not in first))
        for name, first, alike in zip(called, kept, together, strict=True)
    ]


def _one_a_seed(alike: Sequence[Run]) -> list[Run]:
    first: dict[int, Run] = {}
    for run in alike:
        first.setdefault(run.config.seed, run)
    return list(first.values())
