"""What a visitor does with a chart, and what it shows."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page


def zoom_into_the_left_half(page: Page, chart: Locator) -> None:
    """Drag a zoom box by mouse, as a visitor does."""
    chart.scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(400)


def eventually(page: Page, happened: Callable[[], bool], seconds: int = 30) -> None:
    """Wait until `happened` is true: a loaded machine draws late."""
    for _ in range(10 * seconds):
        if happened():
            return
        page.wait_for_timeout(100)
    raise AssertionError("waited in vain")


def points(chart: Locator, trace: int = 0) -> list[list[float]]:
    """Return x and y of one trace as drawn."""
    found: list[list[float]] = chart.evaluate(
        "(host, trace) => [[...host.data[trace].x], [...host.data[trace].y]]", trace
    )
    return found


def layout(chart: Locator, path: str) -> Any:
    """Return what stands in a chart's layout at `path`, such as "xaxis.range"."""
    return chart.evaluate(
        "(host, path) => path.split('.').reduce((part, name) => part?.[name], host.layout)", path
    )
