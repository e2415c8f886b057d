"""The map of the test digits on the Mistakes page, in a browser."""

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.cli.app import main
from core.settings import PROJECT_ROOT
from tests.support.charts import eventually
from tests.support.dashboard import Dashboard

SMALL = "mistakes?runs={sgd}&runs={adam}&map=true"
# Where a dot lies on the screen, and which digit it is; the first of those read wrongly, or right.
FIND_DOT = """(host, wrong) => {
  const plot = host.querySelector(".dl-map-plot");
  const trace = plot._fullData.find((one) =>
    wrong ? one.meta === "misread" : one.meta === "1" && one.visible === true);
  const place = Array.from(trace.x).indexOf(Math.max(...trace.x));
  const { xaxis, yaxis } = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  return {
    x: box.x + xaxis._offset + xaxis.d2p(trace.x[place]),
    y: box.y + yaxis._offset + yaxis.d2p(trace.y[place]),
    index: trace.customdata[place][0],
  };
}"""
HIDDEN = """(host) => host.querySelector(".dl-map-plot")._fullData
  .filter((one) => one.visible === "legendonly").map((one) => one.meta)"""
RANGE = """(host) => host.querySelector(".dl-map-plot").layout.xaxis.range"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with four short runs on the embedded digits, one without weights, one on MNIST."""
    runs = tmp_path_factory.mktemp("map") / "runs"
    kinds = {
        "sgd": ["article1-sgd"],
        "adam": ["article1-adam"],
        "softmax": ["article1-adam", "--set", "model=softmax", "--set", "hidden="],
        "bare": ["article1-adam", "--set", "hidden=16"],
    }
    ids = {}
    for kind, arguments in kinds.items():
        given = ["--set", "dataset=digits", "--set", "epochs=3", "--name", kind]
        main(["train", *arguments, *given, "--runs", str(runs)])
        ids[kind] = max(path.name for path in runs.iterdir() if not path.name.startswith("."))
    (runs / ids["bare"] / "model.safetensors").unlink()
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", runs / "example-adam")
    return runs, ids


