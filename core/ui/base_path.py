"""The server's own routes below `server.baseUrlPath`, as a proxy asks for them."""

from collections.abc import Sequence

from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send


class BasePath:
    """Answers `/lab/healthz` by the route `/healthz`, where the base path is `lab`.

    Streamlit puts the base path before its own routes and leaves ours as they are.
    """

    def __init__(self, app: ASGIApp, base_path: str, routes: Sequence[Route]) -> None:
        self._app = app
        self._base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
        self._routes = tuple(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if it is for one of the routes, without the base path."""
        if self._base and scope["type"] == "http" and scope["path"].startswith(f"{self._base}/"):
            # Starlette matches what stands behind the root path.
            moved = {**scope, "root_path": scope.get("root_path", "") + self._base}
            if any(route.matches(moved)[0] is not Match.NONE for route in self._routes):
                scope = moved
        await self._app(scope, receive, send)
