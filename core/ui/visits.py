"""What visitors may take up of the server: open pages, uploads in memory, bytes of a request.

Streamlit bounds none of them in all. This stands in front of everything it serves, as ASGI
middleware, and looks at each connection once; what it turns away gets a sentence.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.ui.refusals import note
from core.ui.uploads import stand_in

_STREAM: Final = "/_stcore/stream"
_UPLOAD: Final = re.compile(r"/_stcore/upload_file/([^/]{1,100})/[^/]+$")
_ENDING: Final = re.compile(rb'filename="[^"\r\n]*(\.[A-Za-z0-9]{1,8})"')
# Under these lies what is no page of ours: files, measurements, messages.
_NO_PAGES: Final = frozenset(
    {"_stcore", "static", "media", "component", "digitlab", "healthz", "metrics"}
)
_MOST_BODY_BYTES: Final = 1_000_000
_LARGE: Final = "A request of this size is not taken: nothing here needs more than a megabyte."
_TRY_AGAIN_SECONDS: Final = 20
_FULL_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}">
<title>Digit Lab is full</title>
<style>
:root {{ color-scheme: light dark; }}
body {{
  font: 1.1rem/1.6 system-ui, sans-serif;
  max-width: 34rem;
  margin: 20vh auto;
  padding: 1rem;
}}
</style>
</head>
<body>
<h1>Digit Lab</h1>
<p role="status">{sentence}</p>
<p>This page tries by itself every {seconds} seconds.</p>
</body>
</html>
"""


class Visits:
    """Counts the pages that are open and the bytes on their way, in one process's event loop."""

    def __init__(self) -> None:
        self.open = 0
        self.opened = 0  # since the process began
        self.pages = 0  # HTML pages handed out since then
        self.arriving = 0  # bytes of uploads that are on their way


visits: Final = Visits()


class VisitLimits:
    """ASGI middleware: refuses what is over the limits, and counts who is there.

    `most` pages may be open at once; an owner, as `is_owner` tells of a connection, always gets in:
    who could make room must not be locked out. `most_uploads` bytes of uploads may lie in memory,
    what is on its way included; `uploads` tells what lies there already. No other request may have
    a body of more than a megabyte.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        is_owner: Callable[[HTTPConnection], bool],
        most_uploads: int,
        uploads: Callable[[], int],
        counted: Visits = visits,
    ) -> None:
        self._app = app
        self._most = most
        self._is_owner = is_owner
        self._most_uploads = most_uploads
        self._uploads = uploads
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse, one connection."""
        if scope["type"] == "websocket" and scope["path"].endswith(_STREAM):
            await self._page_opens(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _page_opens(self, scope: Scope, receive: Receive, send: Send) -> None:
        counted = self._counted
        if self._refuses(scope):
            note("sessions", self._full())
            await _send_elsewhere(receive, send)
            return
        counted.open += 1
        counted.opened += 1
        try:
            await self._app(scope, receive, send)
        finally:
            counted.open -= 1

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = _UPLOAD.search(scope["path"]) if scope["method"] == "PUT" else None
        if upload:
            await self._upload(upload[1], scope, receive, send)
        elif _asks_for_page(scope):
            await self._page(scope, receive, send)
        else:
            await self._bounded(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._refuses(scope):
            self._counted.pages += 1
            await self._app(scope, receive, send)
            return
        sentence = self._full()
        note("sessions", sentence)
        body = _FULL_PAGE.format(seconds=_TRY_AGAIN_SECONDS, sentence=escape(sentence))
        headers = {"Cache-Control": "no-store", "Retry-After": str(_TRY_AGAIN_SECONDS)}
        await HTMLResponse(body, 503, headers)(scope, receive, send)

    def _refuses(self, scope: Scope) -> bool:
        return self._counted.open >= self._most and not self._is_owner(HTTPConnection(scope))

    def _full(self) -> str:
        count = self._counted.open
        people = "1 person is" if count == 1 else f"{count:,} people are"
        return f"Digit Lab is full at the moment: {people} looking. Try again in a minute."

    async def _upload(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        announced = _announced(scope)
        counted = self._counted
        # Without a length it may be as long as anything; its bytes are counted as they come.
        size = announced or 0
        if self._uploads() + counted.arriving + size > self._most_uploads:
            note("uploads", self._too_much(), session)
            kind = _kind((await receive()).get("body", b""))
            await self._app(*_instead(scope, receive, kind, stand_in(self._too_much())), send)
            return
        taken = size
        counted.arriving += taken

        async def counting() -> Message:
            nonlocal taken, size
            message = await receive()
            size = size if announced else size + len(message.get("body", b""))
            counted.arriving += size - taken
            taken = size
            if self._uploads() + counted.arriving > self._most_uploads:
                note("uploads", self._too_much(), session)
                raise HTTPException(413, self._too_much())
            return message

        try:
            await self._app(scope, receive if announced else counting, send)
        finally:
            counted.arriving -= taken

    def _too_much(self) -> str:
        return (
            "The files that visitors have handed in take as much memory as they may "
            f"({self._most_uploads / 1e6:,.0f} MB). Try again in some minutes, or with a smaller "
            "file."
        )

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that has no business with a large body."""
        announced = _announced(scope)
        if announced is not None and announced > _MOST_BODY_BYTES:
            note("requests", _LARGE)
            await PlainTextResponse(_LARGE, 413)(scope, receive, send)
            return
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > _MOST_BODY_BYTES:
                note("requests", _LARGE)
                raise HTTPException(413, _LARGE)
            return message

        await self._app(scope, bounded, send)


def _announced(scope: Scope) -> int | None:
    """Return how many bytes a request says it has, None if it does not say so."""
    text = Headers(scope=scope).get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _asks_for_page(scope: Scope) -> bool:
    """Tell whether a browser wants one of the pages, wherever a proxy has put them."""
    if scope["method"] != "GET" or "text/html" not in Headers(scope=scope).get("accept", ""):
        return False
    return _NO_PAGES.isdisjoint(scope["path"].split("/"))


def _kind(beginning: bytes) -> bytes:
    """Return the ending of the file's name: each upload field takes only some."""
    found = _ENDING.search(beginning[:2_000])
    return found[1] if found else b".zip"


def _instead(scope: Scope, receive: Receive, kind: bytes, content: bytes) -> tuple[Scope, Receive]:
    """Return an upload of `content` in place of the one that was asked for, which is not read."""
    head = b'--file\r\nContent-Disposition: form-data; name="file"; filename="file'
    body = head + kind + b'"\r\n\r\n' + content + b"\r\n--file--\r\n"
    replaced = {
        b"content-type": b"multipart/form-data; boundary=file",
        b"content-length": str(len(body)).encode(),
    }
    kept = [one for one in scope["headers"] if one[0] not in replaced]
    told = False

    async def tell() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return {**scope, "headers": [*kept, *replaced.items()]}, tell


async def _send_elsewhere(receive: Receive, send: Send) -> None:
    """Let a page that is already loaded load anew: it then reads why it cannot open.

    A refused connection would be tried again for ever, behind an endless spinner.
    """
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg()
    message.auth_redirect.url = ""  # relative to the page's own address: the address itself
    message.metadata.cacheable = False
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "streamlit"})
    await send({"type": "websocket.send", "bytes": message.SerializeToString()})
    await send({"type": "websocket.close", "code": 1013, "reason": "full"})
