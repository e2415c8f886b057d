"""The directory at the end of a zip file, looked at before anybody reads it into memory."""

import struct
import zipfile
from pathlib import Path
from typing import IO, Final

from core.errors import ArchiveError

LONGEST_NAME: Final = 300  # of a file in a zip
# "End of central directory", zip specification (APPNOTE 6.3.10) 4.3.16: signature, 2 disk
# numbers, 2 counts, the directory's size and place, the length of the comment.
_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LARGE_END_MARK: Final = b"PK\x06\x07"  # of zip64, for files beyond 4 GB
_LARGE_END_BYTES: Final = 20
_LONGEST_COMMENT: Final = 65_535
# A directory entry has 46 bytes, a name, and a few for times and owners.
_ENTRY_BYTES: Final = 46 + LONGEST_NAME
_MOST_ARRAYS: Final = 16  # of a run's .npz, with room


def check_directory(file: IO[bytes], most_files: int) -> None:
    """Raise ArchiveError unless the zip's directory is small enough to be read into memory.

    The count of files that the zip states is not believed: its directory may hold more.
    """
    size = file.seek(0, 2)
    start = max(0, size - _END.size - _LONGEST_COMMENT - _LARGE_END_BYTES)
    file.seek(start)
    tail = file.read()
    # As Python looks for it: at the very end first, else the last mark before a comment.
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != _END_MARK or tail[-2:] != b"\0\0":
        at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise ArchiveError("It is damaged, or not a zip file.")
    if tail[max(0, at - _LARGE_END_BYTES) : at].startswith(_LARGE_END_MARK):
        raise ArchiveError("It is larger than 2 GB, or says that it is.")
    directory_bytes = _END.unpack_from(tail, at)[5]
    if directory_bytes > most_files * _ENTRY_BYTES:
        raise ArchiveError(f"It holds too many files; at most {most_files:,} are taken.")
    file.seek(0)


def arrays_bytes(path: Path) -> int:
    """Return how large the arrays in an .npz say they are: it is a zip file, and may be a bomb.

    Raises OSError, or ArchiveError if it is damaged or holds many more arrays than a run has.
    """
    with path.open("rb") as file:
        check_directory(file, _MOST_ARRAYS)
        try:
            with zipfile.ZipFile(file) as archive:
                return sum(entry.file_size for entry in archive.infolist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise ArchiveError(f"{path.name} is damaged.") from error
