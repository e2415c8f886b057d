"""Every page as people meet it who cannot see it well, or use no mouse: axe-core and the keyboard.

Each page is opened once in light and once in dark, led through its states, and looked at on a
wide screen and on a phone.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.recipes import find_recipe
from core.report.page import build_report
from core.runs.bin import discard
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_sweep
from core.runs.groups import GroupStore
from core.runs.labels import relabel
from core.runs.queue import cancel
from core.runs.records import new_status
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.axe import SERIOUS, find_faults
from tests.support.dashboard import Dashboard, running
from tests.support.groups import TINY, end_all, now
from tests.support.visitor import draw_stroke
from tests.test_live import wait_for_epoch, wait_for_state

pytestmark = pytest.mark.browser

PAIR = "runs=example-sgd&runs=example-adam"
SHORT = find_recipe("article1-adam").config.replace(dataset="digits", epochs=2)
LONG = SHORT.replace(epochs=5_000)
ASSETS = PROJECT_ROOT / "core" / "ui" / "assets"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
GROUNDS = {"light": (255, 255, 255), "dark": (20, 22, 31)}
THEMES = tuple(GROUNDS)

# What breaks a rule inside Streamlit's own widgets and cannot be mended from outside: the rule,
# which elements, and why. Nothing else is spared, and no rule as a whole.
SPARED: dict[tuple[str, str], str] = {}

Action = Callable[[Page], object]
States = Mapping[str, Action]


def nothing(page: Page) -> None:
    """Leave the page as it opened."""


def press(name: str) -> Action:
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def open_folds(page: Page) -> None:
    closed = page.locator("[data-testid='stMain'] details:not([open]) > summary")
    while closed.count():
        closed.first.click()
        page.wait_for_timeout(400)


def open_form(page: Page) -> None:
    page.get_by_text("More settings", exact=True).click()
    expect(page.get_by_label("Hidden layers", exact=True)).to_be_visible()


def spoil_form(page: Page) -> None:
    hidden = page.get_by_label("Hidden layers", exact=True)
    hidden.fill("ten")
    hidden.press("Enter")
    expect(page.get_by_text("hidden layers must be a whole number, got ten")).to_be_visible()


def open_dialog(page: Page) -> None:
    page.get_by_role("button", name="Edit name, notes and tags: trained").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def close(page: Page) -> None:
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def tick(page: Page) -> None:
    close(page)
    page.get_by_label("Choose trained").check()


def choose_part(name: str) -> Action:
    return lambda page: page.get_by_role("radio", name=name).click()


def open_a_digit(page: Page) -> None:
    page.locator(".dl-digit").first.click()
    expect(page.locator("[role='dialog'] .dl-spoke").first).to_be_visible()


def draw_a_seven(page: Page) -> None:
    draw_stroke(page, [(0.28, 0.25), (0.72, 0.25), (0.45, 0.82)])
    expect(page.locator(".dl-answer[data-answer='7']").first).to_be_visible()


def correct_an_example(page: Page) -> None:
    page.get_by_role("button", name="Try it with an example").click()
    page.locator(".dl-box").nth(1).click()
    page.get_by_role("radio", name="3", exact=True).click()
    expect(page.locator(".dl-settled")).to_be_visible()


# A page by its address, and its states: each is reached from the one before.
PAGES: dict[str, tuple[str, States]] = {
    "runs": (
        "",
        {
            "opened": nothing,
            "menu": press("More for trained"),
            "dialog": open_dialog,
            "ticked": tick,
            "columns": press("Columns"),
            "archive": choose_part("Archived"),
            "bin": choose_part("Bin"),
        },
    ),
    "runs-form": ("", {"more": open_form, "wrong": spoil_form}),
    "compare": (f"compare?{PAIR}", {"opened": nothing, "unfolded": open_folds}),
    "compare-one": ("compare?runs=example-sgd", {"opened": nothing}),
    "compare-none": ("compare?runs=", {"opened": nothing}),
    "mistakes": (f"mistakes?{PAIR}", {"sheet": nothing, "map": open_folds, "digit": open_a_digit}),
    "draw": (f"draw?{PAIR}", {"empty": nothing, "drawn": draw_a_seven}),
    "pictures": (f"draw?way=picture&{PAIR}", {"empty": nothing, "read": correct_an_example}),
}
EMPTY: States = {"opened": nothing}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with runs of every kind: trained by it, failed, archived, deleted, of a sweep."""
    folder = tmp_path_factory.mktemp("lab")
    runs = folder / "runs"
    for example in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / example, runs / example)
    shutil.copytree(runs / "example-adam", runs / "archived")
    store, groups = RunStore(runs), GroupStore(runs)
    relabel(store, "archived", name="old", archived=True)
    for state in ("failed", "crashed", "cancelled"):
        run_id = store.create(SHORT, name=state)
        store.write_status(run_id, new_status(state, reason="It broke."))
    discard(store, run_id)
    sweep = plan_sweep(TINY, {"seed": [1, 2]}, name="", limit=10)
    launch_group(store, groups, sweep)
    end_all(store, now(groups, sweep))
    trained = store.create(SHORT, name="trained")
    relabel(store, trained, starred=True, tags=["a tag"], notes="What it was for.")
    for dashboard in running(browser, Dashboard(runs, folder / "data", folder / "log")):
        wait_for_state(store, trained, "finished", seconds=120)
        yield dashboard


