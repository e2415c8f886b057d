"""Take the README's screenshots: `make screenshots` (light; 1440 pixels wide, and Draw on a phone).

Needs Chromium.
Shows the two example runs on a dashboard of its own, so the pictures are the same everywhere.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tests.support.browser import ARGUMENTS, find_chromium  # noqa: E402
from tests.support.dashboard import Dashboard  # noqa: E402
from tests.support.visitor import draw_stroke  # noqa: E402

PHONE = {"width": 390, "height": 844}
PAGES = ("runs", "compare", "mistakes", "draw")
# A seven, as fractions of the pad's side.
SEVEN = [(0.28, 0.25), (0.72, 0.25), (0.45, 0.82)]


def main() -> None:
    """Write docs/<page>.png for each page, and docs/draw_phone.png."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Screenshots need Chromium, which is not on this machine.")
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        for example in sorted((PROJECT / "runs").glob("example-*")):
            shutil.copytree(example, runs / example.name)
        dashboard = Dashboard(runs, PROJECT / "data", Path(folder) / "log")
        dashboard.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                for name in PAGES:
                    # Compare shows its curves only below the verdict.
                    height = 1200 if name == "compare" else 900
                    page.set_viewport_size({"width": 1440, "height": height})
                    open_page(page, dashboard.url, name)
                    page.screenshot(path=PROJECT / "docs" / f"{name}.png")
                phone = browser.new_page(viewport=PHONE, has_touch=True, is_mobile=True)
                open_page(phone, dashboard.url, "draw")
                phone.screenshot(path=PROJECT / "docs" / "draw_phone.png")
                browser.close()
        finally:
            dashboard.stop()


def open_page(page: Page, url: str, name: str) -> None:
    """Open a page; on Draw, write a seven and wait for what is said of it."""
    page.goto(f"{url}/{'' if name == 'runs' else name}")
    page.locator("h1").wait_for()
    if name == "draw":
        draw_stroke(page, SEVEN)
        page.locator(".dl-answer[data-answer='7']").first.wait_for()
    page.wait_for_timeout(2500)


if __name__ == "__main__":
    main()
