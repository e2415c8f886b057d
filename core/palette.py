"""The colours of runs: the same run in the same colour everywhere, in light and dark."""

from typing import Final

# Okabe and Ito's hues for colour-blind eyes (https://jfly.uni-koeln.de/color), darkened or
# lightened until each has a contrast of at least 3 to 1 on the light and the dark page.
PALETTE: Final = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # green
    "#CC5FA0",  # pink
    "#A87900",  # ochre
    "#7B61C8",  # purple
    "#7A7A7A",  # grey
    "#1489A0",  # teal
)
ACCENT: Final = "#4F46E5"
# A second sign beside colour, for eyes or printers that see none.
SYMBOLS: Final = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "x",
    "star",
    "triangle-down",
    "hexagon",
)
# A third, where the hues begin again.
DASHES: Final = ("solid", "dash", "dashdot")


def run_colour(colour: int) -> str:
    """Return the hex colour for a run's palette position."""
    return PALETTE[colour % len(PALETTE)]


def run_symbol(colour: int) -> str:
    """Return Plotly's marker symbol for a run's palette position."""
    round_ = colour // len(PALETTE)
    return SYMBOLS[(colour + round_) % len(SYMBOLS)]


def run_dash(colour: int) -> str:
    """Return Plotly's line pattern for a run's palette position."""
    return DASHES[colour // len(PALETTE) % len(DASHES)]
