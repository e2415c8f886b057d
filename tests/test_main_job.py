"""The main job in a real browser: from an empty folder to a verdict, mistakes and a drawing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def draw_a_one(page: Page) -> None:
    """Draw a straight stroke from top to bottom on the pad by mouse."""
    pad = page.locator("canvas.upper-canvas")
    box = pad.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 50)
    page.mouse.down()
    for step in range(11):
        page.mouse.move(middle, box["y"] + 50 + 18 * step)
    page.mouse.up()


def do_the_main_job(page: Page, url: str, *, seconds: int) -> None:
    page.goto(url)
    button = page.get_by_role("button", name="Compare SGD with Adam")
    expect(button).to_be_visible(timeout=30_000)
    button.click()

    # Both train side by side, live.
    expect(page.get_by_role("heading", name="Compare")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("progressbar", name="Progress of SGD (article 1)")).to_be_visible(
        timeout=20_000
    )
    expect(page.get_by_role("progressbar", name="Progress of Adam (article 1)")).to_be_visible()

    # Who won and by how much.
    verdict = page.locator(".dl-verdict")
    expect(verdict).to_contain_text("of 100 test digits", timeout=1000 * seconds)
    expect(page.locator(".dl-chart").first).to_have_attribute(
        "aria-label", re.compile(r"SGD \(article 1\), validation.*Adam \(article 1\), validation")
    )
    matrices = page.locator(".dl-chart[aria-label^='Confusion matrix']")
    expect(matrices).to_have_count(2)

    # A click on a cell leads to its digits.
    cell = matrices.first.locator(".nsewdrag")
    expect(cell).to_be_attached(timeout=20_000)
    matrices.first.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert box is not None
    # Row 9, column 9: read right, so it holds digits for SGD on any data.
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.95 * box["height"])
    page.mouse.click(box["x"] + 0.95 * box["width"], box["y"] + 0.95 * box["height"])
    expect(page.get_by_role("heading", name="Mistakes")).to_be_visible(timeout=20_000)


@pytest.fixture
def finished_job(page: Page, dashboard_empty, request) -> Iterator[Page]:
    yield page


def check_mistakes_and_drawing(page: Page, url: str) -> None:
    page.get_by_role("button", name="Show all again").click()
    pictures = page.locator(".dl-sheet img")
    expect(pictures.first).to_be_visible(timeout=20_000)
    assert pictures.first.evaluate("image => image.naturalWidth") == 28

    page.get_by_role("link", name="Draw").first.click()
    expect(page.get_by_role("heading", name="Draw")).to_be_visible(timeout=20_000)
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=20_000)
    draw_a_one(page)
    answers = page.locator(".dl-answer")
    expect(answers).to_have_count(2)
    for place in range(2):
        expect(answers.nth(place)).to_have_attribute(
            "data-answer", re.compile(r"^\d$"), timeout=20_000
        )
        shares = answers.nth(place).locator(".dl-bars > span:nth-child(3n)").all_inner_texts()
        assert len(shares) == 10
        assert all("%" in share for share in shares)


def test_the_main_job_on_the_embedded_digits(page: Page, dashboard, tmp_path: Path) -> None:
    do_the_main_job(page, dashboard.url, seconds=120)
    check_mistakes_and_drawing(page, dashboard.url)


@pytest.mark.mnist
def test_the_main_job_on_mnist(page: Page, dashboard_on_mnist) -> None:
    do_the_main_job(page, dashboard_on_mnist.url, seconds=420)
    check_mistakes_and_drawing(page, dashboard_on_mnist.url)
