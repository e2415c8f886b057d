"""Figures of confusion matrices: one scale, readable cells, colours for every eye."""

import re
import tomllib

import numpy as np
import pytest

from core.settings import PROJECT_ROOT
from core.ui.matrix_figures import (
    LESS,
    MORE,
    STRONGEST,
    difference_figure,
    matrix_figure,
    scale_top,
    shade,
    signed,
)
from tests.test_confusion import matrix
from tests.test_palette import contrast, seen_without_red

THEME = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text())["theme"]


def on_page(colour: str, scheme: str) -> str:
    """The opaque colour that a cell at the end of the scale shows on a page."""
    ground = THEME[scheme]["backgroundColor"]
    *parts, opacity = (float(part) for part in re.findall(r"[\d.]+", shade(colour, 1)))
    below = [int(ground[place : place + 2], 16) for place in (1, 3, 5)]
    mixed = [round(opacity * a + (1 - opacity) * b) for a, b in zip(parts, below, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def seen_without_green(colour: str) -> tuple[float, float, float]:
    """The colour as a deuteranope sees it (Viénot, Brettel and Mollon 1999), linear RGB."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    mixed = 0.29275 * red + 0.70725 * green
    return mixed, mixed, -0.02234 * red + 0.02234 * green + blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", STRONGEST)
def test_figures_can_be_read_on_the_strongest_colour(colour: str, scheme: str) -> None:
    assert contrast(THEME[scheme]["textColor"], on_page(colour, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("seen", [seen_without_red, seen_without_green])
def test_the_two_ends_of_a_difference_part_for_colour_blind_eyes(seen, scheme: str) -> None:  # type: ignore[no-untyped-def]
    ends = zip(seen(on_page(MORE, scheme)), seen(on_page(LESS, scheme)), strict=True)
    assert max(abs(one - other) for one, other in ends) > 0.1


def test_the_scale_ends_at_the_largest_mistake_of_any_matrix() -> None:
    shown = [matrix(right=90, m49=66).astype(float), matrix(right=90, m72=80).astype(float)]
    assert scale_top(shown, diagonal=False) == 80
    assert scale_top(shown, diagonal=True) == 90


def test_a_scale_of_no_mistakes_is_zero() -> None:
    assert scale_top([matrix().astype(float)], diagonal=False) == 0
    assert scale_top([], diagonal=True) == 0


def test_the_grey_diagonal_leaves_the_colours_to_the_mistakes() -> None:
    figure = matrix_figure(matrix(m49=66), title="SGD", unit="count", top=66, diagonal=False)
    mistakes, right = figure.data
    assert np.isnan(np.asarray(mistakes.z, dtype=float).diagonal()).all()
    assert (mistakes.zmin, mistakes.zmax) == (0, 66)
    assert right.text[4][4] == "90"
    assert len({colour for _, colour in right.colorscale}) == 1


def test_on_the_scale_all_cells_have_the_same_colours() -> None:
    figure = matrix_figure(matrix(m49=66), title="SGD", unit="count", top=90, diagonal=True)
    (cells,) = figure.data
    assert np.asarray(cells.z)[4][4] == 90


def test_a_matrix_without_mistakes_is_drawn() -> None:
    figure = matrix_figure(matrix(), title="CNN", unit="row", top=0.0, diagonal=False)
    assert figure.data[0].zmax > 0


def test_hovering_says_share_and_count() -> None:
    counted = matrix(right=30, m49=10)
    figure = matrix_figure(counted, title="SGD", unit="row", top=25, diagonal=False)
    words = figure.data[0].hovertext[4][9]
    assert words.startswith("a 4 read as 9: 25.0 % of all 4s (10 times)")
    assert figure.data[0].hovertext[1][2] == "a 1 read as 2: never"


def test_zero_is_the_middle_of_a_difference() -> None:
    figure = difference_figure(
        matrix(m49=66),
        matrix(m49=6, m72=80),
        names=("SGD", "Adam"),
        unit="count",
        diagonal=False,
        hint="",
    )
    cells = figure.data[0]
    assert (cells.zmin, cells.zmax) == (-80, 80)
    assert cells.text[4][9] == "+60"
    assert cells.text[7][2] == "\N{MINUS SIGN}80"
    assert cells.hovertext[4][9] == "a 4 read as 9: SGD 66 times, Adam 6 times"


def test_names_are_no_tags_in_a_figure() -> None:
    names = ("<b>A</b>", "B")
    figure = difference_figure(
        matrix(m49=1), matrix(), names=names, unit="count", diagonal=True, hint=""
    )
    assert "&lt;b&gt;A&lt;/b&gt;" in figure.layout.title.text
    assert "<b>" not in figure.data[0].hovertext[4][9]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (84.0, "count", "+84"),
        (-3.0, "count", "\N{MINUS SIGN}3"),
        (0.0, "count", ""),
        (0.04, "row", ""),
        (8.64, "row", "+8.6"),
        (-9.96, "row", "\N{MINUS SIGN}10"),
    ],
)
def test_a_difference_fits_its_cell(value: float, unit: str, text: str) -> None:
    assert signed(value, unit) == text  # type: ignore[arg-type]
