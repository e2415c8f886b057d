"""What a visitor does with the mouse, and what they see of it."""

from collections.abc import Sequence

from playwright.sync_api import FrameLocator, Page, expect


def draw_stroke(
    page: Page, points: Sequence[tuple[float, float]], within: FrameLocator | None = None
) -> None:
    """Draw one stroke on the pad through `points`, fractions of its side from the upper left.

    `within` is the frame on the page that the pad is in, if it is in one.
    """
    pad = (within or page).locator("canvas.upper-canvas")
    expect(pad).to_be_visible(timeout=20_000)
    pad.scroll_into_view_if_needed()
    # The pad takes strokes only once it has drawn its ground.
    page.wait_for_timeout(800)
    box = pad.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(x, y, steps=12)
    page.mouse.up()


def answers(page: Page) -> list[str]:
    """Return what each run answers at this moment, "–" where nothing is drawn."""
    found: list[str] = page.locator(".dl-answer").evaluate_all(
        "cards => cards.map(card => card.dataset.answer)"
    )
    return found
