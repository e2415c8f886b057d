"""Digits of MNIST, written again stroke by stroke on the page's own pad in a real browser."""

import base64
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.drawing import to_digit
from core.learning.data import load
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard, running
from tests.support.strokes import Stroke, strokes_of
from tests.support.visitor import answers

pytestmark = [pytest.mark.browser, pytest.mark.mnist]

CHAMPION = "example-champion"
WRITTEN, AT_LEAST_RIGHT = 50, 45

# The pad's ground is a canvas of its own below the strokes.
_ON_PAD = """async canvas => {
  // What ended a moment ago is drawn with the next frame.
  for (const _ of [1, 2]) await new Promise(done => requestAnimationFrame(done));
  const layers = canvas.getRootNode().querySelectorAll("canvas.lower-canvas");
  const both = document.createElement("canvas");
  [both.width, both.height] = [canvas.width, canvas.height];
  for (const layer of layers) both.getContext("2d").drawImage(layer, 0, 0);
  return both.toDataURL();
}"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with the champion."""
    if not (PROJECT_ROOT / "runs" / CHAMPION).is_dir():
        pytest.skip(f"there is no run {CHAMPION} in runs/")
    folder = tmp_path_factory.mktemp("studio")
    shutil.copytree(PROJECT_ROOT / "runs" / CHAMPION, folder / "runs" / CHAMPION)
    yield from running(browser, Dashboard(folder / "runs", folder / "data", folder / "log"))


def on_pad(page: Page) -> np.ndarray:
    """Return what the pad in the browser shows at this moment, RGBA."""
    return pixels(page.locator("canvas.upper-canvas").evaluate(_ON_PAD))


def pixels(url: str) -> np.ndarray:
    """Return the picture in a data URL."""
    content = base64.b64decode(url.partition(";base64,")[2])
    return np.asarray(Image.open(BytesIO(content)))


def write(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw strokes with the mouse, point by point."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def seen(page: Page) -> np.ndarray | None:
    """Return the image that the page says the models get, None where it shows none."""
    url = page.locator(".dl-squares img").get_attribute("src") or ""
    return pixels(url) if url else None


def answer_to_what_is_on_pad(page: Page) -> int:
    """Wait until the page shows and has answered the whole drawing; return its answer."""
    # The image under the pad tells which drawing an answer belongs to. A grey and a coloured
    # picture of the same strokes may round to another tone here and there.
    image = to_digit(on_pad(page)).image.astype(int)
    wait_until(page, lambda: (got := seen(page)) is not None and abs(got - image).max() <= 3)
    expect_rest(page)
    return int(answers(page)[0])


def clear(page: Page) -> None:
    """Empty the pad and wait until page and pad have done so."""
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator(".dl-answer")).to_have_attribute("data-answer", "–")
    expect_rest(page)
    wait_until(page, lambda: on_pad(page).min() == 255)


def wait_until(page: Page, happens: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what only pixels tell; fail when it takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "the page does not show what is on the pad"
        page.wait_for_timeout(50)


def expect_rest(page: Page) -> None:
    expect(page.locator("[data-testid='stApp']")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )


def test_the_champion_reads_45_of_50_digits_written_on_the_pad(
    page: Page, studio: Dashboard, mnist_root: Path
) -> None:
    test = load("mnist", mnist_root).test
    chosen = np.random.default_rng(0).choice(len(test), WRITTEN, replace=False)
    page.goto(f"{studio.url}/draw?runs={CHAMPION}")
    expect(page.locator("canvas.upper-canvas")).to_have_attribute("data-fit", "yes")
    expect(page.locator(".dl-answer")).to_have_count(1)
    expect_rest(page)
    page.locator("canvas.upper-canvas").scroll_into_view_if_needed()
    read = []
    for index in chosen:
        write(page, strokes_of(test.pixels[index].numpy()))
        read.append(answer_to_what_is_on_pad(page))
        clear(page)
    right = np.array(read) == test.labels[chosen].numpy()
    misread = [(int(index), answer) for index, answer in zip(chosen, read, strict=True)]
    wrong = [pair for pair, good in zip(misread, right, strict=True) if not good]
    assert right.sum() >= AT_LEAST_RIGHT, f"misread (test image, answer): {wrong}"
