"""What every request passes before it reaches a page or a route, outermost first."""

from typing import Any, Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from core.ui.actor_middleware import ActorMiddleware
from core.ui.base_path import BasePath
from core.ui.headers import SecurityHeaders
from core.ui.hosts import HostGuard
from core.ui.identity import request_actor
from core.ui.listening import is_shared
from core.ui.server import routes
from core.ui.services import services
from core.ui.uploads import upload_bytes
from core.ui.visits import VisitLimits


# Each made when the server starts, not when this is imported: what they are made of may be wrong.
def _headers(app: ASGIApp) -> SecurityHeaders:
    return SecurityHeaders(app, services().settings.embedders)


def _host_guard(app: ASGIApp) -> HostGuard:
    return HostGuard(app, services().settings.hosts, is_shared)


def _base_path(app: ASGIApp) -> BasePath:
    return BasePath(app, st.get_option("server.baseUrlPath"), routes)


# Streamlit's own limits hold for one visitor, these for all together.
def _visit_limits(app: ASGIApp) -> VisitLimits:
    settings = services().settings
    return VisitLimits(
        app,
        most=settings.sessions,
        is_owner=_is_signed_in,
        most_uploads=settings.most_uploads,
        uploads=upload_bytes,
    )


def _is_signed_in(connection: HTTPConnection) -> bool:
    """Tell whether the owner asks, of a dashboard that has visitors at all."""
    who = request_actor(dict(connection.headers), connection.cookies)
    return is_shared() and who.role == "owner"


_MAKERS: Final[tuple[Any, ...]] = (
    _headers,
    _host_guard,
    _visit_limits,
    ActorMiddleware,
    _base_path,
)
middleware: Final = tuple(map(Middleware, _MAKERS))
