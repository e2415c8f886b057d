"""The main job in a real browser: from an empty folder to a verdict, mistakes and a drawing."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.dashboard import Dashboard
from tests.support.visitor import draw_stroke

pytestmark = pytest.mark.browser


def launch_the_pair(page: Page, url: str) -> None:
    page.goto(url)
    button = page.get_by_role("button", name="Compare SGD with Adam")
    expect(button).to_be_visible(timeout=30_000)
    button.click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible(timeout=20_000)
    for name in ("SGD (article 1)", "Adam (article 1)"):
        bar = page.get_by_role("progressbar", name=f"Progress of {name}")
        expect(bar).to_be_attached(timeout=20_000)


def wait_for_verdict_and_matrices(page: Page, *, seconds: int) -> None:
    expect(page.locator(".dl-verdict")).to_contain_text(
        "of 100 test digits", timeout=1000 * seconds
    )
    both = re.compile(r"SGD \(article 1\), validation.*Adam \(article 1\), validation")
    expect(page.locator(".dl-chart").first).to_have_attribute("aria-label", both)
    expect(page.locator(".dl-chart[aria-label^='Confusion matrix']")).to_have_count(2)


def click_a_cell(page: Page) -> None:
    matrix = page.locator(".dl-chart[aria-label^='Confusion matrix']").nth(1)
    cells = matrix.locator(".nsewdrag")
    expect(cells).to_be_attached(timeout=20_000)
    matrix.scroll_into_view_if_needed()
    box = cells.bounding_box()
    assert box is not None
    # True 9 read as 9 by Adam: there are such digits on any data.
    page.mouse.click(box["x"] + 0.95 * box["width"], box["y"] + 0.95 * box["height"])
    expect(page.get_by_role("heading", name="Mistakes")).to_be_visible(timeout=20_000)
    digit = page.locator(".dl-digit").first
    expect(digit).to_be_visible(timeout=20_000)
    expect(digit.locator(".dl-gone")).to_have_count(0)
    expect(digit).to_contain_text("true 9")


def draw_a_one(page: Page) -> None:
    page.get_by_role("link", name="Draw").first.click()
    expect(page.get_by_role("heading", name="Draw")).to_be_visible(timeout=20_000)
    draw_stroke(page, [(0.5, 0.2), (0.5, 0.8)])
    answers = page.locator(".dl-answer")
    expect(answers).to_have_count(2)
    for place in range(2):
        expect(answers.nth(place)).to_have_attribute(
            "data-answer", re.compile(r"^\d$"), timeout=20_000
        )
        shares = answers.nth(place).locator(".dl-bars > span:nth-child(3n)").all_inner_texts()
        assert len(shares) == 10
        assert all("%" in share for share in shares)


def do_the_main_job(page: Page, url: str, *, seconds: int) -> None:
    launch_the_pair(page, url)
    wait_for_verdict_and_matrices(page, seconds=seconds)
    click_a_cell(page)
    draw_a_one(page)


@pytest.mark.alone
def test_the_main_job_on_the_embedded_digits(page: Page, dashboard: Dashboard) -> None:
    do_the_main_job(page, dashboard.url, seconds=150)


@pytest.mark.mnist
def test_the_main_job_on_mnist(page: Page, dashboard_on_mnist: Dashboard) -> None:
    do_the_main_job(page, dashboard_on_mnist.url, seconds=600)
