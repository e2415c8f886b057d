"""Whether others can reach this dashboard: then whoever has not signed in is a visitor.

An address tells nobody's identity: behind a proxy every visitor comes from this computer. So the
question is never where somebody comes from, only whether anybody else could come at all.
"""

import ipaddress
import logging
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import psutil
import streamlit as st

from core.ui.services import services

# A proxy adds at least one of them, if it was told to; see docs/deploy.md.
_FROM_PROXIES: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
_LOOK_EVERY_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)
_looked_at = float("-inf")
_shared = False


def is_shared() -> bool:
    """Tell whether this dashboard can be reached from beyond this computer, as far as it knows.

    Once it was, it stays so until the process ends.
    """
    global _looked_at, _shared
    now = time.monotonic()
    if not _shared and now - _looked_at >= _LOOK_EVERY_SECONDS:
        _shared = services().settings.shared or _told_to_listen() or _listens()
        _looked_at = now
    return _shared


def came_through_proxy(headers: Mapping[str, str]) -> bool:
    """Tell whether a request shows that it was not made to this computer by this computer.

    `headers` have names in lower case. A browser names the host that it was told to open, and the
    page that asks; a proxy may name itself. A request without any such sign proves nothing.
    """
    if any(name in headers for name in _FROM_PROXIES):
        return True
    hosts = [host_in(f"//{headers.get('host', '')}")]
    if "origin" in headers:
        hosts.append(host_in(headers["origin"]))
    return not all(map(is_local_host, hosts))


def host_in(address: str) -> str:
    """Return the name or IP address of the host in an address; empty where there is none."""
    try:
        parts = urlsplit(address)
        port = parts.port  # looking at it finds fault with it
    except ValueError:
        return ""
    return "" if port == 0 else parts.hostname or ""


def is_local_host(host: str) -> bool:
    """Tell whether a host name or address can only mean the computer that asks."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _told_to_listen() -> bool:
    address = st.get_option("server.address")
    # Without an address Streamlit listens on all; a socket file is there for a proxy.
    return not (address and is_local_host(str(address)))


def _listens() -> bool:
    """Tell whether this process listens beyond this computer, whoever started it in what way."""
    try:
        sockets = psutil.Process().net_connections(kind="inet")
    except psutil.Error:
        _log.warning("Which addresses are listened at cannot be found out here")
        return False
    return any(
        one.status == psutil.CONN_LISTEN and not is_local_host(one.laddr.ip) for one in sockets
    )
