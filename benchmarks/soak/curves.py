"""What a page's charts of runs that train do: ask for new points once a second, or as told."""

import asyncio
import contextlib
import json
from typing import Final
from urllib.parse import urlsplit

_PAUSE_SECONDS: Final = 1.0


class CurveReader:
    """Fetches the points of the view that a page shows, over one connection while it is open."""

    def __init__(self, url: str, problems: list[str]) -> None:
        self._host = urlsplit(url).hostname or "localhost"
        self._port = urlsplit(url).port or 80
        self._problems = problems
        self._address = ""
        self._have = ""
        self._pause = _PAUSE_SECONDS
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._task: asyncio.Task[None] | None = None

    def follow(self, address: str) -> None:
        """Fetch the view of this address from now on."""
        if address != self._address:
            self._address, self._have = address, ""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._fetch_on())

    def pause(self) -> None:
        """Fetch nothing more until the page shows a view again."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        """End for good."""
        self.pause()

    async def _fetch_on(self) -> None:
        try:
            while True:
                content = await self._fetch()
                if content is not None:
                    self._have = json.loads(content)["revision"]
                await asyncio.sleep(self._pause)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self._problems.append(f"the curves could not be fetched ({type(error).__name__})")
        finally:
            await self._hang_up()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return the connection; a new one where the server has closed the last in a long pause."""
        if self._connection is None or self._connection[0].at_eof():
            await self._hang_up()
            self._connection = await asyncio.open_connection(self._host, self._port)
        return self._connection

    async def _hang_up(self) -> None:
        if self._connection is not None:
            writer = self._connection[1]
            self._connection = None
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    async def _fetch(self) -> bytes | None:
        """Return the answer, None where the view is no longer known: the page gets another."""
        try:
            return await self._ask()
        except (ConnectionError, asyncio.IncompleteReadError):
            await self._hang_up()  # closed in the pause: as a browser does, ask once more
            return await self._ask()

    async def _ask(self) -> bytes | None:
        reader, writer = await self._connected()
        writer.write(
            f"GET {self._address}?have={self._have} HTTP/1.1\r\n"
            f"Host: {self._host}:{self._port}\r\nAccept-Encoding: identity\r\n\r\n".encode()
        )
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.split("\r\n")
        fields = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
        content = await reader.readexactly(int(fields.get("content-length", "0")))
        self._pause = float(fields.get("digitlab-pause", _PAUSE_SECONDS))
        code = int(status.split()[1])
        if code not in (200, 404):
            self._problems.append(f"the curves were answered with {code}")
        return content if code == 200 else None
