"""The addresses of this computer under which others can open the dashboard."""

import ipaddress
import re
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import psutil

from core.sharing.reach import Reach, reach_of_host

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks inside this computer: containers, virtual machines, their cables.
_INSIDE: Final = re.compile(
    r"^(docker|br-|veth|virbr|vmnet|vboxnet|lxcbr|lxdbr|incusbr|podman|cni|cali|flannel|kube"
    r"|vEthernet|VirtualBox|VMware)",
    re.IGNORECASE,
)
_PRIVATE_CABLES: Final = re.compile(r"^(tun|tap|utun|wg|tailscale|zt|ppp)", re.IGNORECASE)
_NAME_SECONDS: Final = 1.0  # to look a name up; without a name server it takes many
# A network for documentation: nothing is sent there, the system only says by which way it would.
_FAR_AWAY: Final = ("192.0.2.1", 9)


@dataclass(frozen=True)
class Address:
    """An address under which others can open the dashboard, and from where."""

    url: str
    host: str
    reach: Reach


@dataclass(frozen=True)
class Found:
    """An address of one of this computer's network cards."""

    card: str
    ip: IPAddress


def shareable_addresses(port: int, base_path: str = "") -> list[Address]:
    """Return what others can type to get here, the likeliest to work first; [] without a network.

    That of the card which leads to the internet, then the other IPv4 addresses of the local
    network, this computer's name where it stands for one of them, virtual private networks, IPv6.
    """
    way_out = _way_out()
    found = sorted(_found(), key=lambda each: _rank(each, way_out))
    hosts = [_bracketed(each.ip) for each in found]
    fours = [host for each, host in zip(found, hosts, strict=True) if each.ip.version == 4]
    names = _own_names(each.ip for each in found)
    ordered = dict.fromkeys([*fours[:1], *names, *fours[1:], *hosts])
    return [
        Address(f"http://{host}:{port}{_path(base_path)}", host, reach_of_host(host))
        for host in ordered
    ]


def _possible_names() -> tuple[str, ...]:
    name = socket.gethostname().lower().rstrip(".")
    short = name.partition(".")[0]
    return tuple(dict.fromkeys((name, short, f"{short}.local")))


def _found() -> list[Found]:
    states = psutil.net_if_stats()
    return [
        Found(card, ip)
        for card, addresses in psutil.net_if_addrs().items()
        if not _INSIDE.match(card) and (card not in states or states[card].isup)
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
        and (ip := ipaddress.ip_address(address.address.partition("%")[0]))
        # A link-local one would need the name of the asking computer's card behind it.
        and not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)
    ]


def _rank(found: Found, way_out: IPAddress | None) -> tuple[bool, bool, bool, bool, str]:
    """Return how far back in the list an address belongs, to sort by."""
    return (
        found.ip.version == 6,
        bool(_PRIVATE_CABLES.match(found.card)),
        found.ip != way_out,
        not found.ip.is_private,
        f"{found.card} {found.ip}",
    )


def _way_out() -> IPAddress | None:
    """Return the address from which this computer talks to the internet, None without one."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_FAR_AWAY)
            return ipaddress.ip_address(probe.getsockname()[0])
    except OSError:
        return None


def _own_names(own: Iterable[IPAddress]) -> list[str]:
    """Return the names of this computer that stand for one of its `own` addresses."""
    here = set(own)
    # In threads, all at once: the system gives no limit to how long it looks for a name.
    looks = [_Look(name) for name in _possible_names() if here]
    return [look.name for look in looks if look.found() & here]


class _Look:
    """A look at which addresses a name stands for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._addresses: set[IPAddress] = set()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def found(self) -> set[IPAddress]:
        """Return the addresses, or none if nobody has answered yet."""
        self._thread.join(_NAME_SECONDS)
        return set(self._addresses)

    def _look(self) -> None:
        try:
            answers = socket.getaddrinfo(self.name, None)
        except (OSError, UnicodeError):
            return
        hosts = [str(answer[4][0]).partition("%")[0] for answer in answers]
        self._addresses = {ipaddress.ip_address(host) for host in hosts}


def _bracketed(ip: IPAddress) -> str:
    return f"[{ip}]" if ip.version == 6 else str(ip)


def _path(base_path: str) -> str:
    path = base_path.strip("/")
    return f"/{path}" if path else ""
