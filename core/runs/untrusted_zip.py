"""Zip files from anywhere: looked through before anything is read, and read with a limit."""

import contextlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from core.errors import ArchiveError
from core.runs.exporting import MOST_BYTES, MOST_FILES
from core.runs.zip_directory import LONGEST_NAME, check_directory

_ENCRYPTED: Final = 0x1
_PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Text may pack by 20; what packs by more than this and is large is made to fill a disk.
_HIGHEST_RATIO: Final = 100
_HARMLESS_BYTES: Final = 20_000_000
_CHUNK: Final = 1 << 20
# What systems put into zip files of their own accord.
_CLUTTER: Final = frozenset({"Thumbs.db", "desktop.ini"})
_CLUTTER_FOLDER: Final = "__MACOSX"
# What Python's reader says of bytes that are no zip file, or not a whole one.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


@contextlib.contextmanager
def open_zip(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open a zip of unknown origin, whose every entry may be read with `extract`.

    Raises ArchiveError with the reason if it is no zip, or holds what may be dangerous: too many
    or too large files, a bomb, links, devices, encrypted or repeated names, names that lead out
    of a folder.
    """
    try:
        with open_unchecked_zip(file, MOST_FILES) as archive:
            _check_entries(archive.infolist())
            yield archive
    except _DAMAGE as error:
        raise ArchiveError("It is damaged, or not a zip file.") from error


def open_unchecked_zip(file: IO[bytes], most_files: int) -> zipfile.ZipFile:
    """Open a zip of unknown origin of which what is sound shall be read and the rest passed over.

    Each entry is for `check_entry` and `read_entry`. Raises ArchiveError if it is no zip, or its
    directory is longer than one of `most_files` files.
    """
    check_directory(file, most_files)
    try:
        return zipfile.ZipFile(file)
    except (*_DAMAGE, ValueError) as error:  # the last where it names places before its beginning
        raise ArchiveError("It is damaged, or not a zip file.") from error


def extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, most: int) -> None:
    """Write an entry to a new file at `path`. Raises ArchiveError beyond `most` bytes.

    Also if it holds more or less than it states, or its checksum is wrong.
    """
    name = shown(entry.filename)
    if entry.file_size > most:
        raise ArchiveError(f"{name} is too large ({entry.file_size:,} bytes of at most {most:,}).")
    written = 0
    with _opened(archive, entry) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > entry.file_size:
                break
            target.write(chunk)
    if written != entry.file_size:
        raise ArchiveError(f"{name} is not as large as the zip file says.")


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Raise ArchiveError for links, devices, encrypted files and names that files do not have."""
    _check_name(entry)
    _check_kind(entry)


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Return what an entry holds; where that is more than `most` bytes, the first `most` + 1.

    What the zip states of its size is not believed. Raises ArchiveError if it is damaged.
    """
    try:
        with _opened(archive, entry) as source:
            return source.read(most + 1)
    except _DAMAGE as error:
        raise ArchiveError(f"{shown(entry.filename)} is damaged in the zip file.") from error


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(entry)
    except (*_DAMAGE, ValueError, OSError) as error:  # it may lie before the file's beginning
        raise ArchiveError(f"{shown(entry.filename)} is damaged in the zip file.") from error


def is_clutter(name: str) -> bool:
    """Tell whether a file of this name is one that a system put into the zip, or a hidden one."""
    parts = name.split("/")
    hidden = any(part.startswith(".") and part.strip(".") for part in parts)
    return hidden or parts[0] == _CLUTTER_FOLDER or parts[-1] in _CLUTTER


def shown(name: str) -> str:
    """Return a name from a zip so that it may stand in a sentence."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"“{plain[:80]}{'…' if len(plain) > 80 else ''}”"


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise ArchiveError(f"It holds {len(entries):,} files; at most {MOST_FILES:,} are taken.")
    seen: set[str] = set()
    for entry in entries:
        check_entry(entry)
        # Some file systems do not tell upper from lower case.
        name = entry.filename.rstrip("/").casefold()
        if name in seen:
            raise ArchiveError(f"It holds {shown(entry.filename)} twice.")
        seen.add(name)
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MOST_BYTES:
        raise ArchiveError(f"Unpacked it would be larger than {MOST_BYTES / 1e9:.0f} GB.")
    if unpacked > max(_HARMLESS_BYTES, _HIGHEST_RATIO * packed):
        raise ArchiveError(
            f"Unpacked it would be {unpacked / max(1, packed):,.0f} times as large: files that "
            "pack so well are made to fill a disk."
        )


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if not name or len(name) > LONGEST_NAME or name != entry.orig_filename:
        raise ArchiveError(f"The name {shown(name)} in it is not one that files have.")
    if not name.isprintable() or "\\" in name or ":" in name:
        raise ArchiveError(f"The name {shown(name)} in it is not one that files have.")
    parts = name.removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ArchiveError(f"The name {shown(name)} in it leads out of its folder.")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"{shown(entry.filename)} in it is a link or a device, not a file.")
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError("It is encrypted: pack it again without a password.")
    if entry.compress_type not in _PACKINGS:
        raise ArchiveError(
            f"{shown(entry.filename)} in it is packed in an unusual way: pack it again as a plain "
            "zip file."
        )
