"""Groups of runs that were launched together: a sweep, or a fair comparison.

A group is one small file, `runs/.groups/<id>.json`. It says what its runs shall be, so that
whoever keeps the queue can make those that a crash left out; each run names its group. A lost or
damaged file costs the group's line on the page, never a run.
"""

import logging
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from filelock import FileLock
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.access import Action, needs
from core.config import CHOICES, RunConfig, field_title, value_word
from core.errors import ConfigError, DigitLabError, RunError
from core.runs import files
from core.runs.legible import Legible, legible
from core.runs.records import Run
from core.runs.store import MODEL_WORDS, RunStore
from core.runs.upgrading import GROUP_FORMAT
from core.sweeps import MAX_RUNS, vary

Role = Literal["search", "final"]
Stage = Literal["planned", "running", "search", "chosen", "final", "cancelled"]
# In these the keeper of the queue makes no further run of its own accord.
_LAST_STAGES: Final[frozenset[Stage]] = frozenset({"running", "final", "cancelled"})
_SPEAK_FOR_THEMSELVES: Final = ("optimizer", "learning_rate")
# Whatever --max-runs allows: a damaged file must not fill the disk with runs.
HIGHEST_LIMIT: Final = 100_000

_log = logging.getLogger(__name__)


def _parse(config: Any) -> Any:
    return RunConfig.parse(config) if isinstance(config, dict) else config


class Choice(BaseModel):
    """What the search found for one optimizer; no rate where none of its runs was usable."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    rate: float | None = None
    validation_accuracy: float | None = None  # of the chosen rate, a share from 0 to 1
    tried: int = Field(ge=0)
    usable: int = Field(ge=0)


class Group(BaseModel):
    """What a group's runs shall be, and how far it is.

    Stages of a sweep: planned, running. Of a fair comparison: planned, search (its search runs
    are made), chosen (the rates are chosen), final (the final runs are made). "cancelled" ends
    both.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: int = GROUP_FORMAT.current
    id: str
    kind: Literal["sweep", "fair"]
    name: Annotated[str, Field(max_length=200), AfterValidator(legible)]
    created: float  # seconds since 1970
    base: Annotated[RunConfig, BeforeValidator(_parse)]
    stage: Stage = "planned"
    varied: dict[str, tuple[Any, ...]] = {}  # a sweep's settings and their values, as typed
    rates: dict[str, tuple[float, ...]] = {}  # a fair comparison's grid for each optimizer
    seeds: tuple[int, ...] = ()  # those of its final runs
    choices: dict[str, Choice] = {}  # by optimizer, once the search has ended
    note: Legible = ""  # a sentence on what was changed to make the comparison fair
    limit: int = Field(MAX_RUNS, ge=1, le=HIGHEST_LIMIT)  # the most runs it may have

    @property
    def fields(self) -> tuple[str, ...]:
        """The settings in which its runs differ."""
        return tuple(self.varied) if self.kind == "sweep" else ("optimizer", "learning_rate")

    @property
    def foreseen(self) -> int:
        """How many runs there will be, if each optimizer gets final runs."""
        if self.kind == "sweep":
            return math.prod(map(len, self.varied.values()))
        return sum(map(len, self.rates.values())) + len(self.seeds) * len(self.rates)

    def first_configs(self) -> list[RunConfig]:
        """Return the runs of a sweep, or the search runs of a fair comparison.

        Raises ConfigError where they contradict themselves or are more than the limit.
        """
        if self.kind == "sweep":
            return vary(self.base, self.varied, limit=self.limit)
        check_count(sum(map(len, self.rates.values())), self.limit)
        return [
            self.base.switch(optimizer=optimizer, learning_rate=rate)
            for optimizer, rates in self.rates.items()
            for rate in rates
        ]

    def foreseen_configs(self) -> list[RunConfig]:
        """Return all runs there will be, at the first rate of each grid where none is chosen.

        To estimate how long they take: a rate does not change that.
        """
        finals = [
            self.base.switch(optimizer=optimizer, learning_rate=rates[0], seed=seed)
            for optimizer, rates in self.rates.items()
            for seed in self.seeds
        ]
        return self.first_configs() + finals

    def final_configs(self) -> list[RunConfig]:
        """Return the final runs of a fair comparison, as far as rates are chosen.

        Raises ConfigError as `first_configs` does.
        """
        check_count(len(self.choices) * len(self.seeds), self.limit)
        return [
            self.base.switch(optimizer=optimizer, learning_rate=choice.rate, seed=seed)
            for optimizer, choice in self.choices.items()
            if choice.rate is not None
            for seed in self.seeds
        ]


