"""Choices and their address in a real browser: two in one breath, the back button, other pages."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard, running
from tests.support.finished_runs import finished
from tests.support.held import HeldLine

pytestmark = pytest.mark.browser

PAIR = "runs=example-sgd&runs=example-adam"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with the two example runs and two seeds of another."""
    folder = tmp_path_factory.mktemp("address")
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, folder / "runs" / name)
    for seed in range(2):
        finished(RunStore(folder / "runs"), 0.9, name=f"small, seed {seed}", seed=seed)
    yield from running(browser, Dashboard(folder / "runs", folder / "data", folder / "log"))


def compare(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/compare?{PAIR}")
    expect(page.locator(".dl-chart .main-svg").last).to_be_visible()
    expect(option(page, "axis", "steps")).to_be_visible()


def option(page: Page, name: str, word: str) -> Locator:
    box = page.locator(f"[class*='st-key-link_{name}']")
    return box.get_by_role("radio", name=word, exact=True)


def expect_chosen(page: Page, name: str, word: str) -> None:
    # A moment long there may be the control that it replaces beside it.
    box = page.locator(f"[class*='st-key-link_{name}']")
    expect(box.get_by_role("radio", checked=True)).to_have_text([word])


def expect_query(page: Page, query: str) -> None:
    expect(page).to_have_url(re.compile(rf"\?{re.escape(query)}$"))


def test_two_choices_within_one_round_trip_are_both_kept(page: Page, shown: Dashboard) -> None:
    line = HeldLine(page)
    compare(page, shown)
    line.hold()
    option(page, "axis", "steps").click()
    line.wait_for("axis=steps")
    option(page, "scale", "log").click()
    line.wait_for("scale=log")
    line.release()
    expect_query(page, f"{PAIR}&axis=steps&scale=log")
    chart = page.locator(".dl-chart").first
    expect(chart).to_have_attribute("aria-label", re.compile("over steps"))
    expect_chosen(page, "axis", "steps")
    expect_chosen(page, "scale", "log")


def test_a_choice_taken_back_within_one_round_trip_stays_taken_back(
    page: Page, shown: Dashboard
) -> None:
    line = HeldLine(page)
    compare(page, shown)
    line.hold()
    option(page, "axis", "steps").click()
    line.wait_for("axis=steps")
    option(page, "axis", "epochs").click()
    option(page, "scale", "log").click()
    line.wait_for("scale=log")
    line.release()
    expect_query(page, f"{PAIR}&scale=log")
    expect_chosen(page, "axis", "epochs")


def test_a_choice_and_a_fold_opened_within_one_round_trip_are_both_kept(
    page: Page, shown: Dashboard
) -> None:
    line = HeldLine(page)
    compare(page, shown)
    line.hold()
    option(page, "axis", "steps").click()
    line.wait_for("axis=steps")
    page.get_by_text("Files and machine", exact=True).click()
    line.wait_for("open=files")
    line.release()
    expect_query(page, f"{PAIR}&axis=steps&open=files")
    expect(page.get_by_text("Everything about a run lies in one folder")).to_be_visible()
    expect_chosen(page, "axis", "steps")


def test_a_run_taken_out_and_a_choice_within_one_round_trip_are_both_kept(
    page: Page, shown: Dashboard
) -> None:
    line = HeldLine(page)
    compare(page, shown)
    line.hold()
    page.get_by_role("button", name="Remove SGD (article 1)").click()
    line.wait_for("Add a second run above")
    option(page, "scale", "log").click()
    line.wait_for("scale=log")
    line.release()
    expect_query(page, "runs=example-adam&scale=log")
    expect(page.get_by_text("Add a second run above")).to_be_visible()
    expect_chosen(page, "scale", "log")


def test_the_table_of_runs_keeps_an_order_and_a_fold_chosen_in_one_breath(
    page: Page, shown: Dashboard
) -> None:
    line = HeldLine(page)
    page.goto(f"{shown.url}/?fold=seeds")
    row = page.locator("button[aria-expanded]").filter(has_text="small")
    expect(row).to_be_visible()
    line.hold()
    heading = page.locator("table.dl-runs thead th").filter(has_text="Test")
    heading.get_by_role("button").click()
    line.wait_for("sort=test")
    row.click()
    line.wait_for("rows=")
    line.release()
    expect(page).to_have_url(re.compile(r"\?fold=seeds&sort=test&rows=[0-9a-f]{8}$"))
    expect(page.locator("tr.dl-inside")).to_have_count(2)
    expect(heading).to_have_attribute("aria-sort", "descending")


def test_the_back_button_right_after_choices_takes_back_one_after_the_other(
    page: Page, shown: Dashboard
) -> None:
    compare(page, shown)
    option(page, "axis", "steps").click()
    expect_query(page, f"{PAIR}&axis=steps")
    option(page, "scale", "log").click()
    expect_query(page, f"{PAIR}&axis=steps&scale=log")
    page.go_back()
    expect_chosen(page, "scale", "linear")
    expect_chosen(page, "axis", "steps")
    expect_query(page, f"{PAIR}&axis=steps")
    page.go_back()
    expect_chosen(page, "axis", "epochs")
    expect_query(page, PAIR)
    page.go_forward()
    expect_chosen(page, "axis", "steps")
    expect_chosen(page, "scale", "linear")
    expect_query(page, f"{PAIR}&axis=steps")


def test_choices_made_in_one_breath_are_taken_back_by_the_back_button(
    page: Page, shown: Dashboard
) -> None:
    line = HeldLine(page)
    compare(page, shown)
    line.hold()
    option(page, "axis", "steps").click()
    line.wait_for("axis=steps")
    option(page, "scale", "log").click()
    line.wait_for("scale=log")
    line.release()
    expect_query(page, f"{PAIR}&axis=steps&scale=log")
    page.go_back()
    expect_chosen(page, "scale", "linear")
    expect_query(page, f"{PAIR}&axis=steps")
    page.go_back()
    expect_chosen(page, "axis", "epochs")
    expect_query(page, PAIR)


def test_what_was_chosen_on_one_page_does_not_stand_in_the_address_of_another(
    page: Page, shown: Dashboard
) -> None:
    compare(page, shown)
    option(page, "axis", "steps").click()
    expect_query(page, f"{PAIR}&axis=steps")
    page.get_by_role("link", name="Runs").first.click()
    expect(page.locator("h1")).to_have_text("Runs")
    expect(page).to_have_url(f"{shown.url}/")
    page.get_by_role("link", name="Compare").first.click()
    expect(page.locator("h1")).to_have_text("Compare")
    expect_chosen(page, "axis", "epochs")
    expect_query(page, PAIR)
