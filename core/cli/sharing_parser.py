"""What may be typed after `share` and `passphrase`."""

import argparse
from collections.abc import Callable

from core.errors import ConfigError
from core.sharing.public_url import PublicUrl, read_public_url

SHARING = ("share", "passphrase")


def add_sharing(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands."""
    share = add(
        "share", "Let others in the network open the dashboard; prints links and a QR code."
    )
    share.add_argument(
        "--port", type=_port, default=8501, metavar="N", help="where to listen (8501 by default)"
    )
    share.add_argument(
        "--public-url",
        type=_public_url,
        metavar="URL",
        help="how it is called where a proxy or tunnel stands in front, such as "
        "https://lab.example.org/lab",
    )
    add("passphrase", "Set or change the passphrase by which the owner signs in.")


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 65,535, got {text!r}")
    return int(text)


def _public_url(text: str) -> PublicUrl:
    try:
        return read_public_url(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from error
