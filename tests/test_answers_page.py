"""Matrices, their difference, each digit and calibration on the Compare page, in a browser."""

import re
import shutil

import pytest
from playwright.sync_api import Locator, Page, expect

from core.runs.results import read_predictions, write_predictions
from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.browser

PAIR = "compare?runs=example-sgd&runs=example-adam"
WAIT = 30_000


def open_page(page: Page, dashboard: Dashboard, path: str) -> None:
    page.goto(f"{dashboard.url}/{path}")
    expect(page.get_by_role("heading", name="Can their percentages")).to_be_visible(timeout=WAIT)


def difference(page: Page) -> Locator:
    return page.locator(".dl-chart[aria-label^='Difference of two confusion matrices']")


def click_cell(page: Page, chart: Locator, true: int, read: int) -> None:
    cells = chart.locator(".nsewdrag")
    expect(cells).to_be_attached(timeout=WAIT)
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = cells.bounding_box()
    assert box is not None
    x, y = ((place + 0.5) / 10 for place in (read, true))
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def add_copy(dashboard: Dashboard, name: str, images: int | None = None) -> None:
    """Put another run beside the examples, judged on the first `images` test images alone."""
    folder = dashboard.runs / name
    if folder.exists():
        return
    shutil.copytree(dashboard.runs / "example-adam", folder)
    if images is not None:
        answers = read_predictions(folder)
        write_predictions(folder, answers.labels[:images], answers.logits[:images])


@pytest.mark.parametrize(("true", "read", "by"), [(4, 9, "example-sgd"), (4, 7, "example-adam")])
def test_a_click_on_a_difference_opens_its_digits_as_the_one_read_them_that_does_so_more_often(
    page: Page, gallery: Dashboard, true: int, read: int, by: str
) -> None:
    open_page(page, gallery, PAIR)
    click_cell(page, difference(page), true, read)
    expect(page.locator("h1")).to_have_text("Mistakes", timeout=WAIT)
    expect(page).to_have_url(re.compile(rf"true={true}&read={read}&by={by}"))
    assert "runs=example-sgd" in page.url
    assert "runs=example-adam" in page.url


def test_the_difference_says_its_largest_figure_and_whether_that_is_chance(
    page: Page, gallery: Dashboard
) -> None:
    open_page(page, gallery, PAIR)
    words = page.locator(".dl-largest").first
    expect(words).to_contain_text("reads 9 as 4 more often than Adam (article 1)")
    expect(words).to_contain_text("more than chance would explain")


def test_a_link_restores_matrices_bars_and_scale(page: Page, gallery: Dashboard) -> None:
    link = f"{PAIR}&matrix=column&diagonal=coloured&score=f1&floor=close"
    open_page(page, gallery, link)
    for name in ("% of each answer", "on the scale", "both in one (F1)", "close up"):
        expect(page.get_by_role("radio", name=name)).to_be_checked()
    expect(page.locator(".dl-chart[aria-label^='Bars of both in one (F1)']")).to_be_visible()
    matrix = page.locator(".dl-chart[aria-label^='Confusion matrix']").first
    expect(matrix.locator(".nsewdrag")).to_be_attached(timeout=WAIT)
    # On the scale the diagonal has no trace of its own.
    assert matrix.evaluate("host => host.data.length") == 1


def test_what_is_chosen_stands_in_the_link(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, PAIR)
    page.get_by_text("% of each true digit", exact=True).click()
    expect(page).to_have_url(re.compile("matrix=percent"))
    page.get_by_text("trusted (precision)", exact=True).click()
    expect(page).to_have_url(re.compile("score=precision"))
    bars = page.locator(".dl-chart[aria-label^='Bars of trusted']")
    expect(bars).to_have_attribute("aria-label", re.compile("By precision, SGD"))


def test_a_run_on_other_images_is_compared_in_percent_and_opens_nothing(
    page: Page, gallery: Dashboard
) -> None:
    add_copy(gallery, "fewer", images=5000)
    open_page(page, gallery, "compare?runs=example-sgd&runs=fewer")
    expect(page.get_by_text("judged on different test images")).to_be_visible()
    expect(page.get_by_text("Counts cannot be subtracted then")).to_be_visible()
    click_cell(page, difference(page), 4, 9)
    page.wait_for_timeout(2000)
    expect(page.locator("h1")).to_have_text("Compare")


def test_of_three_runs_the_link_says_which_two_are_subtracted(
    page: Page, gallery: Dashboard
) -> None:
    add_copy(gallery, "fewer", images=5000)
    open_page(page, gallery, f"{PAIR}&runs=fewer&a=-adam&b=e-sgd")
    expect(difference(page)).to_contain_text(
        "Adam (article 1) (example) \N{MINUS SIGN} SGD (article 1)", timeout=WAIT
    )


def test_one_run_is_shown_without_a_difference(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, "compare?runs=example-sgd")
    expect(page.get_by_text("Choose a second finished run above")).to_be_visible()
    expect(difference(page)).to_have_count(0)


def test_of_more_than_four_runs_four_matrices_are_chosen_and_linked(
    page: Page, gallery: Dashboard
) -> None:
    copies = ["copy-one", "copy-two", "copy-six"]
    for name in copies:
        add_copy(gallery, name)
    runs = "&".join(f"runs={name}" for name in copies)
    open_page(page, gallery, f"{PAIR}&{runs}")
    matrices = page.locator(".dl-chart[aria-label^='Confusion matrix']")
    expect(matrices).to_have_count(4)
    open_page(page, gallery, f"{PAIR}&{runs}&m=y-six.e-sgd")
    expect(matrices).to_have_count(2)
    expect(difference(page)).to_contain_text("\N{MINUS SIGN} SGD (article 1)", timeout=WAIT)
    bars = page.locator(".dl-chart[aria-label^='Bars']")
    expect(bars.locator(".legendtext")).to_have_count(5, timeout=WAIT)


def test_a_run_whose_answers_are_damaged_leaves_the_others(page: Page, gallery: Dashboard) -> None:
    add_copy(gallery, "damaged")
    (gallery.runs / "damaged" / "predictions.npz").write_bytes(b"no archive")
    open_page(page, gallery, f"{PAIR}&runs=damaged")
    expect(page.locator(".dl-chart[aria-label^='Confusion matrix']")).to_have_count(2)
    page.goto(f"{gallery.url}/compare?runs=damaged")
    expect(page.get_by_text("The answers of these runs cannot be read")).to_be_visible(timeout=WAIT)


def test_a_zoom_outlives_a_change_elsewhere_on_the_page(page: Page, gallery: Dashboard) -> None:
    open_page(page, gallery, PAIR)
    chart = page.locator(".dl-chart[aria-label^='Reliability']")
    area = chart.locator(".nsewdrag").first
    expect(area).to_be_attached(timeout=WAIT)
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = area.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    zoomed = chart.evaluate("host => host.layout.xaxis.range")
    assert zoomed[0] > 40
    page.get_by_text("% of each true digit", exact=True).click()
    expect(page).to_have_url(re.compile("matrix=percent"))
    page.wait_for_timeout(1000)
    assert chart.evaluate("host => host.layout.xaxis.range") == zoomed
