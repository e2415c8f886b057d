"""The four pages in a real browser, on finished runs and on what is left of broken ones."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.dashboard import Dashboard
from tests.support.visitor import draw_stroke

pytestmark = pytest.mark.browser

PAGES = {"": "Runs", "compare": "Compare", "mistakes": "Mistakes", "draw": "Draw"}


def open_page(page: Page, dashboard: Dashboard, path: str) -> None:
    page.goto(f"{dashboard.url}/{path}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("path", ["compare", "mistakes", "draw"])
def test_a_deep_link_works_as_the_first_request(
    page: Page, tmp_path: Path, browser: Browser, path: str
) -> None:
    server = Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log")
    server.start()
    try:
        open_page(page, server, path)
        expect(page.locator("h1")).to_have_text(PAGES[path])
        # Drawn by the frame, which a page served past it would lack.
        expect(
            page.get_by_role("button", name=re.compile("learn from the embedded digits"))
        ).to_be_visible()
        page.context.close()  # a page whose server is gone complains of it
    finally:
        server.stop()


def test_compare_shows_the_examples_when_nothing_was_chosen(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "compare")
    expect(page.locator(".dl-verdict")).to_contain_text("far larger than chance")
    assert "runs=example-sgd&runs=example-adam" in page.url


def test_no_chart_offers_to_send_its_figures_elsewhere(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "compare")
    tools = page.locator(".dl-chart .modebar-btn")
    expect(tools.first).to_be_attached()
    names = tools.evaluate_all("tools => tools.map(tool => tool.dataset.title)")
    assert "Zoom" in names
    assert not [name for name in names if "share" in name.lower() or "cloud" in name.lower()]


def test_a_link_restores_the_curves_as_they_were(page: Page, gallery: Dashboard) -> None:
    link = "compare?runs=example-adam&runs=example-sgd&axis=steps&part=train&scale=log"
    open_page(page, gallery, link)
    chart = page.locator(".dl-chart").first
    expect(chart).to_have_attribute("aria-label", re.compile("^Chart of loss over steps"))
    expect(chart).not_to_have_attribute("aria-label", re.compile("validation"))
    scale = page.locator(".st-key-link_scale")
    expect(scale.get_by_role("radio", name="log")).to_be_checked()


def test_every_broken_folder_is_listed_with_its_reason(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "")
    table = page.locator("table.dl-runs")
    expect(table.locator("tr[data-run=torn]")).to_contain_text("damaged")
    expect(table.locator("tr[data-run=empty]")).to_contain_text("config.json is missing")
    expect(table.locator("tr[data-run=foreign]")).to_contain_text("config.json is missing")
    expect(table.locator("tr[data-run=example-adam]")).to_contain_text("97")


def test_a_link_to_a_deleted_run_says_so_and_shows_the_rest(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "compare?runs=gone1234567&runs=example-adam")
    expect(page.get_by_text("There is no run 'gone1234567'")).to_be_visible(timeout=20_000)
    expect(page.locator(".dl-who")).to_contain_text("Adam (article 1)")


def test_text_in_a_link_is_shown_and_not_read_as_markdown(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "compare?runs=[log in](https://example.org)&runs=example-adam")
    # A sign without width keeps the address from becoming a link.
    text = re.compile(r"There is no run '\[log in\]\(https.?://example\.org\)'")
    expect(page.get_by_text(text)).to_be_visible()
    expect(page.get_by_role("link", name="log in")).to_have_count(0)
    expect(page.locator("a[href*='example.org']")).to_have_count(0)


def test_a_link_to_a_damaged_run_says_what_is_damaged(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "compare?runs=torn&runs=example-adam")
    expect(page.get_by_text("Run torn cannot be read")).to_be_visible(timeout=20_000)
    expect(page.locator(".dl-who")).to_contain_text("Adam (article 1)")


def test_mistakes_are_shown_without_the_data_they_come_from(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "mistakes?runs=example-sgd&runs=example-adam")
    expect(page.locator(".dl-digit .dl-picture")).to_have_count(60)
    expect(page.locator(".dl-digit .dl-gone")).to_have_count(0)


def test_filters_narrow_the_mistakes_and_the_link(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "mistakes?runs=example-sgd&true=4&read=9")
    captions = page.locator(".dl-sheet .dl-caption")
    expect(captions.first).to_contain_text("true 4")
    texts = captions.all_inner_texts()
    assert all("true 4" in text and "read as 9" in text for text in texts)
    page.get_by_role("button", name="Show all again").click()
    expect(page).not_to_have_url(re.compile("true=4"))


def test_a_drawing_survives_undo_and_a_change_of_page(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "draw")
    draw_stroke(page, [(0.5, 0.2), (0.5, 0.8)])
    expect(page.locator(".dl-answer[data-answer='1']").first).to_be_visible(timeout=20_000)
    before = page.locator(".dl-pixels").get_attribute("src")
    draw_stroke(page, [(0.2, 0.5), (0.8, 0.5)])
    expect(page.locator(".dl-pixels")).not_to_have_attribute("src", str(before))
    page.locator(".st-key-undo button").click()
    expect(page.locator(".dl-pixels")).to_have_attribute("src", str(before))
    page.get_by_role("link", name="Compare").first.click()
    expect(page.locator("h1")).to_have_text("Compare")
    page.get_by_role("link", name="Draw").first.click()
    expect(page.locator(".dl-pixels")).to_have_attribute("src", str(before))
    page.locator(".st-key-clear button").click()
    expect(page.locator(".dl-sum")).to_contain_text("Draw a digit")


def test_nothing_drawn_is_an_invitation(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "draw")
    expect(page.locator(".dl-sum")).to_have_text(re.compile("^Draw a digit"))
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_page_scrolls_sideways(
    browser: Browser, gallery: Dashboard, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    for path in PAGES:
        open_page(page, gallery, path)
        page.wait_for_timeout(1500)
        overhang = page.evaluate(
            "() => { const main = document.querySelector('[data-testid=stMain]');"
            "return main.scrollWidth - main.clientWidth; }"
        )
        assert overhang <= 1, f"{PAGES[path]} at {width} pixels"
    context.close()


def test_the_first_button_is_reached_and_pressed_by_keyboard(
    page: Page, dashboard: Dashboard
) -> None:
    open_page(page, dashboard, "")
    expect(page.get_by_role("button", name="Compare SGD with Adam")).to_be_visible(timeout=20_000)
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator("button:focus")
        if focused.count() and "Compare SGD with Adam" in focused.inner_text():
            break
    else:
        pytest.fail("Tab never reached the button.")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Compare")
