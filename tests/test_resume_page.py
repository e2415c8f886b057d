"""Going on with runs from the page: one that was killed, and one that has finished."""

import os
import signal

import pytest
from playwright.sync_api import Page, expect

from core.config import RunConfig
from core.runs import files
from core.runs.store import RunStore
from tests.support.dashboard import Dashboard
from tests.test_live import wait_for_epoch, wait_for_state, worker_of

pytestmark = pytest.mark.browser

# About ten seconds of training, so that a kill comes in its midst.
CONFIG = RunConfig(dataset="digits", hidden_sizes=(128,), optimizer="adam", batch_size=8, epochs=60)
SHORT = CONFIG.replace(batch_size=64, epochs=2)
PATIENCE = 120


def killed(store: RunStore) -> str:
    run_id = store.create(CONFIG, name="victim")
    wait_for_epoch(store, run_id, epoch=2)
    os.kill(worker_of(store, run_id), signal.SIGKILL)
    wait_for_state(store, run_id, "crashed")  # ending takes the system a moment
    return run_id


def finished(store: RunStore, config: RunConfig = SHORT, name: str = "done") -> str:
    run_id = store.create(config, name=name)
    wait_for_state(store, run_id, "finished", PATIENCE)
    return run_id


def open_runs(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    expect(page.locator("table.dl-runs tbody tr").first).to_be_visible()


def test_a_killed_run_is_resumed_from_the_table_and_finishes(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    run_id = killed(store)
    open_runs(page, dashboard)
    row = page.locator(f"tr[data-run='{run_id}']")
    expect(row).to_contain_text("crashed")
    row.get_by_role("button", name="Resume victim").click()
    expect(row).to_contain_text("attempt 2")
    wait_for_state(store, run_id, "finished", PATIENCE)
    expect(row).to_contain_text("finished")
    assert store.epochs(run_id)["epoch"].tolist() == list(range(1, CONFIG.epochs + 1))
    expect(row.get_by_role("button", name="Resume victim")).to_have_count(0)


def test_a_finished_run_is_continued_from_the_table_by_a_new_run(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    done = finished(store)
    open_runs(page, dashboard)
    row = page.locator(f"tr[data-run='{done}']")
    row.get_by_role("button", name="More for done").click()
    row.get_by_role("button", name="Continue for more epochs: done").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("this one stays as it is")
    epochs = dialog.get_by_label("How many epochs in all?", exact=True)
    expect(epochs).to_have_value("4")
    epochs.fill("2")
    epochs.press("Enter")
    expect(dialog).to_contain_text("going on needs more than that")
    expect(dialog.get_by_role("button", name="Continue")).to_be_disabled()
    epochs.fill("5")
    epochs.press("Enter")
    dialog.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Compare")
    (longer,) = (run.id for run in store.list() if run.id != done)
    assert f"runs={longer}&runs={done}" in page.url
    wait_for_state(store, longer, "finished", PATIENCE)
    assert store.epochs(longer)["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert store.read(done).summary.epochs == 2
    facts = page.locator(".dl-facts").filter(has_text="continues")
    expect(facts).to_contain_text("done, 5 epochs: continues “done”")


def test_the_menu_says_why_a_run_cannot_be_continued_and_works_by_keyboard(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    done = finished(store, SHORT.replace(epochs=500, max_seconds=0.5))
    open_runs(page, dashboard)
    row = page.locator(f"tr[data-run='{done}']")
    expect(row).to_contain_text("time limit")
    more = row.get_by_role("button", name="More for done")
    more.focus()
    page.keyboard.press("Enter")
    forward = row.get_by_role("button", name="Continue for more epochs: done")
    expect(forward).to_be_disabled()
    expect(forward).to_contain_text("done ended by its time limit")
    for label in ("Edit name, notes and tags", "Archive", "Export as a zip file", "Delete"):
        page.keyboard.press("Tab")
        expect(row.get_by_role("button", name=f"{label}: done")).to_be_focused()
    page.keyboard.press("Escape")
    expect(forward).to_be_hidden()
    expect(more).to_be_focused()


def test_inside_the_training_shows_what_was_recorded_once_it_is_opened(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    done, older = finished(store), finished(store, name="old")
    # As an older version left it.
    folder = store.folder(older)
    (folder / f"{files.LAYERS}.parquet").unlink()
    for name, columns in (
        (files.STEPS, ["learning_rate", "gradient_norm"]),
        (files.EPOCHS, ["images_per_second", "weight_norm"]),
    ):
        table = store.steps(older) if name == files.STEPS else store.epochs(older)
        table.drop(columns=columns).to_parquet(folder / f"{name}.parquet")
    page.goto(f"{dashboard.url}/compare?runs={done}&runs={older}")
    section = page.locator(".st-key-fold_inside")
    expect(section).to_be_visible()
    expect(section.locator(".dl-chart")).to_have_count(0)
    page.get_by_text("Inside the training").click()
    expect(section).to_contain_text(
        "old: not recorded in this run (it was trained by an older version)"
    )
    expect(section.locator(".dl-chart .main-svg").first).to_be_visible()
    expect(section.locator(".dl-chart")).to_have_count(6)
    expect(section.locator("table")).to_contain_text("1: fully connected, 128 units")
    section.get_by_text("dead ReLU units", exact=True).first.click()
    expect(section.get_by_label("Chart of dead units, % over epochs, done").first).to_be_visible()
    expect(section).to_contain_text("article 1 warns of such dying ReLUs")
