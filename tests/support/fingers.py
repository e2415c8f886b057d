"""What a visitor does with a finger on a phone, as the browser gets it from the screen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from playwright.sync_api import Browser, Page, expect

Points = Sequence[tuple[float, float]]


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """Open a page on a phone's screen, 390×844."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def swipe(page: Page, points: Points) -> None:
    """Put a finger down at the first of `points`, in pixels of the screen; lift it at the last."""
    session = page.context.new_cdp_session(page)

    def tell(kind: str, place: tuple[float, float] | None = None) -> None:
        touches = [] if place is None else [{"x": place[0], "y": place[1]}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    tell("touchStart", points[0])
    for (x, y), (to_x, to_y) in pairwise(points):
        for step in range(1, 9):
            tell("touchMove", (x + (to_x - x) * step / 8, y + (to_y - y) * step / 8))
    tell("touchEnd")
    session.detach()


def touch_stroke(page: Page, points: Points) -> None:
    """Draw one stroke on the pad through `points`, fractions of its side from the upper left."""
    pad = page.locator("canvas.upper-canvas")
    expect(pad).to_have_attribute("data-fit", "yes")
    box = pad.bounding_box()
    assert box is not None
    swipe(page, [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points])
