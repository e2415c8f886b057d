"""The names that the server answers to."""

import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.sharing.reach import Reach, is_local_name, reach_of_host

# Whoever watches over the server asks by whatever name it has; nothing of anybody's is in there.
_FOR_ALL: Final = ("/healthz", "/_stcore/health")
_REFUSAL: Final = (
    "Digit Lab does not go by the name in this address. On the computer that it runs on, open it "
    "as localhost. To let others in, start it with `make share`; a public name goes into "
    "DIGITLAB_HOSTS (see docs/deploy.md).\n"
)


class HostGuard:
    """Refuses requests to a name that is not the server's.

    A page of elsewhere whose own name was made to stand for this computer (DNS rebinding) would
    otherwise count as the dashboard's own, and could read and do what its visitor may. Streamlit's
    `server.allowedHosts` looks at its WebSocket alone; this looks at all routes.
    """

    def __init__(
        self, app: ASGIApp, public_names: Sequence[str], is_shared: Callable[[], bool]
    ) -> None:
        self._app = app
        self._public_names = tuple(public_names)
        self._is_shared = is_shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or self._may_pass(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(_REFUSAL, 400)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _may_pass(self, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "")
        return scope["path"].endswith(_FOR_ALL) or is_own_host(
            host, self._public_names, shared=self._is_shared()
        )


def is_own_host(host: str, public_names: Sequence[str], *, shared: bool) -> bool:
    """Tell whether `host`, as in a request's header, is a name of this server.

    Localhost always is. Of a shared server, numeric addresses and names without meaning outside
    their network are too: nobody elsewhere can have those.
    """
    name = host_name(host)
    if not name:
        return False
    if {"*", name} & {*public_names} or reach_of_host(name) is Reach.COMPUTER:
        return True
    return shared and (is_number(name) or is_local_name(name))


def host_name(host: str) -> str:
    """Return the name or number in a Host header, in small letters, without port and brackets.

    Empty for what is no host.
    """
    name, colon, port = host.strip().lower().rpartition(":")
    if not colon or not port.isdecimal():
        name = host.strip().lower()
    inner = name.removeprefix("[").removesuffix("]")
    return inner.rstrip(".") if inner and not set(inner) & set("/\\@?#[] ") else ""


def is_number(name: str) -> bool:
    """Tell whether a host is given by its number (IP address)."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
