"""What happens on the pages while runs train, end, are cancelled, or are killed."""

import os
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.recipes import find_recipe
from core.runs.store import RunStore
from tests.support.charts import zoom_into_the_left_half
from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.browser

# Long enough that only a cancel or a kill ends it within a test.
LONG = find_recipe("article1-adam").config.replace(dataset="digits", epochs=5_000)
HIDDEN = "host => host._fullData[0].visible"
SHORT = find_recipe("article1-adam").config.replace(dataset="digits", epochs=2)


def wait_for_state(store: RunStore, run_id: str, state: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while store.read(run_id).status.state != state:
        assert time.monotonic() < deadline, store.read(run_id).status
        time.sleep(0.1)


def wait_for_epoch(store: RunStore, run_id: str, epoch: int = 1, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while len(store.epochs(run_id)) < epoch:
        assert time.monotonic() < deadline, store.read(run_id).status
        time.sleep(0.1)


def worker_of(store: RunStore, run_id: str) -> int:
    process = store.read(run_id).status.process
    assert process is not None
    return process.pid


def test_zoom_and_hidden_lines_outlive_live_updates(page: Page, dashboard: Dashboard) -> None:
    store = RunStore(dashboard.runs)
    run_id = store.create(LONG, name="long")
    wait_for_epoch(store, run_id)
    page.goto(f"{dashboard.url}/compare?runs={run_id}")
    chart = page.locator(".dl-chart").first
    legend = chart.locator(".legendtoggle")
    expect(legend).to_have_count(2, timeout=30_000)
    page.wait_for_timeout(1000)
    legend.first.click(force=True)
    page.wait_for_timeout(700)  # Plotly waits whether it becomes a double click
    assert chart.evaluate(HIDDEN) == "legendonly"
    zoom_into_the_left_half(page, chart)
    range_after_zoom = chart.evaluate("host => host.layout.xaxis.range")
    assert range_after_zoom[1] < 0.7 * 5_000
    points = chart.evaluate("host => host.data[1].x.length")
    # Five updates later there are more points, and the view is as the visitor left it.
    page.wait_for_timeout(6000)
    assert chart.evaluate("host => host.data[1].x.at(-1)") > points
    assert chart.evaluate("host => host.layout.xaxis.range") == range_after_zoom
    assert chart.evaluate(HIDDEN) == "legendonly"
    os.kill(worker_of(store, run_id), signal.SIGKILL)


def test_a_killed_worker_shows_as_crashed_with_its_curves_and_the_queue_goes_on(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    victim = store.create(LONG, name="victim")
    other = store.create(LONG, name="other")
    waiting = store.create(SHORT, name="waiting")
    page.goto(dashboard.url)
    wait_for_epoch(store, victim, epoch=2)
    os.kill(worker_of(store, victim), signal.SIGKILL)
    row = page.locator(f"tr[data-run='{victim}']")
    expect(row).to_contain_text("crashed", timeout=5_000)
    assert len(store.epochs(victim)) >= 2
    wait_for_state(store, waiting, "finished")
    page.goto(f"{dashboard.url}/compare?runs={victim}")
    expect(page.locator(".dl-who")).to_contain_text("Crashed.", timeout=20_000)
    os.kill(worker_of(store, other), signal.SIGKILL)


def test_a_killed_dashboard_leaves_the_worker_and_finds_it_again(
    page: Page, tmp_path: Path
) -> None:
    dashboard = Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log")
    dashboard.start()
    store = RunStore(dashboard.runs)
    config = find_recipe("article1-adam").config.replace(dataset="digits", epochs=60)
    run_id = store.create(config, name="survivor")
    wait_for_epoch(store, run_id)
    dashboard.kill()
    assert store.read(run_id).status.state == "running"
    wait_for_state(store, run_id, "finished")
    dashboard.start()
    try:
        page.goto(dashboard.url)
        expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("finished", timeout=30_000)
        page.context.close()
    finally:
        dashboard.stop()


def test_what_trains_stays_chosen_while_another_page_shows_what_has_finished(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    done = store.create(SHORT, name="done")
    wait_for_state(store, done, "finished")
    training = store.create(LONG, name="training")
    wait_for_epoch(store, training)
    page.goto(f"{dashboard.url}/compare?runs={training}")
    expect(page.locator(".dl-progress")).to_contain_text("training")
    page.get_by_role("link", name="Draw").first.click()
    expect(page.locator("h1")).to_have_text("Draw")
    expect(page.get_by_text("still training; meanwhile finished ones")).to_be_visible()
    expect(page.locator(".dl-answer")).to_contain_text("done")
    page.get_by_role("link", name="Compare").first.click()
    expect(page.locator("h1")).to_have_text("Compare")
    expect(page.locator(".dl-progress")).to_contain_text("training")
    os.kill(worker_of(store, training), signal.SIGKILL)


def test_a_run_deleted_while_others_look_leaves_the_rest_of_the_page(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    gone, training = store.create(SHORT, name="gone"), store.create(LONG, name="training")
    wait_for_state(store, gone, "finished")
    page.goto(f"{dashboard.url}/compare?runs={gone}&runs={training}")
    expect(page.locator(".dl-progress")).to_contain_text("training")
    store.delete(gone)
    expect(page.get_by_text(f"There is no run '{gone}'")).to_be_visible()
    expect(page.locator(".dl-progress")).to_contain_text("training")
    os.kill(worker_of(store, training), signal.SIGKILL)


def test_cancel_and_delete_from_the_table(page: Page, dashboard: Dashboard) -> None:
    store = RunStore(dashboard.runs)
    run_id = store.create(LONG, name="unwanted")
    wait_for_epoch(store, run_id)
    page.goto(dashboard.url)
    row = page.locator(f"tr[data-run='{run_id}']")
    row.get_by_role("button", name="Cancel unwanted").click(timeout=30_000)
    expect(row).to_contain_text("cancelled", timeout=5_000)
    row.get_by_role("button", name="More for unwanted").click()
    row.get_by_role("button", name="Delete: unwanted").click()
    expect(page.locator(".dl-notice")).to_have_text("“unwanted” is in the bin.")
    expect(row).to_have_count(0, timeout=10_000)
    assert store.list() == []


def test_the_form_launches_what_it_shows(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    rate = page.get_by_label("Learning rate", exact=True)
    expect(rate).to_be_visible(timeout=30_000)
    rate.fill("0.05")
    rate.press("Enter")
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("2")
    epochs.press("Enter")
    page.get_by_label("Name", exact=True).fill("mine <b>&</b> **yours**")
    page.get_by_label("Name", exact=True).press("Enter")
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.locator("h1")).to_have_text("Compare", timeout=20_000)
    store = RunStore(dashboard.runs)
    (run,) = store.list()
    wait_for_state(store, run.id, "finished")
    read = store.read(run.id)
    assert (read.config.learning_rate, read.config.epochs) == (0.05, 2)
    expect(page.locator(".dl-who")).to_contain_text("mine <b>&</b> **yours**", timeout=20_000)


def test_a_setting_out_of_range_is_a_sentence_before_launch(
    page: Page, dashboard: Dashboard
) -> None:
    page.goto(dashboard.url)
    page.get_by_text("More settings").click(timeout=30_000)
    hidden = page.get_by_label("Hidden layers", exact=True)
    hidden.fill("ten")
    hidden.press("Enter")
    expect(page.get_by_text("hidden layers must be a whole number, got ten")).to_be_visible(
        timeout=20_000
    )
    expect(page.get_by_role("button", name="Launch", exact=True)).to_be_disabled()