class GroupStore:
    """The group files of one `runs/` folder; safe to use from several processes at once."""

    def __init__(self, root: Path) -> None:
        self.folder = root.resolve() / files.GROUPS
        self._read: dict[str, tuple[tuple[int, ...], Group | None]] = {}

    def list(self) -> list[Group]:
        """Return every group, newest first, but damaged ones and a newer Digit Lab's: logged."""
        try:
            names = sorted((path.stem for path in self.folder.glob("[!.]*.json")), reverse=True)
        except OSError:
            return []
        groups = [group for name in names if (group := self.find(name)) is not None]
        self._read = {name: self._read[name] for name in names if name in self._read}
        return groups

    def find(self, group_id: str | None) -> Group | None:
        """Return the group of that id; None where there is none, or only a damaged file."""
        if not group_id or group_id != Path(group_id).name or group_id.startswith("."):
            return None
        path = self.folder / f"{group_id}.json"
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        # Two stages may be written within one tick of the file system's clock.
        changed = (found.st_mtime_ns, found.st_ino, found.st_size)
        known = self._read.get(group_id)
        if known is None or known[0] != changed:
            known = self._read[group_id] = (changed, _load(path))
        return known[1]

    @needs(Action.START_GROUPS)
    def write(self, group: Group) -> None:
        """Replace the group's file in one piece. Raises RunError if it cannot."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            files.write_json(self._path(group), group.model_dump(mode="json"))
        except OSError as error:
            raise RunError(
                f"The group {group.name} cannot be written to {self.folder} ({error.strerror}). "
                "Check that the folder may be written to and that the disk is not full."
            ) from error
        self._read.pop(group.id, None)

    @needs(Action.CANCEL)
    def cancel(self, group: Group) -> None:
        """Ask the keeper of the queue to end the group and all its runs that wait or train."""
        try:
            (self.folder / f"{group.id}.cancel").touch()
        except OSError as error:
            raise RunError(f"{group.name} cannot be cancelled ({error.strerror}).") from error

    def is_cancelled(self, group: Group) -> bool:
        """Tell whether somebody asked for the group to end."""
        return (self.folder / f"{group.id}.cancel").exists()

    def lock(self) -> FileLock:
        """Return the lock that is held while a new group's runs are made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / files.GROUPS_LOCK)

    def _path(self, group: Group) -> Path:
        return self.folder / f"{group.id}.json"


def readable(store: RunStore) -> list[Run]:
    """Return the runs that can be read, newest first."""
    return [run for run in store.list() if isinstance(run, Run)]


def runs_of(group: Group, runs: Iterable[Run], role: Role | None = None) -> list[Run]:
    """Return those of `runs` that belong to the group, and where given have the role."""
    return [
        run
        for run in runs
        if run.info.group == group.id and (role is None or run.info.role == role)
    ]


def by_group(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Return the runs of each group by its id, in one pass over all of them."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        if run.info.group:
            found.setdefault(run.info.group, []).append(run)
    return found


def is_open(group: Group, runs: Iterable[Run]) -> bool:
    """Tell whether a run of the group waits or trains, or is still to be made."""
    return group.stage not in _LAST_STAGES or any(run.active for run in runs_of(group, runs))


def setting_in_words(field: str, config: RunConfig) -> str:
    """Return the value of `field` in `config`, with its name unless it speaks for itself."""
    value = value_word(field, getattr(config, field))
    if field == "model":
        return MODEL_WORDS[config.model]
    return value if field in _SPEAK_FOR_THEMSELVES else f"{field_title(field)} {value}"


def check_count(count: int, limit: int) -> None:
    """Raise ConfigError with a sentence where so many runs are more than were granted."""
    if count > limit:
        raise ConfigError(
            f"This would be {count:,} runs; at most {limit:,} are started at once. Name fewer "
            "rates or seeds, or raise the limit on the command line with --max-runs."
        )


def _load(path: Path) -> Group | None:
    try:
        values = GROUP_FORMAT.bring_up(path.name, files.read_json(path))
        group = Group.model_validate({**values, "id": path.stem})
        _check_names(group)
    except (DigitLabError, ValidationError) as error:
        _log.warning("The group file %s is passed over: %s", path, error)
        return None
    return group


def _check_names(group: Group) -> None:
    """Raise ConfigError where a file names what no run has: pages rely on the names."""
    listed = group.varied if group.kind == "sweep" else group.rates
    known = set(RunConfig.model_fields if group.kind == "sweep" else CHOICES["optimizer"])
    strange = [name for name in listed if name not in known]
    strange += [name for name in group.choices if name not in group.rates]
    empty = [name for name, values in listed.items() if not values]
    if strange or empty or not listed:
        raise ConfigError(
            f"It must name settings or optimizers that there are, each with values; got "
            f"{', '.join([*strange, *empty]) or 'none'}."
        )
