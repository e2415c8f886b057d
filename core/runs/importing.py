"""Runs from a zip file: looked through, taken in as a whole or not at all, nothing executed."""

import re
import secrets
import shutil
import time
import zipfile
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from core.errors import ArchiveError, ConfigError, RunError, RunUnreadableError
from core.runs import files
from core.runs.changes import changing, free_name
from core.runs.exporting import MOST_RUNS
from core.runs.foreign_files import check_files, most_bytes
from core.runs.groups import GroupStore
from core.runs.labels import LONGEST_NAME, LONGEST_NOTES, clean_name, clean_notes, clean_tags
from core.runs.records import ENDED, Run, RunInfo, Status
from core.runs.store import PALETTE_SIZE, RunStore, new_run_id
from core.runs.untrusted_zip import extract, open_zip, shown

_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
# What systems put into zip files of their own accord.
_CLUTTER: Final = frozenset({"Thumbs.db", "desktop.ini"})
_CLUTTER_FOLDER: Final = "__MACOSX"
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
class _Guest:
    """A run in the staging folder, with the id that it had and the one that it gets."""

    folder: Path
    was: str
    run: Run
    becomes: str = ""


def import_runs(store: RunStore, file: IO[bytes]) -> list[Imported]:
    """Take in all runs of a zip file, as `export_runs` writes it or of zipped run folders.

    An id that is taken here, in the bin too, is exchanged for a new one. Raises ArchiveError with
    the reason if the zip is damaged, foreign or dangerous; then nothing of it stays.
    """
    staging = store.root / f".import-{secrets.token_hex(6)}"
    try:
        staging.mkdir(parents=True)
        guests = _unpack(file, staging)
        with changing(store.root):
            return _settle(store, guests)
    except ArchiveError as error:
        raise ArchiveError(f"The zip file was not taken in. {error}") from error
    except OSError as error:
        raise RunError(
            f"The zip file cannot be taken in ({error.strerror or error}). Check that "
            f"{store.root} may be written to and that the disk is not full."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack(file: IO[bytes], staging: Path) -> list[_Guest]:
    with open_zip(file) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        roots = _roots(entries)
        # Named by number: no name from the zip becomes one of a folder here.
        folders = {root: staging / f"run-{number}" for number, root in enumerate(roots)}
        for folder in folders.values():
            folder.mkdir()
        for entry in entries:
            root, place = _place(entry.filename, folders)
            if place is None:
                continue
            path = folders[root] / place
            path.parent.mkdir(exist_ok=True)
            extract(archive, entry, path, most_bytes(place))
    return [_guest(folder, PurePosixPath(root).name) for root, folder in folders.items()]


def _roots(entries: Iterable[zipfile.ZipInfo]) -> list[str]:
    """Return the folders in the zip that hold a run, which are those with a config.json."""
    found = [
        str(PurePosixPath(entry.filename).parent)
        for entry in entries
        if PurePosixPath(entry.filename).name == files.CONFIG and not _is_clutter(entry.filename)
    ]
    if not found:
        raise ArchiveError(
            f"There is no run in it: a run is a folder with a {files.CONFIG}. Export makes such "
            "zip files."
        )
    if len(found) > MOST_RUNS:
        raise ArchiveError(f"It holds {len(found):,} runs; at most {MOST_RUNS:,} are taken.")
    return sorted(found)


def _place(name: str, roots: Container[str]) -> tuple[str, str | None]:
    """Return the run to which a file belongs and its place there, None if it is passed over."""
    if _is_clutter(name):
        return "", None
    for parent in map(str, PurePosixPath(name).parents):
        if parent in roots:
            place = name if parent == "." else name.removeprefix(f"{parent}/")
            if files.belongs_to_run(place):
                return parent, place
            if files.stays_behind(place):
                return parent, None
            break
    raise ArchiveError(f"{shown(name)} in it is not a file of a run.")


def _is_clutter(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") for part in parts)
    return hidden or parts[0] == _CLUTTER_FOLDER or parts[-1] in _CLUTTER


def _guest(folder: Path, was: str) -> _Guest:
    name = was or "run"
    try:
        run = RunStore(folder.parent).read(folder.name)
        check_files(folder, run)
    except RunUnreadableError as error:
        raise ArchiveError(
            f"Run {shown(name)} cannot be read: {error.__cause__ or error}."
        ) from error
    return _Guest(folder, was, run)


def _settle(store: RunStore, guests: list[_Guest]) -> list[Imported]:
    """Give the guests their ids and move them in; all come in, or none."""
    guests = _with_ids(store, guests)
    renamed = {guest.was: guest.becomes for guest in guests if guest.was}
    answers = [_adapt(store, guest, renamed) for guest in guests]
    moved: list[Path] = []
    try:
        for guest in guests:
            guest.folder.rename(store.root / guest.becomes)
            moved.append(store.root / guest.becomes)
    except OSError:
        for path, guest in zip(moved, guests, strict=False):
            path.rename(guest.folder)
        raise
    return answers


def _with_ids(store: RunStore, guests: Iterable[_Guest]) -> list[_Guest]:
    found: dict[str, _Guest] = {}
    for guest in guests:
        wanted = guest.was
        taken = wanted in found or any(
            free_name(root, wanted) != wanted for root in (store.root, store.root / files.BIN)
        )
        if taken or not _ID.fullmatch(wanted):
            wanted = new_run_id()
        found[wanted] = replace(guest, becomes=wanted)
    return list(found.values())


def _adapt(store: RunStore, guest: _Guest, renamed: dict[str, str]) -> Imported:
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


def _about_id(guest: _Guest) -> str:
    if guest.becomes == guest.was or not guest.was:
        return ""
    if not _ID.fullmatch(guest.was):
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


def _stays_in_group(store: RunStore, guest: _Guest) -> tuple[bool, str]:
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
