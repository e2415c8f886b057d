"""The web server: Streamlit's own, with the queue behind it and two routes beside it."""

import importlib.resources
import logging
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from core.learning.idx import mnist_problem
from core.ui.components import PLOTLY_ROUTE
from core.ui.services import services

SCRIPT: Final = Path(__file__).with_name("app.py")
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncGenerator[None, None]:
    """Keep the queue, fetch MNIST if it is missing and warm up, for as long as the server runs."""
    parts = services()
    parts.queue.start()
    if not parts.settings.offline and mnist_problem(parts.settings.data):
        parts.download.start()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    try:
        yield
    finally:
        parts.download.stop()
        parts.queue.stop()


def _warm_up() -> None:
    # The first drawing should not wait for these; they take two to three seconds.
    import core.drawing
    import core.learning.evaluation

    _log.debug("Warm: %s, %s", core.drawing.__name__, core.learning.evaluation.__name__)


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "keeps_queue": services().queue.is_keeper})


async def _plotly(_request: Request) -> Response:
    # Plotly's script comes with its Python package: no page ever asks another host for it.
    script = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    return FileResponse(
        Path(str(script)),
        media_type="text/javascript",
        headers={"Cache-Control": "public, max-age=86400"},
    )


routes: Final = (Route("/healthz", _healthz), Route(PLOTLY_ROUTE, _plotly))
