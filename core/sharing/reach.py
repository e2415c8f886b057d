"""From where a link to the dashboard can be opened, as far as its host tells."""

import ipaddress
from enum import StrEnum
from typing import Final

_LOCAL_ENDINGS: Final = (
    "local",
    "localdomain",
    "lan",
    "home",
    "internal",
    "intranet",
    "home.arpa",
    "fritz.box",
)
_SHARED_SPACE: Final = ipaddress.ip_network("100.64.0.0/10")  # of providers and of some VPNs


class Reach(StrEnum):
    """Who can open a link with a certain host, at best."""

    COMPUTER = "computer"
    NETWORK = "network"
    INTERNET = "internet"


def reach_of_host(host: str) -> Reach:
    """Return how far a link with `host` reaches at best; `host` as in a link, without the port."""
    name = host.strip().strip("[]").partition("%")[0].lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return Reach.COMPUTER
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        return Reach.NETWORK if is_local_name(name) else Reach.INTERNET
    if ip.is_loopback or ip.is_unspecified:
        return Reach.COMPUTER
    return Reach.INTERNET if ip.is_global and ip not in _SHARED_SPACE else Reach.NETWORK


def is_local_name(name: str) -> bool:
    """Tell whether a host's name means something in its own network only: plain, or in .local."""
    return "." not in name or name.endswith(tuple(f".{ending}" for ending in _LOCAL_ENDINGS))


def reach_of(url_host: str, listening: str = "") -> str:
    """Say in a sentence or two from where a link with this host can be opened.

    `url_host` is the host in the reader's own address bar; `listening` the address to which the
    server is bound ("localhost", "0.0.0.0"), where known.
    """
    reach = reach_of_host(url_host)
    if reach is Reach.COMPUTER:
        if listening and reach_of_host(listening) is Reach.COMPUTER and not _any(listening):
            return (
                "Only this computer can open this link: the dashboard lets nobody else in. "
                "Start it with `make share` to change that."
            )
        return (
            "Only this computer can open this link, because it names the computer as localhost. "
            "Open the dashboard by one of its other addresses and copy the link there."
        )
    if reach is Reach.NETWORK:
        return (
            "This link can be opened from the same network only, such as the same Wi-Fi; from "
            "outside, nobody can reach it."
        )
    return (
        "This link has a public address, so it may be open to the whole internet. Whether it is "
        "cannot be checked from here: try it on a phone with its Wi-Fi off."
    )


def _any(listening: str) -> bool:
    everywhere = ("0.0.0.0", "::")  # nosec B104 # nothing is bound here
    return listening.strip("[]") in everywhere
