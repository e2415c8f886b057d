"""The index: what a listing has read of ended runs, kept over restarts in one SQLite file.

It lies outside the folder of the runs and holds nothing that is not in their files: it may be
deleted at any time. Whatever is wrong with it, a listing goes on without it. It is made for one
folder and one version of the code; nothing else is believed, and what is damaged is made anew.
"""

import contextlib
import hashlib
import logging
import secrets
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.runs.packing import code_version

_log = logging.getLogger(__name__)

_APPLICATION: Final = 0x446C6162  # "Dlab": tells our file from any other SQLite database
# Others write for some milliseconds; longer nobody shall wait for what only saves time.
_PATIENCE_SECONDS: Final = 1.0
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_EVERY_ROW: Final = "SELECT id, folder, files, record, checksum FROM runs"
_TABLES: Final = (
    "CREATE TABLE about (what TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE runs (id TEXT PRIMARY KEY, folder TEXT NOT NULL, files TEXT NOT NULL, "
    "record TEXT NOT NULL, checksum INTEGER NOT NULL)",
)


class _DamagedError(Exception):
    """The index says what nobody can have written."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What was seen of one ended run: marks of its folder and files, and its record, packed."""

    id: str
    folder: str
    files: str
    record: str

    @property
    def checksum(self) -> int:
        """A number by which a damaged row is found: SQLite does not look for flipped bits."""
        return zlib.crc32("\0".join((self.id, self.folder, self.files, self.record)).encode())


class RunIndex:
    """The index of the runs under `root`, a file in the folder `cache`.

    Only the process that keeps the queue writes it; any may read it. No method raises for what is
    wrong with the file: that is logged once.
    """

    def __init__(self, cache: Path, root: Path) -> None:
        self._root = str(root.resolve())
        name = hashlib.sha256(self._root.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.path = cache.absolute() / f"runs-{name}.sqlite"
        # Which making of the file this process knows: another one may have begun it anew.
        self._making: str | None = None
        self._has_complained = False

    def exists(self) -> bool:
        """Tell whether there is a file; where its folder may not be looked into, there is none."""
        try:
            return self.path.exists()
        except OSError:
            return False

    def load(self) -> dict[str, IndexRow]:
        """Return the rows by id; none where there is no index or it cannot be believed."""
        self._making = None
        if not self.exists():
            return {}
        try:
            with self._opened("rw") as base:
                making = self._making_of(base)
                rows = _rows(base) if making is not None else {}
        except (_DamagedError, sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self._complain(error)
            return {}
        self._making = making
        return rows

    def save(
        self,
        rows: Iterable[IndexRow],
        gone: Iterable[str],
        everything: Callable[[], Iterable[IndexRow]],
    ) -> bool:
        """Write `rows` and take out the ids in `gone`, in one piece; tell whether that was done.

        Where the file is not the one that was loaded or written before, it is begun anew with
        `everything`.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._write(rows, gone, everything)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not _is_damage(error):
                    raise
                self._remove()
                self._write((), (), everything)
        except (sqlite3.Error, OSError, ValueError) as error:  # the last of a path that is no text
            self._complain(error)
            return False
        return True

    def _write(
        self,
        rows: Iterable[IndexRow],
        gone: Iterable[str],
        everything: Callable[[], Iterable[IndexRow]],
    ) -> None:
        with self._opened("rwc") as base:
            base.execute("BEGIN IMMEDIATE")
            making = self._making_of(base)
            if making is None or making != self._making:
                making = self._begin(base)
                rows, gone = everything(), ()
            base.executemany("DELETE FROM runs WHERE id = ?", ((one,) for one in gone))
            base.executemany(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)",
                ((row.id, row.folder, row.files, row.record, row.checksum) for row in rows),
            )
            base.execute("COMMIT")
        self._making = making

    def _begin(self, base: sqlite3.Connection) -> str:
        """Make the tables anew and return by what this making is known."""
        found = base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for (name,) in found.fetchall():
            quoted = name.replace('"', '""')
            base.execute(f'DROP TABLE "{quoted}"')
        for table in _TABLES:
            base.execute(table)
        base.execute(f"PRAGMA application_id = {_APPLICATION}")
        making = secrets.token_hex(8)
        about = {"code": code_version(), "root": self._root, "making": making}
        base.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        return making

    def _making_of(self, base: sqlite3.Connection) -> str | None:
        """Return by what this making is known; None if it is for another root or version."""
        if base.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
            return None
        about: dict[str, Any] = dict(base.execute("SELECT what, value FROM about"))
        ours = about.get("code") == code_version() and about.get("root") == self._root
        return about.get("making") if ours else None

    @contextlib.contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        # Opened anew each time: a file that was deleted meanwhile is noticed. A rollback journal,
        # SQLite's default, because the other kind (WAL) must not lie on a network file system.
        base = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=_PATIENCE_SECONDS,
            isolation_level=None,
        )
        try:
            yield base
        finally:
            base.close()

    def _remove(self) -> None:
        # The journal first: left alone, it would be played into the new file.
        for ending in ("-journal", "-wal", "-shm", ""):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            _log.warning(
                "The index of runs %s is passed over (%s); listing takes longer without it. "
                "It may be deleted.",
                self.path,
                error,
            )
        self._has_complained = True


def _rows(base: sqlite3.Connection) -> dict[str, IndexRow]:
    rows: dict[str, IndexRow] = {}
    # Closed at once: a statement that has not come to its end keeps others from writing.
    with contextlib.closing(base.execute(_EVERY_ROW)) as found:
        for *said, checksum in found:
            if not all(isinstance(text, str) for text in said):
                raise _DamagedError("a row is no text")
            row = rows[said[0]] = IndexRow(*said)
            if row.checksum != checksum:
                raise _DamagedError(f"the row of {row.id[:40]} is damaged")
    return rows


def _is_damage(error: sqlite3.DatabaseError | UnicodeDecodeError) -> bool:
    if isinstance(error, UnicodeDecodeError):
        return True  # a text in the file, or SQLite's own complaint that names one
    # The lower byte names the kind of error, the rest tells more about it.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF in _DAMAGE
