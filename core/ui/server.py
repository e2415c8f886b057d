"""The web server: Streamlit's own, with the queue behind it and a few routes beside it."""

import asyncio
import contextlib
import gc
import logging
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import access
from core.errors import RunError
from core.learning.idx import mnist_problem
from core.ui.digit_route import digit_route
from core.ui.drawing_export import export_route
from core.ui.health import health_route, version
from core.ui.identity import session_actor
from core.ui.live_curves import CURVES_ROUTE, PAUSE_HEADER, live_curves, well_formed
from core.ui.logs import Logs
from core.ui.metrics import metrics_route
from core.ui.pace import AskingPace
from core.ui.plotly_script import packed_plotly_script, plotly_route
from core.ui.services import services
from core.ui.sessions import held_sessions
from core.ui.sign_in import sign_in_routes
from core.ui.tidying import Tidying
from core.ui.turns import let_scripts_take_turns

SCRIPT: Final = Path(__file__).with_name("app.py")
_FRESH: Final = {"Cache-Control": "no-store"}
_asking_pace: Final = AskingPace()
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncGenerator[None, None]:
    """Log, keep the queue, fetch MNIST if it is missing and warm up, while the server runs."""
    # From here on, nobody may do anything unless this says so.
    access.ask(session_actor)
    let_scripts_take_turns()
    parts = services()
    logs = Logs(parts.settings.logs)
    logs.start()
    _log.info("Digit Lab %s begins: %d slots", version(), parts.settings.slots)
    parts.queue.start()
    if not parts.settings.offline and mnist_problem(parts.settings.data):
        parts.download.start()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    tidying = asyncio.create_task(Tidying(held_sessions).run())
    try:
        yield
    finally:
        tidying.cancel()
        parts.download.stop()
        parts.queue.stop()
        _log.info("Digit Lab ends")
        logs.stop()


def _warm_up() -> None:
    # The first visitors should not wait for these; they take two to three seconds.
    packed_plotly_script()
    import core.drawing
    import core.learning.evaluation
    import core.ui.compare_view
    import core.ui.inside_drawing_view
    from core.ui.model_answers import make_ready

    warm = (
        core.drawing,
        core.learning.evaluation,
        core.ui.compare_view,
        core.ui.inside_drawing_view,
    )
    make_ready()
    # After every script, Streamlit looks through all objects for garbage, and no message leaves
    # meanwhile. The hundreds of thousands that the libraries made are here to stay.
    gc.collect()
    gc.freeze()
    _log.debug("Warm: %s", ", ".join(module.__name__ for module in warm))


async def _curves(request: Request) -> Response:
    """Answer what is new in the curves of a view; see `core.ui.live_curves`."""
    key, have = request.path_params["key"], request.query_params.get("have", "")
    found = None
    if well_formed(key, have):
        # A class asks for the same: most answers are there, and cost no change of threads.
        found = live_curves().ready(key, have)
        if found is None:
            with contextlib.suppress(RunError):  # deleted: the page finds out by itself
                found = await run_in_threadpool(live_curves().answer, key, have)
    if found is None:
        return Response(status_code=404, headers=_FRESH)
    headers = {**_FRESH, PAUSE_HEADER: f"{_asking_pace.note():g}"}
    return Response(found, media_type="application/json", headers=headers)


routes: Final = (
    health_route,
    metrics_route,
    plotly_route,
    Route(f"{CURVES_ROUTE}/{{key}}", _curves),
    digit_route,
    export_route,
    *sign_in_routes,
)
