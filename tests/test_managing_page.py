"""Renaming, starring, archiving, deleting, exporting and importing runs in a real browser."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.config import RunConfig
from core.runs.bin import binned, discard
from core.runs.queue import cancel
from core.runs.records import new_status
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard
from tests.test_live import wait_for_epoch

pytestmark = pytest.mark.browser

CONFIG = RunConfig(dataset="digits")
LONG = CONFIG.replace(hidden_sizes=(512, 512), batch_size=8, epochs=500)
MARKUP = "<b>bold</b> *star* [x](https://example.org) # $a$"


@pytest.fixture
def store(dashboard: Dashboard) -> RunStore:
    return RunStore(dashboard.runs)


def ended(store: RunStore, name: str) -> str:
    run_id = store.create(CONFIG, name=name)
    store.write_status(run_id, new_status("cancelled"))
    return run_id


def open_runs(page: Page, dashboard: Dashboard, query: str = "") -> None:
    page.goto(f"{dashboard.url}/{query}")
    expect(page.locator("table.dl-runs tbody tr").first).to_be_visible()


def row(page: Page, run_id: str) -> Locator:
    return page.locator(f"tr[data-run='{run_id}']")


def choose_in_menu(page: Page, name: str, label: str) -> None:
    page.get_by_role("button", name=f"More for {name}", exact=True).click()
    page.get_by_role("button", name=f"{label}: {name}", exact=True).click()


def do_with_chosen(page: Page, count: int, label: str) -> None:
    page.get_by_role("button", name=f"More ({count})").click()
    page.get_by_role("menuitem", name=label, exact=True).click()


def part(page: Page, name: str) -> None:
    page.get_by_role("radio", name=re.compile(f"^{name}")).click()


def edit(page: Page, run_id: str, name: str, **labels: str) -> Locator:
    choose_in_menu(page, name, "Edit name, notes and tags")
    dialog = page.get_by_role("dialog")
    for label, text in labels.items():
        dialog.get_by_label(label, exact=True).fill(text)
    dialog.get_by_role("button", name="Save").click()
    return dialog


def test_name_notes_and_tags_are_edited_and_shown_as_text(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    run_id = ended(store, "before")
    open_runs(page, dashboard)
    dialog = edit(page, run_id, "before", Name=MARKUP, Notes=f"one\n{MARKUP}", Tags="a, <i>b</i>")
    expect(dialog).to_have_count(0)
    shown = row(page, run_id)
    expect(shown.locator(".dl-name")).to_have_text(MARKUP)
    expect(shown.locator(".dl-note")).to_have_text(f"one\n{MARKUP}")
    expect(shown.locator(".dl-tag")).to_have_text(["a", "<i>b</i>"])
    expect(shown.locator("b, i, a")).to_have_count(0)
    choose_in_menu(page, MARKUP, "Delete")
    expect(page.locator(".dl-notice")).to_have_text(f"“{MARKUP}” is in the bin.")
    expect(page.locator(".dl-notice").locator("b, a")).to_have_count(0)


def test_what_may_not_be_is_said_and_nothing_typed_is_lost(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    run_id = ended(store, "before")
    open_runs(page, dashboard)
    dialog = edit(page, run_id, "before", Name="x" * 201, Notes="keep me")
    expect(dialog).to_contain_text("A name has at most 200 characters; this one has 201.")
    dialog.get_by_label("Name", exact=True).fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("A run needs a name.")
    expect(dialog.get_by_label("Notes", exact=True)).to_have_value("keep me")
    assert store.read(run_id).name == "before"


def test_an_open_dialog_outlives_the_updates_of_a_training(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    run_id, training = ended(store, "before"), store.create(LONG, name="training")
    wait_for_epoch(store, training)
    open_runs(page, dashboard)
    choose_in_menu(page, "before", "Edit name, notes and tags")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("after")
    page.wait_for_timeout(3000)
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("after")
    # The page keeps still while it is open; what happened meanwhile shows afterwards.
    cancel(store, training)
    page.wait_for_timeout(5000)
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("after")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, run_id)).to_contain_text("after")
    expect(row(page, training)).to_contain_text("cancelled")


def test_a_run_that_trains_is_not_deleted_before_it_is_cancelled(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    training = store.create(LONG, name="training")
    wait_for_epoch(store, training)
    open_runs(page, dashboard)
    page.get_by_role("button", name="More for training").click()
    delete = page.get_by_role("button", name="Delete: training")
    expect(delete).to_be_disabled()
    expect(delete).to_contain_text("cancel it first")
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="Choose training").check()
    do_with_chosen(page, 1, "Delete")
    expect(page.locator(".dl-notice")).to_contain_text("training waits or trains")
    cancel(store, training)


def test_a_star_puts_a_run_among_the_starred_and_the_link_says_so(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    first, second = ended(store, "first"), ended(store, "second")
    open_runs(page, dashboard)
    star = page.get_by_role("button", name="Star first")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    part(page, "Starred")
    expect(row(page, second)).to_have_count(0)
    expect(row(page, first)).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?show=starred$"))
    open_runs(page, dashboard, "?show=starred")
    expect(page.locator("table.dl-runs tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Star first").click()
    expect(page.get_by_text("No run has a star.")).to_be_visible()
    assert not store.read(first).info.starred


def test_an_archived_run_is_out_of_the_table_until_asked_for(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    first, second = ended(store, "first"), ended(store, "second")
    open_runs(page, dashboard)
    choose_in_menu(page, "first", "Archive")
    expect(row(page, first)).to_have_count(0)
    expect(row(page, second)).to_be_visible()
    part(page, "Archived")
    expect(row(page, first)).to_be_visible()
    choose_in_menu(page, "first", "Take out of the archive")
    expect(page.get_by_text("No run is archived.")).to_be_visible()
    part(page, "Runs")
    expect(row(page, first)).to_be_visible()


def test_a_delete_is_undone(page: Page, dashboard: Dashboard, store: RunStore) -> None:
    run_id, _ = ended(store, "first"), ended(store, "second")
    open_runs(page, dashboard)
    choose_in_menu(page, "first", "Delete")
    expect(row(page, run_id)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, run_id)).to_be_visible()
    expect(page.locator(".dl-notice")).to_have_count(0)
    assert binned(store) == []


def test_chosen_runs_are_deleted_together_and_the_bin_gives_back_what_is_asked_for(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    ids = [ended(store, name) for name in ("one", "two", "three")]
    open_runs(page, dashboard)
    page.get_by_role("checkbox", name="Choose all runs shown").check()
    do_with_chosen(page, 3, "Delete")
    expect(page.locator(".dl-notice")).to_have_text("3 runs are in the bin.")
    expect(page.get_by_text("Runs appear here once you start one")).to_be_visible()
    part(page, "Bin")
    page.get_by_role("button", name="Take back two").click()
    expect(row(page, ids[1])).to_have_count(0)
    page.get_by_role("button", name="More for one").click()
    page.get_by_role("button", name="Delete for good: one").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be taken back")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(row(page, ids[0])).to_have_count(0)
    page.get_by_role("button", name="Empty the bin").click()
    expect(dialog).to_contain_text("The run in it cannot be taken back then.")
    dialog.get_by_role("button", name="Empty the bin").click()
    expect(page.get_by_text("The bin is empty.")).to_be_visible()
    assert [run.id for run in store.list()] == [ids[1]]
    assert binned(store) == []


def test_chosen_runs_get_and_lose_tags_and_stars(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    ids = [ended(store, name) for name in ("one", "two")]
    open_runs(page, dashboard)
    page.get_by_role("checkbox", name="Choose all runs shown").check()
    do_with_chosen(page, 2, "Change tags")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Add these tags", exact=True).fill("base, old")
    dialog.get_by_role("button", name="Save").click()
    for run_id in ids:
        expect(row(page, run_id).locator(".dl-tag")).to_have_text(["base", "old"])
    do_with_chosen(page, 2, "Change tags")
    dialog.get_by_role("combobox", name="Take these away").click()
    page.get_by_role("option", name="old").click()
    page.keyboard.press("Tab")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, ids[0]).locator(".dl-tag")).to_have_text(["base"])
    do_with_chosen(page, 2, "Mark with a star")
    for name in ("one", "two"):
        star = page.get_by_role("button", name=f"Star {name}")
        expect(star).to_have_attribute("aria-pressed", "true")


def test_exported_runs_are_imported_back(
    page: Page, dashboard: Dashboard, store: RunStore, tmp_path: Path
) -> None:
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, store.root / name)
    open_runs(page, dashboard)
    page.get_by_role("checkbox", name="Choose all runs shown").check()
    do_with_chosen(page, 2, "Export as a zip file")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 runs, about 2.0 MB")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download the zip file").click()
    assert download.value.suggested_filename == "digit-lab-2-runs.zip"
    download.value.save_as(tmp_path / "runs.zip")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "runs.zip")
    dialog.get_by_role("button", name="Import", exact=True).click()
    notice = page.locator(".dl-notice")
    expect(notice).to_contain_text("2 runs were taken in.")
    expect(notice).to_contain_text("example-sgd is taken here")
    expect(page.locator("table.dl-runs tbody tr")).to_have_count(4)
    taken = [run for run in store.list() if not run.info.example]
    assert {run.name for run in taken} == {"SGD (article 1)", "Adam (article 1)"}
    page.goto(f"{dashboard.url}/compare?runs={taken[0].id}&runs={taken[1].id}")
    expect(page.locator(".dl-verdict")).to_contain_text("far larger than chance")


def test_a_bad_zip_file_is_refused_with_a_sentence(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    ended(store, "first")
    open_runs(page, dashboard)
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "letter.zip", "mimeType": "application/zip", "buffer": b"Dear teacher"}
    )
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog).to_contain_text("The zip file was not taken in. It is damaged")
    assert len(store.list()) == 1


def test_a_run_deleted_by_somebody_else_breaks_nothing(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    gone, kept = ended(store, "gone"), ended(store, "kept")
    open_runs(page, dashboard)
    discard(store, gone)
    page.get_by_role("button", name="Star gone").click()
    expect(row(page, gone)).to_have_count(0)
    expect(row(page, kept)).to_be_visible()
    expect(page.get_by_role("radio", name="Bin (1)")).to_be_visible()


def test_a_link_to_a_deleted_run_says_that_it_is_in_the_bin(
    page: Page, dashboard: Dashboard, store: RunStore
) -> None:
    shutil.copytree(PROJECT_ROOT / "runs" / "example-sgd", store.root / "example-sgd")
    gone = ended(store, "gone")
    discard(store, gone)
    page.goto(f"{dashboard.url}/compare?runs={gone}&runs=example-sgd")
    expect(page.get_by_text(f"Run '{gone}' is in the bin")).to_be_visible()
