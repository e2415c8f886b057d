"""A link as a QR code: for a page, and for a terminal."""

from typing import Final

import segno

from core.errors import ConfigError

_QUIET: Final = 4  # modules of white around the code, as the standard asks
# Colours 16 and 231 are black and white in every scheme; the first sixteen follow a theme.
_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"
_PLAIN: Final = "\x1b[0m"
_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
BLOCKS: Final = "".join(_HALVES.values())  # what a terminal must be able to show


def qr_svg(url: str) -> str:
    """Return the code as an SVG element, black on white whatever the page's colours.

    It fills the width that it is given. Raises ConfigError if the link is too long for a code.
    """
    svg: str = _code(url).svg_inline(
        border=_QUIET, dark="#000", light="#fff", omitsize=True, title="QR code of the link"
    )
    return svg


def qr_address(url: str) -> str:
    """Return the code as an address (`data:`) that an image shows; see `qr_svg`."""
    address: str = _code(url).svg_data_uri(border=_QUIET, dark="#000", light="#fff", omitsize=True)
    return address


def qr_terminal(url: str) -> list[str]:
    """Return the code as lines for a terminal, two modules a character, one below the other.

    Raises ConfigError if the link is too long for a code.
    """
    rows = [list(row) for row in _code(url).matrix_iter(border=_QUIET)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return [
        _BLACK_ON_WHITE
        + "".join(_HALVES[above, below] for above, below in zip(upper, lower, strict=True))
        + _PLAIN
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def terminal_columns(url: str) -> int:
    """Return how many columns a terminal needs for the code of a link."""
    return int(_code(url).symbol_size(border=_QUIET)[0])


def _code(url: str) -> segno.QRCode:
    try:
        return segno.make_qr(url, error="m")
    except segno.DataOverflowError as error:
        raise ConfigError(
            f"The link has {len(url):,} characters, more than a QR code holds. Copy it instead."
        ) from error
