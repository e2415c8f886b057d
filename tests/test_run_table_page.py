"""The table of runs in a real browser: search, order, columns, rows that hold several runs."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.config import RunConfig
from core.runs.queue import cancel
from core.runs.store import RunStore
from tests.support.dashboard import Dashboard
from tests.support.finished_runs import finished, make_many
from tests.test_live import wait_for_epoch

pytestmark = pytest.mark.browser

MANY = 10_000
LONG = RunConfig(dataset="digits", hidden_sizes=(512, 512), batch_size=8, epochs=500)


@pytest.fixture
def store(dashboard: Dashboard) -> RunStore:
    """Three seeds of Adam, three of SGD, and a CNN of its own."""
    store = RunStore(dashboard.runs)
    finished(store, 0.99, name="Small windows", model="cnn", channels=(4, 8))
    for optimizer, shares in (("sgd", (0.5, 0.6, 0.7)), ("adam", (0.9, 0.91, 0.95))):
        for seed, share in enumerate(shares):
            name = f"{optimizer} run, seed {seed}"
            finished(store, share, name=name, optimizer=optimizer, seed=seed, learning_rate=0.01)
    return store


def open_runs(page: Page, dashboard: Dashboard, query: str = "") -> None:
    page.goto(f"{dashboard.url}/{query}")
    expect(page.locator("table.dl-runs tbody tr").first).to_be_visible()


def names(page: Page) -> Locator:
    return page.locator("table.dl-runs .dl-name")


def heading(page: Page, title: str) -> Locator:
    return page.locator("table.dl-runs thead th").filter(has_text=title)


def fold(page: Page, name: str) -> Locator:
    return page.locator("button[aria-expanded]").filter(has_text=name)


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox", name="Search").fill(text)


def choose_columns(page: Page, *titles: str) -> None:
    opener = page.locator(".st-key-columns").get_by_test_id("stPopoverButton")
    opener.click()
    for title in titles:
        page.get_by_role("combobox", name=re.compile("^Columns")).fill(title)
        page.get_by_role("option", name=title, exact=True).click()
        expect(heading(page, title)).to_be_visible()
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_a_search_narrows_the_table_and_stands_in_the_link(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    open_runs(page, dashboard)
    expect(names(page)).to_have_count(7)
    search(page, "adam test>90.5")
    expect(names(page)).to_have_text(["adam run, seed 2", "adam run, seed 1"])
    expect(page.get_by_text("2 of 7 runs.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=adam"))


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    open_runs(page, dashboard)
    test = heading(page, "Test")
    test.get_by_role("button").click()
    expect(test).to_have_attribute("aria-sort", "descending")
    expect(names(page).first).to_have_text("Small windows")
    expect(page).to_have_url(re.compile(r"\?sort=test$"))
    # By keyboard too: the heading keeps the focus.
    page.keyboard.press("Enter")
    expect(test).to_have_attribute("aria-sort", "ascending")
    expect(names(page).first).to_have_text("sgd run, seed 0")
    expect(page).to_have_url(re.compile(r"\?sort=test&way=rising$"))


def test_columns_are_added_and_taken_away_and_stand_in_the_link(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    open_runs(page, dashboard)
    choose_columns(page, "Learning rate", "Test loss")
    expect(page).to_have_url(
        re.compile(r"\?cols=method\.state\.validation\.test\.time\.lr\.test_loss$")
    )
    first = page.locator("table.dl-runs tbody tr").first
    expect(first.locator("td[data-column=learning_rate]")).to_have_text("0.01")
    page.get_by_test_id("stPopoverButton").filter(has_text="Columns").click()
    page.get_by_role("button", name="Back to the usual columns").click()
    expect(page.locator("td[data-column=learning_rate]")).to_have_count(0)
    expect(page).to_have_url(f"{dashboard.url}/")


def test_seeds_fold_into_one_row_with_their_mean_and_open_by_keyboard(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    open_runs(page, dashboard)
    page.get_by_role("radio", name="seeds").click()
    expect(names(page)).to_have_text(["adam run (3 seeds)", "sgd run (3 seeds)", "Small windows"])
    row = page.locator("tr.dl-fold").first
    expect(row.locator("td[data-column=test]")).to_contain_text("92.0 % ±6.6")
    expect(row).to_contain_text("mean of 3 seeds")
    expect(row).to_contain_text("3 finished")
    fold(page, "adam run").focus()
    page.keyboard.press("Enter")
    expect(fold(page, "adam run")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("tr.dl-inside")).to_have_count(3)
    expect(fold(page, "adam run")).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?fold=seeds&rows=[0-9a-f]{8}$"))
    page.keyboard.press("Enter")
    expect(page.locator("tr.dl-inside")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?fold=seeds$"))


def test_a_tick_at_a_fold_chooses_its_runs_and_one_of_them_can_be_taken_out(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    open_runs(page, dashboard, "?fold=seeds")
    tick = page.get_by_role("checkbox", name=re.compile("^Choose adam run .3 seeds"))
    tick.check()
    expect(page.get_by_role("button", name="Compare (3)")).to_be_visible()
    fold(page, "adam run").click()
    inside = page.locator("tr.dl-inside input")
    expect(inside).to_have_count(3)
    assert all(inside.nth(place).is_checked() for place in range(3))
    inside.first.uncheck()
    expect(page.get_by_role("button", name="Compare (2)")).to_be_visible()
    assert tick.evaluate("tick => tick.indeterminate")


def test_what_a_search_found_is_folded(page: Page, dashboard: Dashboard, store: RunStore) -> None:
    open_runs(page, dashboard, "?fold=seeds&q=test%3E90.5")
    row = page.locator("tr.dl-fold")
    expect(row).to_contain_text("2 of 3 runs fit")
    expect(row.locator("td[data-column=test]")).to_contain_text("93.0 %")


def test_runs_of_several_settings_show_their_range_and_say_why(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    for epochs, share in ((3, 0.2), (4, 0.8)):
        finished(store, share, name=f"{epochs} epochs", group="together", epochs=epochs)
    open_runs(page, dashboard, "?fold=groups")
    row = page.locator("tr.dl-fold")
    expect(row.locator("td[data-column=test]")).to_contain_text("20.0 to 80.0 %")
    expect(row).to_contain_text("Settings differ, so no mean")
    expect(row).to_contain_text("Best on validation: 4 epochs, test 80.0 %")


def test_a_link_restores_search_order_columns_and_an_opened_fold(
    page: Page, dashboard: Dashboard, store: RunStore, browser: Browser
) -> None:
    open_runs(page, dashboard)
    search(page, "run")
    expect(page).to_have_url(re.compile("q=run"))
    choose_columns(page, "Seed")
    expect(page).to_have_url(re.compile("cols="))
    page.get_by_role("radio", name="seeds").click()
    expect(page).to_have_url(re.compile("fold=seeds"))
    heading(page, "Test").get_by_role("button").click()
    expect(heading(page, "Test")).to_have_attribute("aria-sort", "descending")
    page.keyboard.press("Enter")
    fold(page, "sgd run").click()
    expected = ["sgd run (3 seeds)", *(f"sgd run, seed {seed}" for seed in range(3))]
    expected.append("adam run (3 seeds)")
    expect(names(page)).to_have_text(expected)
    expect(page).to_have_url(re.compile("rows="))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        fresh = context.new_page()
        fresh.goto(page.url)
        expect(names(fresh)).to_have_text(expected)
        expect(heading(fresh, "Test")).to_have_attribute("aria-sort", "ascending")
        expect(fresh.get_by_role("searchbox", name="Search")).to_have_value("run")
        expect(heading(fresh, "Seed")).to_be_visible()
    finally:
        context.close()


def test_an_open_fold_and_ticks_outlive_the_updates_of_a_training(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    training = store.create(LONG, name="long")
    wait_for_epoch(store, training)
    open_runs(page, dashboard, "?fold=seeds")
    fold(page, "adam run").click()
    page.locator("tr.dl-inside input").first.check()
    expect(page.get_by_role("button", name="Compare (1)")).to_be_visible()
    detail = page.locator(f"tr[data-run='{training}'] .dl-detail")
    place = fold(page, "adam run").bounding_box()
    for _ in range(3):
        before = detail.inner_text()
        expect(detail).not_to_have_text(before)
    expect(page.locator("tr.dl-inside")).to_have_count(3)
    expect(page.locator("tr.dl-inside input").first).to_be_checked()
    assert fold(page, "adam run").bounding_box() == place
    cancel(store, training)
    expect(page.locator(f"tr[data-run='{training}']")).to_contain_text("cancelled")
    expect(page.locator("tr.dl-inside input").first).to_be_checked()


def test_on_a_phone_all_runs_are_chosen_at_once_and_columns_are_labelled_lines(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    open_runs(page, dashboard, "?cols=state.test.lr")
    every = page.get_by_role("checkbox", name="Choose all runs shown")
    every.scroll_into_view_if_needed()
    every.check()
    expect(page.get_by_role("button", name="Compare (7)")).to_be_visible()
    cell = page.locator("tbody td[data-column=learning_rate]").first
    label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert label == '"Learning rate"'
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


@pytest.fixture(scope="module")
def crowd(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with ten thousand runs: eight settings with as many seeds each."""
    folder = tmp_path_factory.mktemp("crowd")
    memory = Path("/dev/shm")
    # Each file is forced to the disk when it is written; in memory that takes no time.
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    runs = Path(tempfile.mkdtemp(dir=memory if usable else folder))
    server = Dashboard(runs, folder / "data", folder / "log")
    try:
        make_many(RunStore(runs), MANY)
        server.start()
        yield server
        for context in browser.contexts:
            context.close()
        server.stop()
        assert "Traceback" not in server.log_text()
    finally:
        shutil.rmtree(runs, ignore_errors=True)


def test_ten_thousand_runs_are_listed_searched_and_folded(page: Page, crowd: Dashboard) -> None:
    open_runs(page, crowd)
    expect(names(page)).to_have_count(25)
    search(page, "adam lr>0.05")
    expect(page.get_by_text(f"{MANY // 8:,} of {MANY:,} runs.")).to_be_visible()
    expect(names(page)).to_have_count(25)
    search(page, "")
    page.get_by_role("radio", name="seeds").click()
    expect(names(page)).to_have_count(8)
    expect(page.locator("tr.dl-fold").first).to_contain_text(f"{MANY // 8:,} finished")
    heading(page, "Test").get_by_role("button").click()
    expect(heading(page, "Test")).to_have_attribute("aria-sort", "descending")
    fold(page, "seeds").first.click()
    expect(page.locator("tr.dl-inside")).to_have_count(24)
