"""What the owner lets visitors start: whether at all, and how much within a day."""

import functools
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.access import Action, needs
from core.errors import ConfigError, RunError, RunUnreadableError
from core.runs import files
from core.runs.changes import changing

_MOST: Final = 1_000_000


class VisitorRules(BaseModel):
    """The owner's choice; each bound holds for one visitor (`each`) and for all together (`all`).

    `runs` counts those that wait or train at one time, `epochs` and `seconds` (of training) what
    was started within the last day. `parameters` bounds the size of one network.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_runs: bool = False
    runs_each: int = Field(2, ge=1, le=1_000)
    runs_all: int = Field(8, ge=1, le=1_000)
    epochs_each: int = Field(100, ge=1, le=_MOST)
    epochs_all: int = Field(2_000, ge=1, le=_MOST)
    seconds_each: int = Field(600, ge=10, le=_MOST)
    seconds_all: int = Field(7_200, ge=10, le=_MOST)
    parameters: int = Field(1_000_000, ge=1_000, le=50_000_000)


def read_rules(root: Path) -> VisitorRules:
    """Return the rules for the runs under `root`; a file that cannot be read allows nothing."""
    path = root / files.VISITOR_RULES
    try:
        found = path.stat()
    except OSError:
        return VisitorRules()
    return _read(path, (found.st_mtime_ns, found.st_ino, found.st_size))


@needs(Action.SET_RULES)
def write_rules(root: Path, rules: VisitorRules) -> None:
    """Replace the rules in one piece. Raises AccessError; RunError if they cannot be written."""
    with changing(root):
        try:
            files.write_json(root / files.VISITOR_RULES, rules.model_dump(mode="json"))
        except OSError as error:
            raise RunError(
                f"What visitors may do cannot be written to {root} ({error.strerror}). Check that "
                "the folder may be written to and that the disk is not full."
            ) from error


def checked_rules(**values: object) -> VisitorRules:
    """Return rules of these values. Raises ConfigError with a sentence where one is out of range.

    Also where one visitor could do more than all together.
    """
    try:
        rules = VisitorRules.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        raise ConfigError(f"{fault['loc'][0]}: {fault['msg']}.") from error
    for what in ("runs", "epochs", "seconds"):
        if getattr(rules, f"{what}_each") > getattr(rules, f"{what}_all"):
            raise ConfigError(f"One visitor cannot have more {what} than all together.")
    return rules


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: tuple[int, ...]) -> VisitorRules:
    try:
        return VisitorRules.model_validate(files.read_json(path))
    except (RunUnreadableError, ValidationError):
        return VisitorRules()
