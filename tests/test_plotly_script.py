"""core.ui.plotly_script: the charts' library as browsers get it."""

import asyncio
import gzip

import httpx
from starlette.applications import Starlette

from core.ui.plotly_script import PLOTLY_ROUTE, plotly_script
from core.ui.server import routes


def asked(encodings: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=Starlette(routes=list(routes)))

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            request = client.build_request(
                "GET", PLOTLY_ROUTE, headers={"Accept-Encoding": encodings}
            )
            return await client.send(request, stream=True)

    async def raw() -> httpx.Response:
        response = await answer()
        response.extensions["raw"] = b"".join([part async for part in response.aiter_raw()])
        return response

    return asyncio.run(raw())


def test_a_browser_that_unpacks_gets_a_third_of_the_bytes() -> None:
    packed = asked("gzip, deflate, br").extensions["raw"]
    assert gzip.decompress(packed) == plotly_script()
    assert len(packed) < len(plotly_script()) / 3


def test_a_browser_that_cannot_unpack_gets_it_plain() -> None:
    assert asked("identity").extensions["raw"] == plotly_script()


def test_browsers_keep_it() -> None:
    headers = asked("gzip").headers
    assert "max-age" in headers["Cache-Control"]
    assert headers["Vary"] == "Accept-Encoding"
