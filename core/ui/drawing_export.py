"""The drawings as a zip file for the browser: made one at a time, on the disk, sent in pieces.

Streamlit's own download would hold every such file in memory, whatever it is handed.
"""

import functools
import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from core.access import Action, refusal
from core.errors import FieldTestError
from core.field_test.exporting import write_dataset
from core.field_test.records import Drawing
from core.field_test.store import DrawingStore
from core.ui.services import services

EXPORT_ROUTE: Final = "/digitlab/drawings"
FILE_NAME: Final = "digit-lab-drawings.zip"
_PIECE: Final = 1 << 18  # bytes
_GONE: Final = "This file is no longer there: drawings were exported since. Export them again."


@dataclass(frozen=True, eq=False)
class Export:
    """A finished zip file of `count` drawings; `key` opens it and cannot be guessed.

    The file has no name on the disk: it goes when nobody reads it any more. `problems` are
    sentences about drawings that are not in it since they cannot be read.
    """

    key: str
    count: int
    size: int  # bytes
    problems: tuple[str, ...]
    state: object  # what was there when it was made
    file: BinaryIO
    reading: threading.Lock = field(default_factory=threading.Lock)

    def pieces(self) -> Iterator[bytes]:
        """Give the file's bytes; several may read it at once."""
        for start in range(0, self.size, _PIECE):
            with self.reading:
                self.file.seek(start)
                piece = self.file.read(_PIECE)
            yield piece


class DrawingExports:
    """The newest export of a folder of drawings; an older one goes. For use from any thread."""

    def __init__(self, store: DrawingStore) -> None:
        self._store = store
        self._making = threading.Lock()
        self._newest: Export | None = None

    def current(self, *, mistakes: bool) -> Export | None:
        """Return the newest export if it holds the drawings as they are now, else None."""
        newest = self._newest
        there = newest is not None and newest.state == self._state(mistakes)
        return newest if there else None

    def find(self, key: str) -> Export | None:
        """Return the export that `key` opens, None if it is gone."""
        newest = self._newest
        opens = newest is not None and secrets.compare_digest(newest.key.encode(), key.encode())
        return newest if opens else None

    def make(self, *, mistakes: bool) -> Export:
        """Write the export, or return the one that somebody else has just made of the same.

        Others wait meanwhile. Raises FieldTestError without a drawing, or if the file cannot be
        written.
        """
        with self._making:
            current = self.current(mistakes=mistakes)
            if current is None:
                self._newest = None  # so that never two lie on the disk
                current = self._newest = self._made(mistakes)
            return current

    def _made(self, mistakes: bool) -> Export:
        state = self._state(mistakes)
        try:
            # Where the drawings are: elsewhere, temporary files may lie in memory.
            file = tempfile.TemporaryFile(dir=self._store.root)  # noqa: SIM115 - it outlives this
            count, problems = write_dataset(self._store, file, mistakes=mistakes)
            size = file.seek(0, 2)
        except OSError as error:
            raise FieldTestError(
                f"The zip file cannot be written in {self._store.root} ({error.strerror}). Check "
                "that the folder may be written to and that the disk is not full."
            ) from error
        return Export(secrets.token_urlsafe(24), count, size, tuple(problems), state, file)

    def _state(self, mistakes: bool) -> object:
        """Return what tells two states apart; what a drawing shows never changes."""
        drawings = [
            (one.id, one.hidden, one.mistake) if isinstance(one, Drawing) else one.reason
            for one in self._store.listed()
        ]
        return mistakes, drawings, len(self._store.binned())


def drawing_exports() -> DrawingExports:
    """Return what makes the exports of this process."""
    return _exports(services().drawings)


@functools.lru_cache(maxsize=1)
def _exports(store: DrawingStore) -> DrawingExports:
    return DrawingExports(store)


def _export(request: Request) -> Response:
    fresh = {"Cache-Control": "no-store"}
    refused = refusal(Action.EXPORT_DRAWINGS)
    if refused:
        return PlainTextResponse(refused, status_code=403, headers=fresh)
    found = drawing_exports().find(request.path_params["key"])
    if found is None:
        return PlainTextResponse(_GONE, status_code=404, headers=fresh)
    named = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return StreamingResponse(
        found.pieces(),
        media_type="application/zip",
        headers={**fresh, **named, "Content-Length": str(found.size)},
    )


export_route: Final = Route(f"{EXPORT_ROUTE}/{{key}}/{FILE_NAME}", _export)
