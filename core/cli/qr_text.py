"""A link's QR code in the terminal, where there is room for it."""

import os
import shutil
import sys

from core.cli.text import note, say
from core.errors import ConfigError
from core.sharing.qr import BLOCKS, qr_terminal, terminal_columns


def write_qr(link: str) -> None:
    """Write the code of `link`, or why there is none."""
    reason = _obstacle(link)
    if reason:
        note(reason)
        return
    for line in qr_terminal(link):
        say(line)
    say()


def _obstacle(link: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("TERM", "") == "dumb":
        return "No QR code, because this is no terminal that could show one."
    try:
        BLOCKS.encode(sys.stdout.encoding or "ascii")
        needed = terminal_columns(link)
    except UnicodeEncodeError:
        return "No QR code, because this terminal has no block characters."
    except ConfigError as error:
        return str(error)
    if shutil.get_terminal_size().columns < needed:
        return f"No QR code, because it needs a terminal of {needed} columns: make it wider."
    return ""
