"""Where a server that others shall reach listens."""

import errno
import socket
from typing import Final

from core.errors import ConfigError

EVERYWHERE_4: Final = "0.0.0.0"  # nosec B104 # to share is what it is for
EVERYWHERE: Final = "::"


def listening_address(port: int) -> str:
    """Return the address that stands for all of this computer's: of IPv6 and IPv4, or IPv4 alone.

    Raises ConfigError if the port is taken there, or not for this user.
    """
    try:
        _try(socket.AF_INET6, EVERYWHERE, port)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise _refusal(port, error) from error
    else:
        return EVERYWHERE
    try:
        _try(socket.AF_INET, EVERYWHERE_4, port)
    except OSError as error:
        raise _refusal(port, error) from error
    return EVERYWHERE_4


def _try(family: socket.AddressFamily, address: str, port: int) -> None:
    with socket.socket(family) as probe:
        # As the server does, or a port that was left a moment ago would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind((address, port))
        probe.listen(1)


def _refusal(port: int, error: OSError) -> ConfigError:
    other = f"or choose another port: `python -m core share --port {_another(port)}`."
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"Port {port} is taken, perhaps by a dashboard that runs already. End that one, {other}"
        )
    return ConfigError(f"Port {port} cannot be used here ({error.strerror}); {other[3:]}")


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65_535 else 8502
