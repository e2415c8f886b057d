"""Runs that belong together as one row of a table: those of one group, or of several seeds."""

import math
import operator
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2s
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from core.analysis.run_values import comparable, in_order, sorted_by, value_of
from core.analysis.sides import side_names
from core.analysis.wording import joined
from core.config import RunConfig
from core.runs.records import Run, UnreadableRun

Kind: TypeAlias = Literal["seeds", "groups"]

# A mean of these says something where runs differ in nothing but the seed.
MEANT: Final = frozenset({"test", "validation", "test_loss"})
_BUT_THE_SEED: Final = operator.attrgetter(
    *(field for field in RunConfig.model_fields if field != "seed")
)


@dataclass(frozen=True)
class Fold:
    """Runs that stand in one row; `every` are they and those that a search left out."""

    kind: Kind
    runs: tuple[Run, ...]
    every: tuple[Run, ...]

    @cached_property
    def key(self) -> str:
        """Eight characters for a link: the same for as long as the fold is of the same settings."""
        first = self.every[0]
        if self.kind == "groups":
            what = first.info.group or ""
        else:
            # Without defaults, so that a setting that a later version adds changes nothing.
            what = first.config.model_dump_json(exclude={"seed"}, exclude_defaults=True)
        return blake2s(what.encode(), digest_size=4).hexdigest()

    @cached_property
    def alike(self) -> bool:
        """Whether all its runs differ in nothing but the seed, so that a mean says something."""
        return self.kind == "seeds" or len({_side(run) for run in self.every}) == 1

    @cached_property
    def finished(self) -> tuple[Run, ...]:
        """Its runs with final figures; of several with the same seed and settings the newest.

        The same training twice gives the same figures twice, which makes no mean more certain.
        """
        newest: dict[Hashable, str] = {}
        for run in sorted(self.runs, key=lambda run: run.info.created):
            if run.summary is not None:
                side = None if self.alike else _side(run)
                newest[side, run.info.config.seed] = run.id
        kept = set(newest.values())
        return tuple(run for run in self.runs if run.id in kept)

    @cached_property
    def name(self) -> str:
        """What to call it where its group has no name: what the names of its runs share."""
        if not self.alike:
            return joined(list(dict.fromkeys(run.name for run in self.every)), most=2)
        each = {run.info.config.seed: run.info.name for run in self.every}
        return side_names([[(name, name) for name in each.values()]])[0]

    def title(self, groups: Mapping[str, str]) -> str:
        """What its row is called; `groups` has the names of groups by their ids."""
        known = groups.get(self.every[0].info.group or "") if self.kind == "groups" else None
        return known or self.name

    @property
    def usable(self) -> tuple[Run, ...]:
        """The runs to look at together: finished ones and those that may still; else all."""
        hopeful = tuple(run for run in self.runs if run.active or run.summary is not None)
        return hopeful or self.runs


Row: TypeAlias = Fold | Run | UnreadableRun


class Line(NamedTuple):
    """What stands in one line of the table: a row, or a run of the opened fold above it."""

    row: Row
    inside: Fold | None = None


def folded(
    found: Iterable[Run | UnreadableRun], listed: Sequence[Run | UnreadableRun], kind: Kind
) -> list[Row]:
    """Return the rows that `found` make, each where the first of its runs stood.

    `listed` are all runs, found or not: one that belongs to no other stays a row by itself.
    """
    numbers: dict[Hashable, int] = {}
    belongs: dict[str, int] = {}
    together: dict[int, list[Run]] = {}
    for run in listed:
        if isinstance(run, Run) and (shared := _shared(run, kind)) is not None:
            # By numbers from here on: what a side shares is long, and thousands of runs have it.
            number = belongs[run.id] = numbers.setdefault(shared, len(numbers))
            together.setdefault(number, []).append(run)
    rows: dict[str | int, list[Run | UnreadableRun]] = {}
    for run in found:
        mine = belongs.get(run.id)
        alone = mine is None or len(together[mine]) < 2
        key = run.id if mine is None or alone else mine
        rows.setdefault(key, []).append(run)
    return [
        Fold(kind, tuple(cast("list[Run]", runs)), tuple(together[key]))
        if isinstance(key, int)
        else runs[0]
        for key, runs in rows.items()
    ]


def sorted_rows(
    rows: Sequence[Row], key: str, *, falling: bool, groups: Mapping[str, str] | None = None
) -> list[Row]:
    """Return `rows` by a key of `sort_keys`: folds by their own mean, sum or foremost value.

    By name, folded groups stand where the names in `groups`, by their ids, put them. Those that
    have nothing there stand last, and runs that cannot be read after them.
    """
    readable = [row for row in rows if not isinstance(row, UnreadableRun)]
    named = {} if groups is None else groups
    valued = [(_value_of(row, key, named, falling=falling), row) for row in readable]
    others = [row for row in rows if isinstance(row, UnreadableRun)]
    return [*in_order(valued, falling=falling), *others]


def lines_of(
    rows: Sequence[Row], opened: Collection[str], order: tuple[str, bool] | None = None
) -> list[Line]:
    """Return the lines that rows take up when the folds whose keys are in `opened` are open.

    With `order`, a key of `sort_keys` and whether it falls, the runs inside stand in it.
    """
    lines: list[Line] = []
    for row in rows:
        lines.append(Line(row))
        if opened and isinstance(row, Fold) and row.key in opened:
            runs = sorted_by(row.runs, order[0], falling=order[1]) if order else row.runs
            lines.extend(Line(run, row) for run in runs)
    return lines


def page_of(lines: Sequence[Line], number: int, size: int) -> list[Line]:
    """Return page `number`, counted from 1; one that begins inside a fold repeats its line."""
    page = list(lines[(number - 1) * size : number * size])
    if page and page[0].inside is not None:
        page.insert(0, Line(page[0].inside))
    return page


def _shared(run: Run, kind: Kind) -> Hashable | None:
    return run.info.group if kind == "groups" else _side(run)


def _side(run: Run) -> Hashable:
    """Return what the runs of one side share; quicker than a config of thousands of runs."""
    values: Hashable = _BUT_THE_SEED(run.info.config)
    return values


def _value_of(row: Fold | Run, key: str, groups: Mapping[str, str], *, falling: bool) -> Any:
    if isinstance(row, Run):
        return value_of(row, key)
    if key == "name":
        return row.title(groups).lower()
    if key in MEANT and row.alike:
        return mean_of(values_of(row.finished, key))
    values = values_of(row.runs, key)
    if not values:
        return None
    if key == "time":
        return sum(values)
    outermost: Callable[..., Any] = max if falling else min
    return outermost(values, key=comparable)


def values_of(runs: Iterable[Run], key: str) -> list[Any]:
    """Return the results or settings of those of `runs` that have one."""
    return [value for run in runs if (value := value_of(run, key)) is not None]


def mean_of(values: Sequence[float]) -> float | None:
    """Return the mean of `values`, None where there are none."""
    return math.fsum(values) / len(values) if values else None


def foremost(fold: Fold) -> Run | None:
    """Return the run of `fold` that read its validation images best; None where none stands out."""
    best = max(values_of(fold.finished, "validation"), default=None)
    first = [run for run in fold.finished if value_of(run, "validation") == best]
    return first[0] if best is not None and len(first) == 1 else None
