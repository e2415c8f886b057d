"""Plotly's script, which every page with a chart loads: served by the dashboard itself."""

import functools
import gzip
import importlib.resources
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PLOTLY_ROUTE: Final = "/digitlab/plotly.min.js"
_KEPT_SECONDS: Final = 86_400


@functools.cache
def plotly_script() -> bytes:
    """Return the script, which comes with Plotly's Python package: no page asks another host."""
    return (importlib.resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()


@functools.cache
def packed_plotly_script() -> bytes:
    """Return the script packed by gzip: 1.5 MB of 4.8. Once: it takes about a second."""
    return gzip.compress(plotly_script(), mtime=0)


async def _answer(request: Request) -> Response:
    headers = {"Cache-Control": f"public, max-age={_KEPT_SECONDS}", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(plotly_script(), media_type="text/javascript", headers=headers)
    packed = await run_in_threadpool(packed_plotly_script)
    headers["Content-Encoding"] = "gzip"
    return Response(packed, media_type="text/javascript", headers=headers)


plotly_route: Final = Route(PLOTLY_ROUTE, _answer)
