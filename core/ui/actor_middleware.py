"""Says of every HTTP request who sends it, and gives visitors the cookie of their pseudonym."""

import secrets
from typing import Final

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.access import Actor, acting_as
from core.ui.identity import VISITOR_COOKIE, pseudonym, request_actor

_VISITOR_SECONDS: Final = 30 * 86_400


class ActorMiddleware:
    """Lets everything that answers a request know who acts; see `core.access`.

    Pages learn it from their session instead: a WebSocket is not a request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the rest of the server does, with the actor known meanwhile."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        who = request_actor(dict(request.headers), request.cookies)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _lacks_cookie(request, who, message):
                cookie = Response()
                set_cookie(
                    cookie,
                    request,
                    VISITOR_COOKIE,
                    secrets.token_urlsafe(24),
                    seconds=_VISITOR_SECONDS,
                )
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", cookie.headers["Set-Cookie"])
            await send(message)

        with acting_as(who):
            await self._app(scope, receive, send_with_cookie)


def set_cookie(
    response: Response,
    request: Request,
    name: str,
    value: str,
    *,
    seconds: int,
    strict: bool = False,
) -> None:
    """Set a cookie that no script reads and that goes to this dashboard alone.

    With `strict` the browser sends it to nothing that another site's page asks for.
    """
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=cookie_path(),
        secure=is_encrypted(request),
        httponly=True,
        samesite="strict" if strict else "lax",
    )


def cookie_path() -> str:
    """Return the path below which the dashboard lies."""
    return f"/{str(st.get_option('server.baseUrlPath')).strip('/')}"


def is_encrypted(request: Request) -> bool:
    """Tell whether the browser asked by https, as far as the proxy in front says so."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))


def _lacks_cookie(request: Request, who: Actor, message: Message) -> bool:
    if who.role == "owner" or pseudonym(request.cookies.get(VISITOR_COOKIE, "")):
        return False
    kind = MutableHeaders(scope=message).get("content-type", "")
    return request.method == "GET" and kind.startswith("text/html")