@pytest.fixture(scope="module")
def shown(
    trained: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("shown")
    dashboard = Dashboard(trained[0], folder / "data", folder / "log")
    dashboard.start()
    yield dashboard
    for context in browser.contexts:
        context.close()
    dashboard.stop()
    assert "Traceback" not in dashboard.log_text()


@pytest.fixture
def link(trained: tuple[Path, dict[str, str]]) -> str:
    return SMALL.format(**trained[1])


def open_map(page: Page, dashboard: Dashboard, link: str) -> Locator:
    """Open a link and return the map, drawn."""
    page.goto(f"{dashboard.url}/{link}")
    found = page.locator(".dl-map")
    expect(found.locator(".main-svg").first).to_be_visible(timeout=120_000)
    expect(found.locator(".dl-map-wait")).to_be_hidden()
    found.evaluate("one => one.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(800)
    return found


def point_at(page: Page, found: Locator, *, wrong: bool) -> dict[str, Any]:
    """Move the mouse onto a dot; return where it is and which digit."""
    dot: dict[str, Any] = found.evaluate(FIND_DOT, wrong)
    page.mouse.move(dot["x"] - 3, dot["y"])
    page.mouse.move(dot["x"], dot["y"], steps=3)
    expect(found.locator(".dl-map-tip")).to_be_visible()
    return dot


def parameter(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def test_the_map_is_closed_until_somebody_opens_it(page: Page, shown: Dashboard, link: str) -> None:
    page.goto(f"{shown.url}/{link.removesuffix('&map=true')}")
    section = page.get_by_text("Map of the test digits")
    expect(section).to_be_visible()
    expect(page.locator(".dl-map")).to_have_count(0)
    section.click()
    expect(page.locator(".dl-map .main-svg").first).to_be_visible(timeout=120_000)
    expect(page).to_have_url(re.compile("map=true"))
    expect(page.get_by_text("All 360 test images are shown")).to_be_visible()
    expect(page.get_by_text("of all differences (variance)")).to_be_visible()


def test_pointing_shows_the_image_and_what_the_run_read(
    page: Page, shown: Dashboard, link: str
) -> None:
    found = open_map(page, shown, link)
    point_at(page, found, wrong=True)
    tip = found.locator(".dl-map-tip")
    expect(tip).to_contain_text(
        re.compile(r"Test digit \d+true label \dread as \d ✗, >?\d+ % sure")
    )
    image = tip.locator("img")
    expect(image).to_be_visible()
    page.wait_for_function("one => one.complete", arg=image.element_handle())
    assert image.evaluate("one => one.naturalWidth") == 28


def test_a_click_opens_the_digit(page: Page, shown: Dashboard, link: str) -> None:
    found = open_map(page, shown, link)
    dot = point_at(page, found, wrong=True)
    said = re.search(r"Test digit ([\d,]+)", found.locator(".dl-map-tip").inner_text())
    assert said is not None
    page.mouse.click(dot["x"], dot["y"])
    look = page.get_by_role("dialog")
    expect(look.get_by_text(f"Test digit {said[1]}: true label")).to_be_visible()
    assert parameter(page, "digit") == said[1].replace(",", "")


def test_zoom_and_hidden_digits_outlive_other_changes(
    page: Page, shown: Dashboard, link: str
) -> None:
    found = open_map(page, shown, link)
    found.locator(".legendtoggle").nth(3).click()
    eventually(page, lambda: "3" in found.evaluate(HIDDEN))
    whole = found.evaluate(RANGE)
    box = found.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=8)
    page.mouse.up()
    eventually(page, lambda: found.evaluate(RANGE) != whole)
    page.wait_for_timeout(800)
    zoomed = found.evaluate(RANGE)
    page.get_by_role("radio", name=re.compile("^both right")).click()
    expect(page).to_have_url(re.compile("group=both_right"))
    expect(page.get_by_text(re.compile(r"1 to \d+ of \d+ digits"))).to_have_count(1)
    page.wait_for_timeout(800)
    assert found.evaluate(RANGE) == zoomed
    # Of another run the same part of the map would be another: all of it is shown, without the 3s.
    of = page.get_by_role("combobox", name="As seen by")
    # A list closes when the page scrolls, and browsers scroll to a field at the edge if clicked.
    of.evaluate("one => one.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(500)
    of.click()
    page.get_by_role("option", name="adam").click()
    expect(page).to_have_url(re.compile("map_of="))
    eventually(page, lambda: found.evaluate(RANGE) != zoomed)
    assert "3" in found.evaluate(HIDDEN)


def test_a_link_restores_run_and_method_in_a_fresh_browser(
    page: Page,
    shown: Dashboard,
    link: str,
    browser: Browser,
    trained: tuple[Path, dict[str, str]],
) -> None:
    open_map(page, shown, f"{link}&map_of={trained[1]['adam']}")
    page.get_by_role("radio", name="neighbours (t-SNE)").click()
    expect(page.get_by_text("Only nearness matters here")).to_be_visible(timeout=180_000)
    expect(page).to_have_url(re.compile("map_by=tsne"))
    context = browser.new_context()
    fresh = context.new_page()
    again = open_map(fresh, shown, page.url.removeprefix(f"{shown.url}/"))
    expect(fresh.get_by_role("radio", name="neighbours (t-SNE)")).to_be_checked()
    expect(fresh.get_by_role("combobox", name="As seen by")).to_have_value("adam")
    same = "host => Array.from(host.querySelector('.dl-map-plot')._fullData[0].x)"
    assert again.evaluate(same) == page.locator(".dl-map").evaluate(same)
    context.close()


def test_the_numbers_can_be_saved(page: Page, shown: Dashboard, link: str, tmp_path: Path) -> None:
    found = open_map(page, shown, link)
    found.hover()
    with page.expect_download() as download:
        found.locator('[data-title="Save its numbers (CSV)"]').click()
    download.value.save_as(tmp_path / "map.csv")
    rows = list(csv.DictReader((tmp_path / "map.csv").open()))
    assert len(rows) == 360
    assert set(rows[0]) == {"test digit", "true", "read as", "right", "how sure", "x", "y"}
    assert all((row["true"] == row["read as"]) == (row["right"] == "yes") for row in rows)
    with page.expect_download() as picture:
        found.locator('[data-title="Save as a drawing (SVG)"]').click()
    assert picture.value.suggested_filename == "map-pca-sgd.svg"


def test_a_finger_opens_the_image_first_and_the_digit_by_its_button(
    browser: Browser, shown: Dashboard, link: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    found = open_map(page, shown, link)
    dot = found.evaluate(FIND_DOT, True)
    page.touchscreen.tap(dot["x"], dot["y"])
    expect(found.locator(".dl-map-tip img")).to_be_visible()
    page.wait_for_timeout(600)
    main_part = page.locator("[data-testid=stMain]")
    assert main_part.evaluate("one => one.scrollWidth - one.clientWidth") <= 1
    found.get_by_role("button", name="A closer look").tap()
    expect(page.get_by_role("dialog").get_by_text("true label").first).to_be_visible()
    context.close()


def test_softmax_regression_is_said_to_have_no_hidden_layer(
    page: Page, shown: Dashboard, trained: tuple[Path, dict[str, str]]
) -> None:
    open_map(page, shown, f"mistakes?runs={trained[1]['softmax']}&map=true")
    expect(page.get_by_text("it has no hidden layer, so the 784 values")).to_be_visible()
    expect(page.get_by_role("combobox", name="As seen by")).to_have_count(0)


def test_a_run_without_weights_says_so_and_the_page_goes_on(
    page: Page, shown: Dashboard, trained: tuple[Path, dict[str, str]]
) -> None:
    page.goto(f"{shown.url}/mistakes?runs={trained[1]['bare']}&map=true")
    expect(page.get_by_text("has no trained model")).to_be_visible()
    expect(page.locator(".dl-digit").first).to_be_visible()
    expect(page.locator(".dl-map")).to_have_count(0)


def test_without_mnist_the_map_of_a_run_on_it_says_what_to_do(page: Page, shown: Dashboard) -> None:
    page.goto(f"{shown.url}/mistakes?runs=example-adam&map=true")
    expect(page.get_by_text("A map needs all test images")).to_be_visible()
    expect(page.locator(".dl-digit").first).to_be_visible()


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("digits/0", 200),
        ("digits/359", 200),
        ("digits/360", 404),
        ("mnist/0", 404),
        ("x/0", 404),
        ("digits/" + "9" * 5000, 404),
    ],
)
def test_images_are_served_one_by_one(shown: Dashboard, place: str, status: int) -> None:
    answer = httpx.get(f"{shown.url}/digitlab/digits/{place}.png")
    assert answer.status_code == status
    assert answer.content.startswith(b"\x89PNG") == (status == 200)


def test_a_link_with_an_unknown_run_and_method_shows_the_first(
    page: Page, shown: Dashboard, link: str
) -> None:
    open_map(page, shown, f"{link}&map_of=nobody&map_by=magic")
    expect(page.get_by_role("radio", name="widest spread (PCA)")).to_be_checked()
    expect(page.get_by_role("combobox", name="As seen by")).to_have_value("sgd")
