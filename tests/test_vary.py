"""Launching groups of runs from the form, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.runs.groups import GroupStore, readable
from core.runs.store import RunStore
from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.browser


def open_form(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("1")
    epochs.press("Enter")


def test_vary_says_how_many_runs_and_launches_them(page: Page, dashboard: Dashboard) -> None:
    open_form(page, dashboard)
    page.get_by_role("button", name="Vary …").click()
    values = page.get_by_label("Values of optimizer")
    values.click()
    page.get_by_role("option", name="Adam", exact=True).click()
    page.keyboard.press("Tab")
    expect(page.get_by_text("2 runs; how long cannot be told before")).to_be_visible()
    page.get_by_role("button", name="Launch 2 runs").click()
    expect(page.locator("h1")).to_have_text("Compare")
    runs = readable(RunStore(dashboard.runs))
    assert {(run.config.optimizer, run.config.epochs) for run in runs} == {("sgd", 1), ("adam", 1)}
    page.get_by_role("link", name="Runs").click()
    expect(page.locator(".dl-group-line")).to_contain_text("Sweep over optimizer")
    expect(page.locator(".dl-group-line")).to_contain_text("2 of 2 runs done.", timeout=60_000)


def test_a_fair_comparison_starts_with_its_search(page: Page, dashboard: Dashboard) -> None:
    open_form(page, dashboard)
    page.get_by_role("button", name="Fair comparison …").click()
    for optimizer in ("SGD", "Adam"):
        rates = page.get_by_role("textbox", name=f"Learning rates to try for {optimizer}")
        rates.fill("0.01")
        rates.press("Enter")
    expect(page.get_by_text("2 of them search, 6 are final.")).to_be_visible()
    page.get_by_role("button", name="Launch 8 runs").click()
    expect(page.locator(".dl-group-line")).to_contain_text(
        re.compile(r"Fair comparison of SGD and Adam: search, \d of 2 runs done. Then 6 final runs")
    )
    roles = [run.info.role for run in readable(RunStore(dashboard.runs))]
    assert roles[-2:] == ["search", "search"]
    page.get_by_role("button", name="Cancel the rest").click()
    (group,) = GroupStore(dashboard.runs).list()
    expect(page.locator(".dl-group-line")).to_contain_text("cancelled.")
    assert GroupStore(dashboard.runs).find(group.id).stage == "cancelled"  # type: ignore[union-attr]
