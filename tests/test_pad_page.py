"""The drawing pad in a real browser: mouse and finger, what stays where it is, what is kept."""

import re
import shutil
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard, running
from tests.support.fingers import phone, swipe, touch_stroke
from tests.support.visitor import draw_stroke

pytestmark = pytest.mark.browser

SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]
BAR = [(0.35, 0.55), (0.7, 0.55)]
DOT = [(0.5, 0.5), (0.5, 0.5)]
PAIR = ["example-sgd", "example-adam"]
EIGHT = [*PAIR, *(f"{name}-{copy}" for copy in (2, 3, 4) for name in PAIR)]

# What moves without being asked to, as the browser sees it; and where everything is.
_WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const moved = entry.sources.map(({ node }) => node?.parentElement?.className);
      window.shifts.push(`${entry.value}: ${moved}`);
    }
  }).observe({ type: "layout-shift" });
}"""
_PLACES = """() => ["canvas.lower-canvas", ".st-key-undo", ".dl-pixels", ".st-key-steps", ".dl-sum",
  ".dl-answer", ".dl-said", ".dl-bars", "details"].map((selector) => {
  const pad = document.querySelector(".st-key-canvas_pad [data-testid=stBidiComponentIsolated]");
  const found = [document, pad.shadowRoot].flatMap((root) => [...root.querySelectorAll(selector)]);
  return [selector, ...found.map((each) => {
    const box = each.getBoundingClientRect();
    return [box.left, box.top, box.width, box.height].map(Math.round).join(" ");
  })];
})"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with eight finished runs."""
    folder = tmp_path_factory.mktemp("studio")
    for name in EIGHT:
        original = name if name in PAIR else name[:-2]
        shutil.copytree(PROJECT_ROOT / "runs" / original, folder / "runs" / name)
    yield from running(browser, Dashboard(folder / "runs", folder / "data", folder / "log"))


def open_pad(page: Page, studio: Dashboard, runs: Sequence[str] = PAIR, **more: str) -> None:
    query = urlencode([*(("runs", run) for run in runs), *more.items()])
    page.goto(f"{studio.url}/draw?{query}")
    expect(page.locator("canvas.upper-canvas")).to_have_attribute("data-fit", "yes")
    expect(page.locator(".dl-answer")).to_have_count(len(runs))
    expect(page.locator("[data-testid='stApp']")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )


def picture(page: Page) -> str:
    return page.locator(".dl-squares img").get_attribute("src") or ""


def expect_another(page: Page, before: str) -> str:
    expect(page.locator(".dl-squares img")).not_to_have_attribute("src", before)
    return picture(page)


def expect_answers(page: Page, *digits: str) -> None:
    pattern = re.compile("^[0-9]$" if not digits else f"^[{''.join(digits)}]$")
    for card in page.locator(".dl-answer").all():
        expect(card).to_have_attribute("data-answer", pattern)


def scrolled(page: Page) -> float:
    top: float = page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollTop + window.scrollY"
    )
    return top


def test_a_finger_draws_and_the_page_stays_where_it_is(browser: Browser, studio: Dashboard) -> None:
    with phone(browser) as page:
        open_pad(page, studio)
        page.locator("canvas.upper-canvas").scroll_into_view_if_needed()
        before = scrolled(page)
        touch_stroke(page, SEVEN)
        expect(page.locator(".dl-answer").nth(1)).to_have_attribute("data-answer", "7")
        touch_stroke(page, [(0.5, 0.95), (0.5, 0.05)])
        assert scrolled(page) == before
        # Beside the pad the same finger does scroll.
        swipe(page, [(350, 700), (350, 300)])
        page.wait_for_function(
            "before => document.querySelector('[data-testid=stMain]').scrollTop > before + 100",
            arg=before,
        )


def test_no_corner_of_the_pad_is_lost_to_hidden_tools(browser: Browser, studio: Dashboard) -> None:
    with phone(browser) as page:
        open_pad(page, studio)
        nothing = picture(page)
        touch_stroke(page, [(0.95, 0.02), (0.5, 0.03), (0.5, 0.9)])
        drawn = expect_another(page, nothing)
        touch_stroke(page, [(0.8, 0.04), (0.6, 0.6)])
        expect_another(page, drawn)


