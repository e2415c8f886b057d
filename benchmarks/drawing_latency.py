"""How soon after the finger is lifted the answers to a drawing are shown, and what takes how long.

    make bench          (or: python benchmarks/drawing_latency.py [--runs 1 2 4 8] [--strokes 30])

Draws on the Draw page in a real browser, so it needs Chromium and Playwright. The runs are copies
of the finished examples, each with a model of its own. The times are the browser's: from the
event of lifting to the first frame after the answers changed.
"""

import itertools
import math
import shutil
import statistics
import sys
import tempfile
import urllib.parse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from measuring import counted, machine_sentence, parser_of, table, today, verdict, write_between

from core.settings import PROJECT_ROOT, core_count

_EXAMPLES: Final = ("example-sgd", "example-adam", "example-champion")
_WANTED: Final = {4: 500.0}  # milliseconds, at most, median
_WARM_UP: Final = 3  # strokes that do not count
_PAUSE_MS: Final = 700  # between two strokes: the page is at rest again
# Digits stroke by stroke, as fractions of the pad's side.
_DIGITS: Final = (
    (((0.3, 0.2), (0.7, 0.2), (0.45, 0.85)), ((0.35, 0.5), (0.65, 0.5))),
    (((0.35, 0.15), (0.3, 0.55), (0.7, 0.55)), ((0.6, 0.3), (0.6, 0.85))),
    (((0.4, 0.2), (0.38, 0.5), (0.65, 0.55), (0.6, 0.8), (0.35, 0.82)), ((0.4, 0.2), (0.7, 0.18))),
)
# Notes when a stroke ended, when something was sent after it, when something came, and when the
# changed answers were in a frame.
_WATCH: Final = """(() => {
  const times = { ended: 0, sent: 0, came: [], shown: 0 };
  window.strokeTimes = times;
  let before = "";
  const answers = () =>
    [...document.querySelectorAll(".dl-answers")].map((each) => each.innerHTML).join();
  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => times.came.push(performance.now()));
    }
    send(message) {
      if (times.ended && !times.sent) times.sent = performance.now();
      super.send(message);
    }
  };
  const end = (event) => {
    if (!event.composedPath().some((each) => each.tagName === "CANVAS")) return;
    before = answers();
    Object.assign(times, { ended: event.timeStamp, sent: 0, came: [], shown: 0, changed: 0 });
  };
  document.addEventListener("mouseup", end, true);
  new MutationObserver(() => {
    if (!times.ended || times.changed || answers() === before) return;
    times.changed = performance.now();
    requestAnimationFrame(() => setTimeout(() => { times.shown = performance.now(); }));
  }).observe(document, { subtree: true, childList: true });
})();"""

# Milliseconds: all of it, until something was sent, until the last of it came back, until shown.
Stroke = tuple[float, float, float, float]


def measure(counts: Sequence[int], strokes: int) -> str:
    """Return the table of all counts of runs, or a sentence that says why there is none."""
    # The tests' own browser and server.
    sys.path.insert(0, str(PROJECT_ROOT))
    from tests.support.browser import ABSENT, ARGUMENTS, find_chromium
    from tests.support.dashboard import Dashboard

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "Not measured in a browser: Playwright is not installed."
    chromium = find_chromium()
    if chromium is None:
        return f"Not measured in a browser. {ABSENT}"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        ids = _copy_examples(folder / "runs", max(counts))
        server = Dashboard(folder / "runs", folder / "data", folder / "log")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        server.start()
        try:
            rows = [_row(browser, server.url, ids[:count], strokes) for count in counts]
        finally:
            browser.close()
            server.stop()
    head = (
        "runs",
        "median, ms",
        "95 of 100 within, ms",
        "of the median: pad until it tells, ms",
        "server, ms",
        "browser, ms",
        "wanted",
    )
    return table(head, rows)


def _copy_examples(root: Path, count: int) -> list[str]:
    """Make so many finished runs, of each example in turn; return their ids."""
    there = [name for name in _EXAMPLES if (PROJECT_ROOT / "runs" / name).is_dir()]
    ids = []
    for place, name in zip(range(count), itertools.cycle(there), strict=False):
        ids.append(name if place < len(there) else f"{name}-{place}")
        shutil.copytree(PROJECT_ROOT / "runs" / name, root / ids[-1])
    return ids


def _row(browser: Any, url: str, ids: Sequence[str], strokes: int) -> tuple[str, ...]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.goto(f"{url}/draw?{urllib.parse.urlencode([('runs', run_id) for run_id in ids])}")
    page.wait_for_selector("canvas.upper-canvas", timeout=60_000)
    page.wait_for_function(
        "count => document.querySelectorAll('.dl-answer').length === count", arg=len(ids)
    )
    page.wait_for_timeout(2_000)
    found = _draw(page, strokes + _WARM_UP)[_WARM_UP:]
    context.close()
    total, pad, server, shown = ([one[part] for one in found] for part in range(4))
    median = statistics.median(total)
    late = sorted(total)[math.ceil(0.95 * len(total)) - 1]
    parts = [f"{statistics.median(part):.0f}" for part in (pad, server, shown)]
    most = _WANTED.get(len(ids))
    wanted = f"at most {most:.0f} ms ({verdict(median <= most)})" if most else ""
    line = (f"{len(ids)}", f"{median:.0f}", f"{late:.0f}", *parts, wanted)
    print("  " + "; ".join(line), flush=True)
    return line


def _draw(page: Any, strokes: int) -> list[Stroke]:
    """Draw digit after digit, clearing the pad in between; return the times of each stroke."""
    found: list[Stroke] = []
    digits = itertools.cycle(_DIGITS)
    while len(found) < strokes:
        for stroke in next(digits):
            found.append(_one_stroke(page, stroke))
            page.wait_for_timeout(_PAUSE_MS)
        page.locator(".st-key-clear button").click()
        page.wait_for_function("document.querySelector('.dl-answer').dataset.answer === '–'")
        page.wait_for_timeout(_PAUSE_MS)
    return found[:strokes]


def _one_stroke(page: Any, stroke: Iterable[tuple[float, float]]) -> Stroke:
    box = page.locator("canvas.upper-canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*places[0])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    page.wait_for_function("window.strokeTimes.shown > 0", timeout=60_000)
    times = page.evaluate("window.strokeTimes")
    last = max(moment for moment in times["came"] if moment <= times["changed"])
    return (
        times["shown"] - times["ended"],
        times["sent"] - times["ended"],
        last - times["sent"],
        times["shown"] - last,
    )


def main() -> None:
    """Measure, print, and write the table where asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--runs", nargs="+", type=int, choices=range(1, 9), default=[1, 2, 4, 8])
    parser.add_argument("--strokes", type=int, default=30, help="that count, for each row")
    options = parser.parse_args()
    machine = (
        f"Measured on {today()}. {machine_sentence()}. {counted(options.strokes, 'stroke')} a row; "
        f"server and browser share the {counted(core_count(), 'core')}."
    )
    print(machine, flush=True)
    rows = measure(options.runs, options.strokes)
    print(rows)
    if options.write:
        write_between(options.write, "drawing latency", f"{machine}\n\n{rows}")


if __name__ == "__main__":
    main()