@pytest.fixture
def emptied(lab: Dashboard, tmp_path: Path) -> Iterator[Dashboard]:
    """The same dashboard while its run folder is empty."""
    kept = [*lab.runs.iterdir()]
    for path in kept:
        path.rename(tmp_path / path.name)
    yield lab
    for path in kept:
        (tmp_path / path.name).rename(path)


def settle(page: Page) -> None:
    """Wait until the server has said all, and every chart is drawn."""
    expect(page.locator("[data-testid='stApp']")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )
    expect(page.locator("[data-testid='stSkeleton']")).to_have_count(0)
    expect(page.locator(".dl-chart:not(:has(.main-svg))")).to_have_count(0)
    page.wait_for_timeout(400)


def look(page: Page, state: str) -> list[str]:
    """Return what is serious in this state, on a wide screen and on a phone."""
    found = []
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        page.wait_for_timeout(400)
        faults = [fault for fault in find_faults(page, SPARED) if fault.impact in SERIOUS]
        found += [f"{state}, {size['width']} pixels: {fault}" for fault in faults]
    return found


def walk(page: Page, url: str, theme: str, states: States) -> None:
    """Lead the page at `url` through `states`; nothing serious may be found in any of them."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(url)
    expect(page.locator("h1")).to_be_visible()
    found = []
    for name, act in states.items():
        act(page)
        settle(page)
        found += look(page, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(page: Page, lab: Dashboard, name: str, theme: str) -> None:
    path, states = PAGES[name]
    walk(page, f"{lab.url}/{path}", theme, states)


@pytest.mark.parametrize("theme", THEMES)
def test_a_chosen_button_stays_readable_under_the_mouse(
    page: Page, lab: Dashboard, theme: str
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(lab.url)
    chosen = page.get_by_role("radio", name="Bin")
    chosen.click()
    expect(page).to_have_url(re.compile("show=bin"))
    page.mouse.move(0, 0)
    settle(page)
    chosen.hover()
    expect(page.locator("button[data-selected][data-hovered]")).to_have_count(1)
    faults = [fault for fault in find_faults(page, SPARED) if fault.impact in SERIOUS]
    assert not faults, "\n".join(map(str, faults))


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_where_there_are_no_runs(
    page: Page, emptied: Dashboard, theme: str
) -> None:
    walk(page, emptied.url, theme, EMPTY)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_while_a_run_trains(
    page: Page, lab: Dashboard, theme: str
) -> None:
    store = RunStore(lab.runs)
    run_id = store.create(LONG, name="training")
    wait_for_epoch(store, run_id)
    try:
        page.emulate_media(color_scheme=theme)
        found = []
        for path in ("", f"compare?runs={run_id}&runs=example-adam"):
            page.goto(f"{lab.url}/{path}")
            expect(page.get_by_role("progressbar", name="Progress of training")).to_be_visible()
            # Streamlit dims what a slow server is about to redraw; on a busy one, every second.
            page.add_style_tag(content="[data-stale='true'] { opacity: 1 !important }")
            found += look(page, path or "runs")
        assert not found, "\n".join(found)
    finally:
        cancel(store, run_id)
        wait_for_state(store, run_id, "cancelled")
        discard(store, run_id)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_in_the_report(
    page: Page, lab: Dashboard, tmp_path: Path, theme: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(build_report(RunStore(lab.runs), ["example-sgd", "example-adam"]))
    page.emulate_media(color_scheme=theme)
    page.goto(path.as_uri())
    expect(page.locator(".chart:not(:has(.main-svg))")).to_have_count(0)
    found = look(page, "opened")
    page.locator("details").evaluate_all("folds => folds.forEach(fold => fold.open = true)")
    found += look(page, "unfolded")
    assert not found, "\n".join(found)


def test_what_is_wrong_would_be_found(page: Page) -> None:
    page.set_content("<html lang='en'><title>x</title><main><h1>x</h1><button></button></main>")
    (fault,) = find_faults(page)
    assert (fault.rule, fault.impact, fault.place) == ("button-name", "critical", "button")
    assert find_faults(page, [("button-name", "main button")]) == []
    assert find_faults(page, [("button-name", "main a")]) == [fault]


@pytest.mark.parametrize("name", ["Runs", "Compare", "Mistakes", "Draw"])
def test_each_page_has_a_title_of_its_own(page: Page, lab: Dashboard, name: str) -> None:
    page.goto(f"{lab.url}/{'' if name == 'Runs' else name.lower()}")
    expect(page).to_have_title(f"{name} · Digit Lab")


def luminance(colour: tuple[int, ...]) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    shares = [part / 255 for part in colour]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("path", "selectors"),
    [
        (
            "",
            ["nav a", ".dl-open", ".dl-more", "summary", "[data-testid='stMain'] .stButton button"],
        ),
        (f"compare?{PAIR}", [".modebar-btn", ".dl-scroll", "button[role='radio']"]),
        (f"mistakes?{PAIR}", [".dl-digit"]),
    ],
)
def test_where_the_keyboard_is_can_be_seen(
    page: Page, lab: Dashboard, theme: str, path: str, selectors: list[str]
) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(f"{lab.url}/{path}")
    expect(page.locator("h1")).to_be_visible()
    settle(page)
    page.keyboard.press("Tab")
    for selector in selectors:
        element = page.locator(f"{selector}:not(:disabled)").first
        element.focus()
        style, width, colour = element.evaluate(
            "element => (({ outlineStyle, outlineWidth, outlineColor }) => "
            "[outlineStyle, outlineWidth, outlineColor])(getComputedStyle(element))"
        )
        assert (style, width) == ("solid", "3px"), selector
        ring = tuple(map(int, re.findall(r"\d+", colour)))
        assert len(ring) == 3, f"{selector}: {colour} is not opaque"
        assert contrast(ring, GROUNDS[theme]) >= 3, selector


@pytest.mark.parametrize(
    ("style", "content", "bar"),
    [
        (
            "app.css",
            "<div class='dl-progress'><div role='progressbar'><div></div></div></div>",
            "[role='progressbar'] > div",
        ),
        (
            "run_table.css",
            "<div class='dl-runs'><div class='dl-bar'><div></div></div></div>",
            ".dl-bar > div",
        ),
    ],
)
def test_bars_jump_for_those_who_asked_for_less_motion(
    page: Page, style: str, content: str, bar: str
) -> None:
    page.set_content(content)
    page.add_style_tag(path=ASSETS / style)
    glides = "bar => getComputedStyle(bar).transitionDuration"
    assert page.locator(bar).evaluate(glides) != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert page.locator(bar).evaluate(glides) == "0s"
