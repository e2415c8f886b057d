"""What can be taken along, in a real browser: the report from disk, charts and numbers as files."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, expect

from core.report.page import build_report
from core.runs import files
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.charts import zoom_into_the_left_half
from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.browser

PAIR = ["example-sgd", "example-adam"]
HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
RANGE = "chart => chart.layout.xaxis.range"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on disk of two runs, one with a name that would like to be a script."""
    folder = tmp_path_factory.mktemp("report")
    store = RunStore(folder / "runs")
    for name in PAIR:
        shutil.copytree(PROJECT_ROOT / "runs" / name, store.root / name)
    config = store.folder("example-sgd") / files.CONFIG
    config.write_text(json.dumps(json.loads(config.read_text()) | {"name": HOSTILE}))
    path = folder / "report.html"
    path.write_text(build_report(store, PAIR), encoding="utf-8")
    return path


def open_offline(page: Page, report: Path) -> Locator:
    """Open a report from disk without a network; return its first chart."""
    page.context.set_offline(True)
    page.goto(report.as_uri())
    chart = page.locator("#chart-accuracy")
    expect(chart.locator(".nsewdrag")).to_be_attached()
    return chart


def press(page: Page, chart: Locator, kind: str) -> Download:
    """Press the button of a chart that saves it as "PNG", "SVG" or "CSV"."""
    chart.scroll_into_view_if_needed()
    chart.hover()
    with page.expect_download() as download:
        chart.locator(f".modebar-btn[data-title*='({kind})']").click()
    return download.value


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def picture(download: Download) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content(download))).convert("RGB"))


def test_the_report_opens_from_disk_without_a_network(page: Page, report: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_offline(page, report)
    expect(page.locator(".verdict")).to_contain_text("far larger than chance")
    expect(page.locator(".chart .main-svg").first).to_be_visible()
    expect(page.locator(".matrix")).to_have_count(3)
    page.wait_for_timeout(500)
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [report.as_uri()]


def test_the_reports_curves_zoom_and_come_back(page: Page, report: Path) -> None:
    chart = open_offline(page, report)
    before = chart.evaluate(RANGE)
    zoom_into_the_left_half(page, chart)
    zoomed = chart.evaluate(RANGE)
    assert zoomed[0] > before[0]
    assert zoomed[1] < 0.7 * before[1]
    chart.locator(".nsewdrag").dblclick(force=True)
    page.wait_for_timeout(600)
    assert chart.evaluate(RANGE) == before


def test_a_click_on_a_name_hides_both_curves_of_the_run(page: Page, report: Path) -> None:
    chart = open_offline(page, report)
    chart.locator(".legendtoggle").first.click(force=True)
    page.wait_for_timeout(700)
    hidden = chart.evaluate("chart => chart._fullData.map(trace => trace.visible)")
    assert hidden == ["legendonly", "legendonly", True, True]


def test_a_name_with_a_script_is_text_in_the_report(page: Page, report: Path) -> None:
    chart = open_offline(page, report)
    expect(page.locator("h1")).to_contain_text("</script><script>window.hacked = 1</script>")
    expect(page.locator(".runs h3").first).to_have_text(HOSTILE)
    expect(chart.locator(".legendtext").first).to_contain_text("</script>")
    assert page.evaluate("window.hacked") is None
    expect(page.locator("img[src=x]")).to_have_count(0)


def test_no_other_script_can_run_in_the_report(browser: Browser, report: Path) -> None:
    # A context of its own: what the policy keeps from running is an error in the console.
    context = browser.new_context()
    page = context.new_page()
    open_offline(page, report)
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), "
        "{textContent: 'window.hacked = 1'}))"
    )
    assert page.evaluate("window.hacked") is None
    context.close()


