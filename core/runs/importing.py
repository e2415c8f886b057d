"""Runs from a zip file: looked through, taken in as a whole or not at all, nothing executed."""

import secrets
import shutil
import zipfile
from collections.abc import Container, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from core.access import Action, needs
from core.errors import ArchiveError, RunError, RunTooNewError, RunUnreadableError
from core.runs import files
from core.runs.changes import changing, free_name
from core.runs.exporting import MOST_RUNS
from core.runs.foreign_files import check_files
from core.runs.guests import ID, Guest, Imported, adapt
from core.runs.ids import new_run_id
from core.runs.store import RunStore
from core.runs.untrusted_zip import extract, is_clutter, open_zip, shown


@needs(Action.IMPORT)
def import_runs(store: RunStore, file: IO[bytes]) -> list[Imported]:
    """Take in all runs of a zip file, as `export_runs` writes it or of zipped run folders.

    An id that is taken here, in the bin too, is exchanged for a new one. Raises ArchiveError with
    the reason if the zip is damaged, foreign or dangerous, DiskLimitError where the disk is too
    full; then nothing of it stays.
    """
    store.check_room()
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


def _unpack(file: IO[bytes], staging: Path) -> list[Guest]:
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
            extract(archive, entry, path, files.most_bytes(place))
    return [_guest(folder, PurePosixPath(root).name) for root, folder in folders.items()]


def _roots(entries: Iterable[zipfile.ZipInfo]) -> list[str]:
    """Return the folders in the zip that hold a run, which are those with a config.json."""
    found = [
        str(PurePosixPath(entry.filename).parent)
        for entry in entries
        if PurePosixPath(entry.filename).name == files.CONFIG and not is_clutter(entry.filename)
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
    if is_clutter(name):
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


def _guest(folder: Path, was: str) -> Guest:
    name = was or "run"
    try:
        run = RunStore(folder.parent).read(folder.name)
        check_files(folder, run)
    except RunTooNewError as error:
        raise ArchiveError(f"Run {shown(name)} {error.__cause__ or error}.") from error
    except RunUnreadableError as error:
        raise ArchiveError(
            f"Run {shown(name)} cannot be read: {error.__cause__ or error}."
        ) from error
    return Guest(folder, was, run)


def _settle(store: RunStore, guests: list[Guest]) -> list[Imported]:
    """Give the guests their ids and move them in; all come in, or none."""
    guests = _with_ids(store, guests)
    renamed = {guest.was: guest.becomes for guest in guests if guest.was}
    answers = [adapt(store, guest, renamed) for guest in guests]
    moved: list[Path] = []
    try:
        for guest in guests:
            guest.folder.rename(store.root / guest.becomes)
            files.note_change()
            moved.append(store.root / guest.becomes)
    except OSError:
        for path, guest in zip(moved, guests, strict=False):
            path.rename(guest.folder)
        raise
    return answers


def _with_ids(store: RunStore, guests: Iterable[Guest]) -> list[Guest]:
    found: dict[str, Guest] = {}
    for guest in guests:
        wanted = guest.was
        taken = wanted in found or any(
            free_name(root, wanted) != wanted for root in (store.root, store.root / files.BIN)
        )
        if taken or not ID.fullmatch(wanted):
            wanted = new_run_id()
        found[wanted] = replace(guest, becomes=wanted)
    return list(found.values())
