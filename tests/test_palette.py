"""The palette: seen by everybody, on the light and the dark page."""

import tomllib

import pytest

from core.palette import PALETTE, run_colour, run_dash, run_symbol
from core.runs.store import PALETTE_SIZE
from core.settings import PROJECT_ROOT

THEME = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text())["theme"]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 for black and 1 for white."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", PALETTE)
def test_each_line_stands_out_from_the_page(colour: str, scheme: str) -> None:
    assert contrast(colour, THEME[scheme]["backgroundColor"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_on_the_page_and_on_the_main_button_can_be_read(scheme: str) -> None:
    theme = THEME[scheme]
    assert contrast(theme["textColor"], theme["backgroundColor"]) >= 7
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_streamlits_own_charts_take_the_same_colours(scheme: str) -> None:
    assert tuple(THEME[scheme]["chartCategoricalColors"]) == PALETTE


def seen_without_red(colour: str) -> tuple[float, float, float]:
    """The colour as a protanope sees it (Viénot, Brettel and Mollon 1999), linear RGB."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    mixed = 0.11238 * red + 0.88762 * green
    return mixed, mixed, 0.00401 * red - 0.00401 * green + blue


def test_the_first_pairs_colours_differ_to_eyes_without_red() -> None:
    gaps = zip(*map(seen_without_red, PALETTE[:2]), strict=True)
    assert max(abs(one - other) for one, other in gaps) > 0.2


def test_no_two_places_of_the_palette_look_alike() -> None:
    looks = {(run_colour(n), run_symbol(n), run_dash(n)) for n in range(PALETTE_SIZE)}
    assert len(looks) == PALETTE_SIZE