def test_the_reports_charts_are_saved_for_white_paper(browser: Browser, report: Path) -> None:
    context = browser.new_context(color_scheme="dark", accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    chart = open_offline(page, report)
    saved = press(page, chart, "PNG")
    assert saved.suggested_filename.startswith("digit-lab-accuracy-")
    pixels = picture(saved)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels.min() < 60  # its words are dark
    assert b"rgb(255, 255, 255)" in content(press(page, chart, "SVG"))
    assert errors == []
    context.close()


def test_the_report_follows_light_and_dark_and_keeps_its_zoom(page: Page, report: Path) -> None:
    chart = open_offline(page, report)
    zoom_into_the_left_half(page, chart)
    zoomed = chart.evaluate(RANGE)
    words = "chart => getComputedStyle(chart.querySelector('.xtick text')).fill"
    assert chart.evaluate(words) == "rgb(28, 30, 43)"
    page.emulate_media(color_scheme="dark")
    expect(chart.locator(".xtick text").first).to_have_css("fill", "rgb(236, 237, 245)")
    assert chart.evaluate(RANGE) == zoomed


def test_the_report_is_printed_on_white_with_everything_open(page: Page, report: Path) -> None:
    page.emulate_media(color_scheme="dark")
    chart = open_offline(page, report)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false; })")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("[...document.querySelectorAll('details')].every(d => d.open)")
    expect(chart.locator(".xtick text").first).to_have_css("fill", "rgb(28, 30, 43)")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("[...document.querySelectorAll('details')].every(d => !d.open)")
    expect(chart.locator(".xtick text").first).to_have_css("fill", "rgb(236, 237, 245)")


def test_the_report_fits_a_phone(browser: Browser, report: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    open_offline(page, report)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()


def test_compare_hands_out_the_report(page: Page, gallery: Dashboard) -> None:
    page.goto(f"{gallery.url}/compare?runs=example-sgd&runs=example-adam")
    button = page.get_by_role("button", name="Report")
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "digit-lab-report-example-sgd-example-adam.html"
    written = content(download.value).decode()
    assert written.startswith("<!doctype html>")
    assert "SGD (article 1) against Adam (article 1)" in written


def test_every_chart_of_compare_is_saved_as_picture_drawing_and_numbers(
    page: Page, gallery: Dashboard
) -> None:
    page.goto(f"{gallery.url}/compare?runs=example-sgd&runs=example-adam")
    chart = page.locator(".dl-chart[aria-label^='Chart of accuracy']").first
    expect(chart.locator(".modebar-btn").first).to_be_attached()
    saved = {kind: press(page, chart, kind) for kind in ("PNG", "SVG", "CSV")}
    names = {download.suggested_filename for download in saved.values()}
    assert len({name.rpartition(".")[0] for name in names}) == 1
    assert all(name.startswith("accuracy-over-epochs-sgd-article-1") for name in names)
    assert picture(saved["PNG"])[0, 0].tolist() == [255, 255, 255]
    assert content(saved["SVG"]).startswith(b"<svg")
    rows = list(csv.DictReader(io.StringIO(content(saved["CSV"]).decode())))
    drawn = [
        float(row["read right, % (accuracy)"])
        for row in rows
        if row["curve"] == "Adam (article 1), validation"
    ]
    recorded = RunStore(gallery.runs).epochs("example-adam")["validation_accuracy"]
    assert drawn == pytest.approx((100 * recorded).tolist())


def test_a_matrix_is_saved_cell_by_cell(page: Page, gallery: Dashboard) -> None:
    page.goto(f"{gallery.url}/compare?runs=example-sgd&runs=example-adam")
    chart = page.locator(".dl-chart[aria-label^='Confusion matrix']").first
    expect(chart.locator(".modebar-btn").first).to_be_attached()
    saved = press(page, chart, "CSV")
    assert saved.suggested_filename == "confusion-matrix-sgd-article-1.csv"
    cells = pd.read_csv(io.BytesIO(content(saved)))
    assert len(cells) == 100
    assert cells["value"].sum() == 10_000


def test_the_whole_numbers_of_a_comparison_are_handed_out(page: Page, gallery: Dashboard) -> None:
    page.goto(f"{gallery.url}/compare?runs=example-sgd&runs=example-adam")
    page.get_by_text("Numbers of all charts").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Curves by step").click()
    assert download.value.suggested_filename == "digit-lab-steps.csv"
    steps = pd.read_csv(io.BytesIO(content(download.value)))
    store = RunStore(gallery.runs)
    assert len(steps) == sum(len(store.steps(run_id)) for run_id in PAIR)
