"""Runs as one zip file, to keep them or to take them elsewhere."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from core.access import Action, needs
from core.errors import ArchiveError, RunError, RunStateError
from core.runs import files
from core.runs.store import RunStore

# The same for taking in: what one Digit Lab writes, another can read.
MOST_RUNS: Final = 1_000
MOST_FILES: Final = 10_000
MOST_BYTES: Final = 2_000_000_000
# Packed already, or random enough that packing brings next to nothing.
_DENSE: Final = frozenset({".npz", ".parquet", ".safetensors"})


@needs(Action.EXPORT)
def export_runs(store: RunStore, run_ids: Iterable[str], path: Path) -> None:
    """Write the runs of `run_ids` into a new zip file at `path`, there whole or not at all.

    Raises RunStateError for a run that waits or trains, ArchiveError if they are too many or too
    large together, RunError if a file cannot be read or written.
    """
    if path.exists():
        raise RunError(f"{path} exists already: name another file.")
    try:
        with files.replacing(path) as temporary, temporary.open("wb") as file:
            write_zip(store, run_ids, file)
    except OSError as error:
        raise RunError(f"{path} cannot be written ({error.strerror}).") from error


@needs(Action.EXPORT)
def write_zip(store: RunStore, run_ids: Iterable[str], file: IO[bytes]) -> None:
    """Write the runs of `run_ids` as a zip into `file`, a folder each. Raises as `export_runs`."""
    members = list(_members(store, run_ids))
    _check(members)
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for path, name in members:
                dense = path.suffix in _DENSE
                archive.write(path, name, zipfile.ZIP_STORED if dense else zipfile.ZIP_DEFLATED)
    except FileNotFoundError as error:
        raise RunError(
            "A run was changed or deleted while it was being copied: try again."
        ) from error


def export_bytes(store: RunStore, run_ids: Iterable[str]) -> int:
    """Return about how large the zip of the runs becomes. Raises as `export_runs` does."""
    members = list(_members(store, run_ids))
    _check(members)
    return sum(_size(path) for path, _ in members)


def _members(store: RunStore, run_ids: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Yield every file that belongs to one of the runs, with its name in the zip."""
    for number, run_id in enumerate(dict.fromkeys(run_ids), 1):
        if number > MOST_RUNS:
            raise ArchiveError(f"One zip file holds at most {MOST_RUNS:,} runs: choose fewer.")
        folder = store.folder(run_id)
        run = store.read(run_id)
        if run.active:
            raise RunStateError(
                f"{run.name} waits or trains: it can be exported once it has ended."
            )
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder).as_posix()
            if files.belongs_to_run(place) and path.is_file() and not path.is_symlink():
                yield path, f"{run_id}/{place}"


def _check(members: list[tuple[Path, str]]) -> None:
    if len(members) > MOST_FILES:
        raise ArchiveError(
            f"These runs have {len(members):,} files; one zip file holds at most {MOST_FILES:,}. "
            "Choose fewer runs."
        )
    if sum(_size(path) for path, _ in members) > MOST_BYTES:
        raise ArchiveError("These runs are larger than 2 GB together: choose fewer.")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
