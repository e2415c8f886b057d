"""Requests to the server's own routes, answered within the test's process."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
from starlette.applications import Starlette

from core.ui.server import routes


def ask(
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Return the answer; its body as it came over the line is `.extensions["raw"]`.

    Asked from a thread of its own: a browser of an earlier test may have left an event loop in
    this one, and two do not run in one thread.
    """
    transport = httpx.ASGITransport(app=Starlette(routes=list(routes)))

    async def answer() -> httpx.Response:
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            client.stream(method, path, params=params, headers=headers) as response,
        ):
            raw = b"".join([part async for part in response.aiter_raw()])
        return httpx.Response(
            response.status_code, headers=response.headers, content=raw, extensions={"raw": raw}
        )

    with ThreadPoolExecutor(1) as own_thread:
        return own_thread.submit(asyncio.run, answer()).result()