def test_everything_on_a_phone_lies_below_one_another_with_the_answers_next(
    browser: Browser, studio: Dashboard
) -> None:
    with phone(browser) as page:
        open_pad(page, studio)
        keys = ("canvas.upper-canvas", ".dl-sum", ".dl-answer >> nth=0", ".dl-squares img")
        boxes = [page.locator(key).bounding_box() for key in keys]
        tops = [box["y"] for box in boxes if box]
        assert tops == sorted(tops)
        assert len(tops) == len(keys)
        # Pad and sentence are on the screen at once: nobody has to scroll to see what was read.
        assert tops[1] < 844 - 50
        main = page.locator("[data-testid=stMain]")
        assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 1


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_nothing_moves_while_answers_come_and_go(
    page: Page, studio: Dashboard, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_pad(page, studio, EIGHT)
    page.locator("canvas.upper-canvas").scroll_into_view_if_needed()
    page.evaluate(_WATCH)
    places = page.evaluate(_PLACES)
    seen = [picture(page)]
    for stroke in (SEVEN, BAR):
        draw_stroke(page, stroke)
        seen.append(expect_another(page, seen[-1]))
        expect_answers(page)
        assert page.evaluate(_PLACES) == places
    page.locator(".st-key-undo button").click()
    expect_another(page, seen[-1])
    page.locator(".st-key-clear button").click()
    expect(page.locator(".dl-said").first).to_have_text("–")
    assert page.evaluate(_PLACES) == places
    assert page.evaluate("window.shifts") == []


def test_undo_takes_back_stroke_by_stroke_on_the_same_pad(page: Page, studio: Dashboard) -> None:
    open_pad(page, studio)
    page.locator("canvas.upper-canvas").evaluate("pad => { pad.dataset.same = 'yes'; }")
    undo = page.locator(".st-key-undo button")
    expect(undo).to_be_disabled()
    seen = [picture(page)]
    for stroke in (SEVEN, BAR, [*DOT[:1], (0.2, 0.9)]):
        draw_stroke(page, stroke)
        seen.append(expect_another(page, seen[-1]))
    while len(seen) > 1:
        seen.pop()
        undo.click()
        expect(page.locator(".dl-squares img")).to_have_attribute("src", seen[-1])
    expect(undo).to_be_disabled()
    draw_stroke(page, SEVEN)
    expect_answers(page)
    # The pad was told what to show, not made anew: nothing blinked.
    expect(page.locator("canvas.upper-canvas")).to_have_attribute("data-same", "yes")


def test_a_drawing_survives_other_runs_another_way_and_another_page(
    page: Page, studio: Dashboard
) -> None:
    open_pad(page, studio)
    nothing = picture(page)
    draw_stroke(page, SEVEN)
    drawn = expect_another(page, nothing)
    expect_answers(page)
    page.get_by_role("button", name=re.compile("^Remove.*SGD")).first.click()
    expect(page.locator(".dl-answer")).to_have_count(1)
    expect(page.locator(".dl-squares img")).to_have_attribute("src", drawn)
    page.get_by_role("radio", name="Pictures").click()
    expect(page.locator("canvas.upper-canvas")).to_have_count(0)
    page.get_by_role("radio", name="Draw").click()
    expect(page.locator(".dl-squares img")).to_have_attribute("src", drawn)
    page.get_by_role("link", name="Compare").first.click()
    expect(page.locator("h1")).to_have_text("Compare")
    page.get_by_role("link", name="Draw").first.click()
    expect(page.locator(".dl-squares img")).to_have_attribute("src", drawn)
    # And it can be gone on with.
    page.locator(".st-key-undo button").click()
    expect(page.locator(".dl-sum")).to_contain_text("Draw a digit")


def test_eight_runs_answer_at_once(page: Page, studio: Dashboard) -> None:
    open_pad(page, studio, EIGHT)
    draw_stroke(page, SEVEN)
    expect_answers(page)
    assert page.locator(".dl-answer").count() == 8
    expect(page.locator(".dl-sum")).to_contain_text("7")


def test_a_step_switched_off_changes_image_answers_and_link(page: Page, studio: Dashboard) -> None:
    open_pad(page, studio)
    nothing = picture(page)
    draw_stroke(page, [(0.78, 0.72), (0.95, 0.72), (0.84, 0.95)])
    drawn = expect_another(page, nothing)
    heading = page.locator(".st-key-what_they_say h2").first
    expect(heading).to_have_text("What they say")
    page.locator(".st-key-steps").get_by_text("Centring", exact=True).click()
    aside = expect_another(page, drawn)
    expect(heading).to_have_text("Not their real answers: centring is off")
    expect(page).to_have_url(re.compile("center=off"))
    for step in ("Scaling", "Thickness"):
        page.locator(".st-key-steps").get_by_text(step, exact=True).click()
        aside = expect_another(page, aside)
    expect(heading).to_have_text("Not their real answers: 3 steps are off")
    for step in ("Centring", "Scaling", "Thickness"):
        page.locator(".st-key-steps").get_by_text(step, exact=True).click()
    expect(heading).to_have_text("What they say")
    expect(page.locator(".dl-squares img")).to_have_attribute("src", drawn)
    expect(page).not_to_have_url(re.compile("off"))


def test_a_link_says_which_steps_are_off(page: Page, studio: Dashboard) -> None:
    open_pad(page, studio, scale="off", thicken="off")
    switches = page.locator(".st-key-steps input")
    expect(switches).to_have_count(3)
    assert [switches.nth(place).is_checked() for place in range(3)] == [True, False, False]
    expect(page.locator(".dl-prepared")).to_contain_text("Without scaling")


def test_what_is_no_digit_gets_a_sentence(page: Page, studio: Dashboard) -> None:
    open_pad(page, studio)
    sentence = page.locator(".dl-sum")
    expect(sentence).to_have_text(re.compile("^Draw a digit"))
    draw_stroke(page, DOT)
    expect(sentence).to_have_text(re.compile("^That is only a dot"))
    # Everything black, in one stroke to and fro.
    rows = [(side, row / 15) for row in range(16) for side in (0.01, 0.99)[:: 1 - 2 * (row % 2)]]
    draw_stroke(page, rows)
    expect(sentence).to_have_text(re.compile("^The pad is nearly all black"))
    assert page.locator(".dl-answer[data-answer='–']").count() == 2
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    "message",
    ["hello", "data:image/png;base64,AAAA", "data:image/png;base64,é", "data:image/png,%20"],
)
def test_a_message_that_is_no_picture_gets_a_sentence(
    page: Page, studio: Dashboard, message: str
) -> None:
    open_pad(page, studio)
    page.evaluate(
        """message => {
      window.real = HTMLCanvasElement.prototype.toDataURL;
      HTMLCanvasElement.prototype.toDataURL = () => message;
    }""",
        message,
    )
    draw_stroke(page, SEVEN)
    expect(page.locator(".dl-sum")).to_contain_text("Clear the pad and draw")
    page.evaluate("() => { HTMLCanvasElement.prototype.toDataURL = window.real; }")
    page.locator(".st-key-clear button").click()
    expect(page.locator(".dl-sum")).to_contain_text("Draw a digit")
    draw_stroke(page, SEVEN)
    expect_answers(page)
