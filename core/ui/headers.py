"""The headers of every answer: what a browser may do with it, and whose page may frame it."""

import base64
import functools
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.sharing.reach import Reach, reach_of_host
from core.ui.hosts import host_name, is_number

_STREAMLITS_PAGE: Final = Path(streamlit.__file__).with_name("static") / "index.html"
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# The Draw page photographs, the Share button copies; nothing here needs more.
_PERMISSIONS: Final = {
    "camera": "self",
    "clipboard-write": "self",
    "fullscreen": "self",
    **dict.fromkeys(
        (
            "accelerometer",
            "clipboard-read",
            "display-capture",
            "geolocation",
            "gyroscope",
            "hid",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "serial",
            "usb",
        ),
        "",
    ),
}
_STEADY: Final = {
    "X-Content-Type-Options": "nosniff",
    # An address names runs and the server: nothing of it to other hosts.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=({who})" for name, who in _PERMISSIONS.items()),
}
_YEAR_SECONDS: Final = 31_536_000


class SecurityHeaders:
    """Puts the headers on every answer of the server, Streamlit's own too."""

    def __init__(self, app: ASGIApp, embedders: Sequence[str] = ()) -> None:
        self._app = app
        self._embedders = tuple(embedders)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._headers(scope)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, complete)

    def _headers(self, scope: Scope) -> dict[str, str]:
        framers = self._embedders if _is_embedded_page(scope) else ()
        headers = _STEADY | {"Content-Security-Policy": content_security_policy(framers)}
        if not framers:
            headers["X-Frame-Options"] = "SAMEORIGIN"  # for browsers older than the policy
        return headers | _for_tls(scope)


def _is_embedded_page(scope: Scope) -> bool:
    """Tell whether a page is asked for with `embed=true`, in whatever case of letters.

    Only such a page may stand in a foreign one, because only there the session knows that it does
    (`st.context.is_embedded`) and can give nobody the owner's rights. Our own routes, such as the
    form to sign in, never may.
    """
    if "/digitlab/" in scope["path"]:
        return False
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
    return any(name.lower() == "embed" and value.lower() == "true" for name, value in query)


def _for_tls(scope: Scope) -> dict[str, str]:
    host = host_name(Headers(scope=scope).get("host", ""))
    here = reach_of_host(host) is Reach.COMPUTER
    encrypted = scope.get("scheme") == "https"
    headers = {}
    if encrypted or here:
        # Elsewhere browsers pass over it, and complain in the console.
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if encrypted and not here and not is_number(host):
        # On localhost it would keep the browser from every other server there.
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
    return headers


@functools.cache
def content_security_policy(framers: tuple[str, ...] = ()) -> str:
    """Return what a page may load and who may frame it besides itself.

    Scripts come from the server alone. `blob:` is how Streamlit starts the scripts of components;
    Plotly compiles what draws thousands of dots on the graphics card (`unsafe-eval`), and says
    "WebGL is not supported" where it may not. Styles are made as the page is drawn, so they have
    no hash.
    """
    parts = {
        "default-src": "'self'",
        "script-src": " ".join(("'self'", "blob:", "'unsafe-eval'", *_inline_hashes())),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(("'self'", *framers)),
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _inline_hashes() -> list[str]:
    scripts = _INLINE_SCRIPT.findall(_STREAMLITS_PAGE.read_text(encoding="utf-8"))
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
