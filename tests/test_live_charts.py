"""The charts of runs that train, in a real browser: what they fetch, and what they leave alone."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Response, expect

from core.runs.store import RunStore
from core.ui.live_curves import CURVES_ROUTE
from tests.support.charts import layout, points, zoom_into_the_left_half
from tests.support.dashboard import Dashboard
from tests.support.growing import GrowingRun

pytestmark = pytest.mark.browser

LAST_X = "host => host.data.at(-1).x.at(-1)"
RAW, SMOOTHED, VALIDATION = 0, 1, 2  # the traces of one run over steps


@contextmanager
def growing(*runs: GrowingRun, steps: int = 25, pause: float = 0.5) -> Iterator[None]:
    """Let `runs` grow by so many steps at each pause while the block lasts."""
    done = threading.Event()

    def grow() -> None:
        while not done.wait(pause):
            for run in runs:
                run.grow(steps)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def open_steps(page: Page, dashboard: Dashboard, *runs: GrowingRun, more: str = "") -> Locator:
    """Open the curves of `runs` over steps; return the chart of the loss, in sight and drawn."""
    chosen = "&".join(f"runs={run.id}" for run in runs)
    page.goto(f"{dashboard.url}/compare?{chosen}&axis=steps{more}")
    chart = page.locator(".dl-chart[aria-label^='Chart of loss']").first
    expect(chart.locator(".nsewdrag")).to_be_attached()
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    return chart


def updates(page: Page, chart: Locator, count: int) -> None:
    """Wait until the chart has shown so many new ends of its curve."""
    for _ in range(count):
        last = points(chart, SMOOTHED)[0][-1]
        page.wait_for_function(
            "([host, last]) => host.data[1].x.at(-1) > last",
            arg=[chart.element_handle(), last],
        )


def listen(page: Page) -> list[dict[str, Any]]:
    """Return a list that the answers with new points are added to as they arrive."""
    found: list[dict[str, Any]] = []

    def note(response: Response) -> None:
        if CURVES_ROUTE in response.url and response.ok:
            found.append({"url": response.url, "size": len(response.body()), **response.json()})

    page.on("response", note)
    return found


def test_requests_after_the_first_carry_only_new_points(page: Page, dashboard: Dashboard) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(700)
    answers = listen(page)
    chart = open_steps(page, dashboard, run)
    with growing(run, steps=10):
        updates(page, chart, 5)
    news = [answer for answer in answers[1:] if answer["charts"]]
    assert len(news) >= 4  # of the last one the page may hear before this test does
    assert answers[0]["url"].endswith("have=")
    assert all(
        "have=" + before["revision"] in now["url"] for before, now in itertools.pairwise(answers)
    )
    assert max(answer["size"] for answer in news) < answers[0]["size"] / 5
    # One poll serves both charts, about once a second.
    assert set(answers[0]["charts"]) == {"loss_steps_linear_linear", "accuracy_steps_linear_linear"}


def test_the_page_sends_no_figures_while_runs_train(page: Page, dashboard: Dashboard) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(3_000)
    received: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
    )
    chart = open_steps(page, dashboard, run)
    whole = len(json.dumps(chart.evaluate("host => host.data")))
    page.wait_for_timeout(1_500)
    received.clear()
    with growing(run):
        updates(page, chart, 5)
    assert max(received, default=0) < whole / 4


def test_zoom_hidden_lines_and_the_hover_label_outlive_updates(
    page: Page, dashboard: Dashboard
) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(1_000)
    chart = open_steps(page, dashboard, run)
    legend = chart.locator(".legendtoggle")
    legend.nth(1).click(force=True)
    page.wait_for_timeout(700)
    assert chart.evaluate("host => host._fullData[2].visible") == "legendonly"
    zoom_into_the_left_half(page, chart)
    zoomed = layout(chart, "xaxis.range")
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = chart.locator(".hoverlayer .legend")
    expect(label).to_be_visible()
    said = label.text_content()
    with growing(run):
        for _ in range(5):
            updates(page, chart, 1)
            assert label.text_content() == said
    assert layout(chart, "xaxis.range") == zoomed
    assert chart.evaluate("host => host._fullData[2].visible") == "legendonly"


def test_an_update_waits_while_a_box_is_being_drawn(page: Page, dashboard: Dashboard) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(500)
    chart = open_steps(page, dashboard, run)
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 200, steps=4)
    with growing(run):
        page.wait_for_timeout(3_000)
        assert points(chart, SMOOTHED)[0][-1] == 500
        expect(chart.locator(".zoombox")).to_be_attached()
        page.mouse.up()
        updates(page, chart, 1)
    assert layout(chart, "xaxis.range")[1] < 0.5 * 500


def test_when_a_run_ends_its_whole_curve_is_there_and_the_zoom_too(
    page: Page, dashboard: Dashboard
) -> None:
    store = RunStore(dashboard.runs)
    run = GrowingRun(store)
    run.grow(300)
    answers = listen(page)
    chart = open_steps(page, dashboard, run)
    zoom_into_the_left_half(page, chart)
    zoomed = layout(chart, "xaxis.range")
    with growing(run):
        updates(page, chart, 2)
    run.grow(40)
    run.end()
    steps = store.steps(run.id)
    page.wait_for_function(
        "([host, last]) => host.data[0].x.at(-1) === last && !host.digitlabData.live",
        arg=[chart.element_handle(), len(steps)],
    )
    x, y = points(chart, RAW)
    assert x == steps["step"].tolist()
    assert y == pytest.approx(steps["loss"].tolist())
    assert layout(chart, "xaxis.range") == zoomed
    # What has ended is not asked for again.
    asked = len(answers)
    page.wait_for_timeout(2_500)
    assert len(answers) == asked


def test_another_smoothing_is_another_view_in_the_same_chart(
    page: Page, dashboard: Dashboard
) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(600)
    answers = listen(page)
    chart = open_steps(page, dashboard, run)
    smoothed = points(chart, SMOOTHED)[1]
    page.get_by_role("combobox", name="Smoothing").click()
    page.get_by_role("option", name="strong").click()
    page.wait_for_function(
        "([host, last]) => host.data[1].y.at(-1) !== last",
        arg=[chart.element_handle(), smoothed[-1]],
    )
    page.wait_for_timeout(2_000)
    views = [answer["url"].partition("?")[0] for answer in answers]
    # The second from then on, and not the first beside it.
    assert len(set(views)) == 2
    assert views == sorted(views, key=views.index)


def test_asking_ends_with_the_page_and_rests_in_a_hidden_tab(
    page: Page, dashboard: Dashboard
) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(300)
    asked: list[str] = []

    def note(request: Request) -> None:
        if CURVES_ROUTE in request.url:
            asked.append(request.url)

    page.on("request", note)
    chart = open_steps(page, dashboard, run)
    hide = "Object.defineProperty(document, 'hidden', {{configurable: true, get: () => {}}});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide.format("true") + tell)
    page.wait_for_timeout(1_500)
    asked.clear()
    run.grow(50)
    page.wait_for_timeout(2_500)
    assert asked == []
    page.evaluate(hide.format("false") + tell)
    page.wait_for_function(
        "host => host.data[1].x.at(-1) === 350", arg=chart.element_handle(), timeout=5_000
    )
    page.get_by_role("link", name="Runs").first.click()
    expect(page.locator("h1")).to_have_text("Runs")
    page.wait_for_timeout(1_500)
    asked.clear()
    page.wait_for_timeout(2_500)
    assert asked == []


def test_a_server_that_restarts_is_found_again_with_the_zoom_kept(
    page: Page, tmp_path: Path
) -> None:
    dashboard = Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log")
    dashboard.start()
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(500)
    chart = open_steps(page, dashboard, run)
    zoom_into_the_left_half(page, chart)
    zoomed = layout(chart, "xaxis.range")
    dashboard.kill()
    run.grow(100)
    page.wait_for_timeout(2_000)
    assert points(chart, SMOOTHED)[0][-1] == 500  # what is shown stays
    dashboard.start(again=True)
    try:
        page.wait_for_function(
            "host => host.data[1].x.at(-1) === 600", arg=chart.element_handle(), timeout=60_000
        )
        assert layout(chart, "xaxis.range") == zoomed
        page.context.close()
    finally:
        dashboard.stop()


def test_runs_side_by_side_are_live_too(page: Page, dashboard: Dashboard) -> None:
    store = RunStore(dashboard.runs)
    runs = [GrowingRun(store, f"run {number}", learning_rate=0.1 / number) for number in (1, 2)]
    for run in runs:
        run.grow(300)
    open_steps(page, dashboard, *runs, more="&layout=apart")
    charts = page.locator(".dl-chart[aria-label^='Chart of loss']")
    expect(charts).to_have_count(2)
    with growing(*runs):
        for chart in charts.all():
            updates(page, chart, 2)
    # Each chart fetches its last points by itself.
    page.wait_for_function(
        "([one, other]) => `${one.layout.yaxis.range}` === `${other.layout.yaxis.range}`",
        arg=[chart.element_handle() for chart in charts.all()],
    )


def test_its_numbers_are_saved_as_they_are_at_that_moment(page: Page, dashboard: Dashboard) -> None:
    run = GrowingRun(RunStore(dashboard.runs))
    run.grow(300)
    chart = open_steps(page, dashboard, run)
    run.grow(50)
    page.wait_for_function("host => host.data[1].x.at(-1) === 350", arg=chart.element_handle())
    chart.hover()
    with page.expect_download() as download:
        chart.locator(".modebar-btn[data-title*='(CSV)']").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert len(rows) == 1 + 2 * 350 + 3
    assert any(row.startswith('"growing, training",350,') for row in rows)
