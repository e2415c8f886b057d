"""Signing in as owner by the passphrase: a plain form, without scripts, and a cookie."""

import functools
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import jinja2
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.errors import AccessError, DigitLabError
from core.ui.actor_middleware import cookie_path, set_cookie
from core.ui.identity import OWNER_COOKIE
from core.ui.owner_sessions import SECONDS, owner_sessions

SIGN_IN_ROUTE: Final = "/digitlab/sign-in"
SIGN_OUT_ROUTE: Final = "/digitlab/sign-out"
_TEMPLATE: Final = Path(__file__).with_name("assets") / "sign_in.html"
_MOST_BYTES: Final = 20_000
_LONGEST_NEXT: Final = 4_000
_FRESH: Final = {"Cache-Control": "no-store"}


async def _show(request: Request) -> Response:
    return _page(_local(request.query_params.get("next", "")))


async def _sign_in(request: Request) -> Response:
    fields = await _fields(request)
    if fields is None:
        return _page("", "This form came from another site, or was too large. Try it here.", 400)
    following = _local(fields.get("next", ""))
    try:
        token = await run_in_threadpool(owner_sessions().sign_in, fields.get("passphrase", ""))
    except DigitLabError as error:
        return _page(following, str(error), 403 if isinstance(error, AccessError) else 500)
    response = RedirectResponse(following, status_code=303, headers=_FRESH)
    set_cookie(response, request, OWNER_COOKIE, token, seconds=SECONDS, strict=True)
    return response


async def _sign_out(request: Request) -> Response:
    fields = await _fields(request)
    if fields is None:
        return _page("", "This form came from another site. Try it here.", 400)
    owner_sessions().sign_out(request.cookies.get(OWNER_COOKIE))
    response = RedirectResponse(_local(fields.get("next", "")), status_code=303, headers=_FRESH)
    response.delete_cookie(OWNER_COOKIE, path=cookie_path())
    return response


async def _fields(request: Request) -> dict[str, str] | None:
    """Return what the form holds; None where another site sent it, or it is too large."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return None
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return None
    read = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[-1] for name, values in read.items()}


def _local(address: str) -> str:
    """Return an address within the dashboard: nobody is led elsewhere by a link to this form."""
    start = cookie_path()
    plain = all(" " < character < "\x7f" and character != "\\" for character in address)
    inside = address == start or address.startswith(start.rstrip("/") + "/")
    if not plain or not inside or address.startswith("//") or len(address) > _LONGEST_NEXT:
        return start
    return address


def _page(following: str, problem: str = "", status: int = 200) -> Response:
    following = following or cookie_path()
    base = cookie_path().rstrip("/")
    return HTMLResponse(
        _template().render(action=f"{base}{SIGN_IN_ROUTE}", following=following, problem=problem),
        status_code=status,
        headers=_FRESH,
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def draw_sign_out(following: str) -> None:
    """Draw the button that signs out, and comes back to `following`."""
    base = cookie_path().rstrip("/")
    st.html(
        f'<form method="post" action="{escape(base)}{SIGN_OUT_ROUTE}">'
        f'<input type="hidden" name="next" value="{escape(following)}">'
        '<button class="dl-plain-button">Sign out</button></form>'
    )


sign_in_routes: Final = (
    Route(SIGN_IN_ROUTE, _show, methods=["GET"]),
    Route(SIGN_IN_ROUTE, _sign_in, methods=["POST"]),
    Route(SIGN_OUT_ROUTE, _sign_out, methods=["POST"]),
)
