"""Folded sections in a real browser: the address holds which are open, and a link opens them."""

import shutil
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.recipes import find_recipe
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard, running

pytestmark = pytest.mark.browser

# Long enough that only the end of the test ends it.
LONG = find_recipe("article1-adam").config.replace(dataset="digits", epochs=5_000)
PAIR = "compare?runs=example-sgd&runs=example-adam"
METHOD = "exact two-sided McNemar test"
FILES = "Everything about a run lies in one folder"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with the two example runs."""
    folder = tmp_path_factory.mktemp("folds")
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, folder / "runs" / name)
    yield from running(browser, Dashboard(folder / "runs", folder / "data", folder / "log"))


def fold(page: Page, label: str) -> Locator:
    return page.get_by_text(label, exact=True)


def expect_open(page: Page, *names: str) -> None:
    """Wait until the address names these folds and no others."""
    deadline = time.monotonic() + 15
    while (found := opened(page)) != names:
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(100)


def opened(page: Page) -> tuple[str, ...]:
    (listed,) = parse_qs(urlsplit(page.url).query).get("open", [""])
    return tuple(filter(None, listed.split(".")))


def goto(page: Page, dashboard: Dashboard, address: str) -> None:
    page.goto(f"{dashboard.url}/{address}")
    expect(fold(page, "Files and machine")).to_be_visible(timeout=30_000)


def test_closed_folds_leave_the_link_short_and_nothing_in_them_is_drawn(
    page: Page, shown: Dashboard
) -> None:
    goto(page, shown, PAIR)
    expect(fold(page, "How we know")).to_be_visible()
    expect(page.get_by_text(METHOD)).to_have_count(0)
    expect(page.get_by_text(FILES)).to_have_count(0)
    expect_open(page)


def test_folds_opened_by_hand_are_in_the_address_and_open_in_a_fresh_browser(
    page: Page, shown: Dashboard, browser: Browser
) -> None:
    goto(page, shown, PAIR)
    fold(page, "How we know").click()
    expect(page.get_by_text(METHOD).first).to_be_visible(timeout=30_000)
    expect_open(page, "how")
    fold(page, "Files and machine").click()
    expect(page.get_by_text(FILES)).to_be_visible(timeout=30_000)
    expect_open(page, "how", "files")
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(other.get_by_text(METHOD).first).to_be_visible(timeout=30_000)
    expect(other.get_by_text(FILES)).to_be_visible(timeout=30_000)
    other.context.close()


def test_closing_the_last_one_takes_the_parameter_away(page: Page, shown: Dashboard) -> None:
    goto(page, shown, f"{PAIR}&open=how")
    expect(page.get_by_text(METHOD).first).to_be_visible(timeout=30_000)
    fold(page, "How we know").click()
    expect_open(page)
    expect(page.get_by_text(METHOD)).to_have_count(0)


def test_two_opened_in_one_breath_are_both_kept(page: Page, shown: Dashboard) -> None:
    goto(page, shown, PAIR)
    expect(page.locator(".dl-chart .main-svg").last).to_be_visible(timeout=30_000)
    page.wait_for_timeout(2000)  # the page has come to rest
    page.evaluate(
        """async (labels) => {
            for (const label of labels) {
                const folds = [...document.querySelectorAll("summary")];
                folds.find((one) => one.innerText.includes(label)).click();
                await new Promise((resolve) => setTimeout(resolve, 60));
            }
        }""",
        ["Numbers of all charts", "Files and machine"],
    )
    expect(page.get_by_text(FILES)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Curves by epoch")).to_be_visible(timeout=30_000)
    expect_open(page, "numbers", "files")


def test_names_that_are_none_are_passed_over(page: Page, shown: Dashboard) -> None:
    goto(page, shown, f"{PAIR}&open=nothing.how.<b>.%00.{'x' * 3000}")
    expect(page.get_by_text(METHOD).first).to_be_visible(timeout=30_000)


def test_opening_one_leaves_the_charts_as_they_are(page: Page, shown: Dashboard) -> None:
    goto(page, shown, PAIR)
    chart = page.locator(".dl-chart").first
    expect(chart.locator(".main-svg").first).to_be_visible(timeout=30_000)
    chart.evaluate("host => { host.digitlabMark = 'the same'; }")
    fold(page, "Inside the training").click()
    expect(page.get_by_text("Learning by heart").first).to_be_visible(timeout=30_000)
    assert chart.evaluate("host => host.digitlabMark") == "the same"
    assert chart.evaluate("host => host.isConnected")


def test_live_updates_neither_open_nor_shut_a_fold(page: Page, dashboard: Dashboard) -> None:
    store = RunStore(dashboard.runs)
    run_id = store.create(LONG, name="long")
    goto(page, dashboard, f"compare?runs={run_id}")
    expect(page.locator(".dl-progress")).to_contain_text(" left", timeout=60_000)
    fold(page, "Inside the training").click()
    expect(page.get_by_text("Learning by heart").first).to_be_visible(timeout=30_000)
    expect_open(page, "inside")
    # The part around it is redrawn every few seconds, others every second.
    page.wait_for_timeout(12_000)
    expect(page.get_by_text("Learning by heart").first).to_be_visible(timeout=30_000)
    expect_open(page, "inside")
    fold(page, "Inside the training").click()
    expect_open(page)
    page.wait_for_timeout(7_000)
    expect(page.get_by_text("Learning by heart")).to_have_count(0)
    expect_open(page)
    page.get_by_role("button", name="Cancel").click()
