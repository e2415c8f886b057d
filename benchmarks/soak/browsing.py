"""Visitors with real browsers, in a process of their own: the same round as those without.

    python -m benchmarks.soak.browsing --url URL --visitors 5 --seconds 180 --link runs=… …

Says "ready", begins with the next line that it reads, and prints what they went through as one
line of JSON.
"""

import argparse
import asyncio
import json
import random
import time
from typing import Final

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright
from playwright.async_api import Error as BrowserError

from benchmarks.soak.answers import WORDS, Answer, Outcome, together
from benchmarks.soak.elsewhere import stand_back, stand_back_too, wait_for_start
from benchmarks.soak.visiting import ARRIVAL_SECONDS, PAUSE_SECONDS
from tests.support.browser import ABSENT, ARGUMENTS, find_chromium

_PATIENCE: Final = 60_000  # milliseconds
_AGAIN: Final = 0.25
_STROKES: Final = 2
# Both charts with lines in them.
_DRAWN: Final = """() => [...document.querySelectorAll(".dl-chart")].slice(0, 2).filter(
  (chart) => chart.querySelector(".scatterlayer .trace")).length === 2"""
# The title below the curves' horizontal axis, which says along what they are drawn.
_AXIS: Final = """() => document.querySelector(".dl-chart .xtitle")?.textContent ?? ''"""
_AXIS_CHANGED: Final = f"(before) => ({_AXIS})() !== before"
_TITLED: Final = "(name) => document.querySelector('h1')?.textContent === name"
_CELL: Final = "() => new URL(location).pathname === '/mistakes' && !!document.querySelector('h1')"
# What the models say, and what they get: a second stroke over the first may change no percentage.
_BARS: Final = """() => [...document.querySelectorAll(".dl-bars, .st-key-what_they_see img")].map(
  (part) => part.outerHTML).join()"""
_ANSWERED: Final = f"(before) => ({_BARS})() !== before"
_BOXES: Final = """() => [...document.querySelectorAll(
  "[data-testid=stException], [data-testid=stAlertContentError]"
)].map((box) => box.textContent)"""


