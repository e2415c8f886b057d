"""A run of elsewhere brought into what holds here: labels, group, beginning, how it ended."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError, RunError
from core.runs import files
from core.runs.groups import GroupStore
from core.runs.labels import LONGEST_NAME, LONGEST_NOTES, clean_name, clean_notes, clean_tags
from core.runs.records import ENDED, Run, RunInfo, Status
from core.runs.store import PALETTE_SIZE, RunStore
from core.runs.untrusted_zip import shown

ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_SECONDS_OF_A_DAY: Final = 86_400.0
# In groups of these stages nobody chooses any more by what their runs bring.
_SETTLED: Final = ("running", "final")


@dataclass(frozen=True)
class Imported:
    """A run that was taken in: its id here, its name, and what became of it in sentences."""

    run_id: str
    name: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guest:
    """A run in the staging folder, with the id that it had and the one that it gets."""

    folder: Path
    was: str
    run: Run
    becomes: str = ""


def adapt(store: RunStore, guest: Guest, renamed: dict[str, str]) -> Imported:
    """Rewrite config.json and status.json as they hold here, and say what changed."""
    info = guest.run.info
    name, notes, tags = _labels(guest.run)
    stays, about_group = _stays_in_group(store, guest)
    parent, about_parent = _parent(store, info, renamed)
    status, about_status = _ended_status(guest.run)
    adapted = info.model_copy(
        update={
            "name": name,
            "notes": notes,
            "tags": tags,
            "group": info.group if stays else None,
            "role": info.role if stays else None,
            "continued_from": parent,
            "colour": info.colour % PALETTE_SIZE,
            "created": _moment(info.created),
            "example": False,
            "archived": False,  # what somebody has just taken in shall be seen
        }
    )
    files.write_json(guest.folder / files.CONFIG, adapted.model_dump(mode="json"))
    files.write_json(guest.folder / files.STATUS, status.model_dump(mode="json"))
    remarks = (_about_id(guest), about_group, about_parent, about_status)
    return Imported(guest.becomes, name, tuple(filter(None, remarks)))


def _about_id(guest: Guest) -> str:
    if guest.becomes == guest.was or not guest.was:
        return ""
    if not ID.fullmatch(guest.was):
        return f"It got the new id {guest.becomes}."
    return f"It got the new id {guest.becomes}: {guest.was} is taken here."


def _parent(store: RunStore, info: RunInfo, renamed: dict[str, str]) -> tuple[str | None, str]:
    """Return the run that this one continues, by its id here, and what is to be said of it."""
    parent = info.continued_from
    if parent is None or parent in renamed:
        return renamed.get(parent or ""), ""
    try:
        store.folder(parent)
    except RunError:
        return None, f"The run that it continues ({shown(parent)}) is not here."
    return parent, ""


def _labels(run: Run) -> tuple[str, str, tuple[str, ...]]:
    """Return name, notes and tags within the limits that hold here."""
    name = run.info.name[:LONGEST_NAME]
    try:
        name = clean_name(name)
    except ConfigError:
        name = "Imported run"
    tags: tuple[str, ...] = ()
    for tag in run.info.tags:
        try:
            tags = clean_tags([*tags, tag])
        except ConfigError:
            continue
    return name, clean_notes(run.info.notes[:LONGEST_NOTES]), tags


def _stays_in_group(store: RunStore, guest: Guest) -> tuple[bool, str]:
    """Return whether the run belongs to its group here too, and what is to be said if not."""
    info = guest.run.info
    group = GroupStore(store.root).find(info.group)
    # A second copy of a run would count twice in its group's means.
    if group is not None and group.stage in _SETTLED and guest.becomes == guest.was:
        return True, ""
    apart = "It stands alone: the sweep or comparison it was part of stays apart."
    # Two runs launched as a pair share a group that is nothing to speak of.
    return False, apart if info.role or group is not None else ""


def _ended_status(run: Run) -> tuple[Status, str]:
    """Return the run's status with its process forgotten; what had not ended has now."""
    status = run.status
    reason, remark = status.reason[:500], ""
    state = status.state
    if run.summary is not None:
        state = "finished"
    elif state == "finished":
        state, reason = "crashed", "Its final figures (summary.json) are missing."
    elif state not in ENDED:
        state, reason = "cancelled", "It had not ended when it was copied."
        remark = "It had not ended when it was copied: it counts as cancelled and can be resumed."
    changes: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "process": None,
        "heartbeat": _moment(status.heartbeat),
        "started": None if status.started is None else _moment(status.started),
    }
    return status.model_copy(update=changes), remark


def _moment(seconds: float) -> float:
    """Return a time since 1970 that may be true, else now: dates are made of it."""
    now = time.time()
    return seconds if 0 <= seconds <= now + _SECONDS_OF_A_DAY else now
