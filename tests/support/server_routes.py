"""Requests to the server's own routes, answered within the test's process."""

from collections.abc import Mapping

import httpx
from starlette.applications import Starlette

from core.ui.hosts import HostGuard
from core.ui.server import routes
from tests.support.loops import run_to_end


def ask(
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Return the answer; its body as it came over the line is `.extensions["raw"]`."""
    # As in the server: a name that is not its own gets no further, on any route.
    app = HostGuard(Starlette(routes=list(routes)), (), is_shared=lambda: True)
    transport = httpx.ASGITransport(app=app)

    async def answer() -> httpx.Response:
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            client.stream(method, path, params=params, headers=headers) as response,
        ):
            raw = b"".join([part async for part in response.aiter_raw()])
        return httpx.Response(
            response.status_code, headers=response.headers, content=raw, extensions={"raw": raw}
        )

    return run_to_end(answer())