class BrowserVisitor:
    """Somebody with a browser of their own."""

    def __init__(
        self, page: Page, url: str, link: str, seed: int, begun: float, end: float
    ) -> None:
        self._page = page
        self._url = url
        self._link = link
        self._chance = random.Random(seed)
        self._begun = begun
        self._end = end
        self._doing = ""
        self.outcome = Outcome(visitors=1)
        page.set_default_timeout(_PATIENCE)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.outcome.problems.append(f"script: {error}"))

    async def visit(self) -> None:
        """Come at some moment of the first seconds, and stay until the end."""
        await asyncio.sleep(self._chance.uniform(0, ARRIVAL_SECONDS))
        opened = False
        try:
            while time.monotonic() < self._end:
                await self._round(again=not opened or self._chance.random() < _AGAIN)
                opened = True
        except BrowserError as error:
            said = error.message.splitlines()[0]
            self.outcome.lost.append(f"browser, {self._doing or 'nothing'}: {said}")

    async def _round(self, *, again: bool) -> None:
        page = self._page
        if again:
            await self._act("open", self._open())
        else:
            await self._act("go", self._go("Compare"))
        await self._act("click", self._press())
        matrices = page.locator(".dl-chart:has(.heatmaplayer)")
        if await matrices.count():
            await self._act("cell", self._click_cell())
        await self._act("go", self._go("Draw"))
        for _ in range(_STROKES):
            await self._act("draw", self._draw())

    async def _open(self) -> float:
        started = time.perf_counter()
        await self._page.goto(f"{self._url}/compare?{self._link}", wait_until="commit")
        await self._page.wait_for_function(_DRAWN)
        return time.perf_counter() - started

    async def _go(self, name: str) -> float:
        page = self._page
        # The bar is at the top of the page, and moves out of sight with it.
        link = page.get_by_role("link", name=name).first
        await link.scroll_into_view_if_needed()
        started = time.perf_counter()
        await link.click()
        await page.wait_for_function(_TITLED, arg=name)
        if name == "Compare":
            await page.wait_for_function(_DRAWN)
        else:
            await page.wait_for_selector("canvas.upper-canvas")
        return time.perf_counter() - started

    async def _press(self) -> float:
        """Choose along what the curves are drawn; the axis says when it is done."""
        page = self._page
        row = page.locator(".st-key-link_axis, [class*=st-key-link_axis_]").first
        await row.scroll_into_view_if_needed()
        buttons = row.locator("button[aria-checked=false], button[aria-pressed=false]")
        if not await buttons.count():
            buttons = row.locator("button:not([kind$=Active]):not([data-selected])")
        before = await page.evaluate(_AXIS)
        started = time.perf_counter()
        await buttons.nth(self._chance.randrange(await buttons.count())).click()
        await page.wait_for_function(_AXIS_CHANGED, arg=before)
        return time.perf_counter() - started

    async def _click_cell(self) -> float:
        page = self._page
        chart = page.locator(".dl-chart:has(.heatmaplayer)").first
        await chart.scroll_into_view_if_needed()
        box = await chart.locator(".nsewdrag").first.bounding_box()
        assert box is not None
        at = self._chance.choice((0.15, 0.35, 0.55, 0.75))
        started = time.perf_counter()
        await page.mouse.click(box["x"] + at * box["width"], box["y"] + 0.5 * box["height"])
        await page.wait_for_function(_CELL)
        return time.perf_counter() - started

    async def _draw(self) -> float:
        page = self._page
        pad = page.locator("canvas.upper-canvas")
        await pad.scroll_into_view_if_needed()
        await page.wait_for_timeout(800)  # the pad takes strokes only once it has drawn its ground
        box = await pad.bounding_box()
        assert box is not None
        before = await page.evaluate(_BARS)
        x = self._chance.uniform(0.25, 0.75)
        await page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.2 * box["height"])
        await page.mouse.down()
        for y in (0.4, 0.6, 0.8):
            await page.mouse.move(
                box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4
            )
        started = time.perf_counter()
        await page.mouse.up()
        await page.wait_for_function(_ANSWERED, arg=before)
        return time.perf_counter() - started

    async def _act(self, kind: str, doing) -> None:  # type: ignore[no-untyped-def]
        if time.monotonic() > self._end:
            doing.close()
            return
        self._doing = WORDS[kind]
        begun = time.monotonic() - self._begun
        self.outcome.answers.append(Answer(kind, begun, await doing))
        self.outcome.problems += await self._page.evaluate(_BOXES)
        await asyncio.sleep(self._chance.uniform(*PAUSE_SECONDS))

    def _note(self, message: ConsoleMessage) -> None:
        # Streamlit's page asks at two addresses for its server before a deep link's own.
        expected = "_stcore/" in (message.location or {}).get("url", "")
        if message.type == "error" and not expected:
            self.outcome.problems.append(f"console: {message.text}")


async def visit(url: str, links: list[str], count: int, seconds: float, seed: int) -> Outcome:
    """Let `count` browsers come, the first to the first of `links`, and so on in turn."""
    chromium = find_chromium()
    if chromium is None:
        return Outcome(lost=[ABSENT])
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        stand_back_too()
        pages = [await _new_page(browser) for _ in range(count)]
        for number, page in enumerate(pages):
            await _get_to_know(page, f"{url}/compare?{links[number % len(links)]}")
        begun = wait_for_start()
        visitors = [
            BrowserVisitor(
                page, url, links[number % len(links)], seed + number, begun, begun + seconds
            )
            for number, page in enumerate(pages)
        ]
        await asyncio.gather(*(visitor.visit() for visitor in visitors))
        await browser.close()
    return together(visitor.outcome for visitor in visitors)


async def _new_page(browser: Browser) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    return await context.new_page()


async def _get_to_know(page: Page, address: str) -> None:
    """Open a page once and leave it: its scripts, 12 MB, are there when it is opened again."""
    await page.goto(address, wait_until="commit")
    await page.wait_for_function(_DRAWN, timeout=_PATIENCE)
    await page.goto("about:blank")


def main() -> None:
    """Read the arguments, let the visitors come, say what they went through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--visitors", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--link", action="append", required=True, help="what follows the ?")
    given = parser.parse_args()
    stand_back()
    found = asyncio.run(visit(given.url, given.link, given.visitors, given.seconds, given.seed))
    print(json.dumps(found.plain()))


if __name__ == "__main__":
    main()
