"""Pictures from outside in a real browser: found, read, corrected by hand, many in a table."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from core.runs.store import RunStore
from tests.support.axe import SERIOUS, find_faults
from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.dashboard import Dashboard, running
from tests.support.fingers import swipe
from tests.support.photos import line_of, photographed, stacked
from tests.support.pictures import one_bit_png
from tests.support.zip_files import zipped

pytestmark = pytest.mark.browser

NUMBER = "72104"  # the first five of MNIST's test images, which a run keeps


@pytest.fixture(scope="module")
def line(gallery: Dashboard) -> bytes:
    """A photo of a line of five digits that both example runs read right."""
    digits = RunStore(gallery.runs).digits("example-adam")
    return png(composed([digits[index] for index in range(5)]))


def composed(images: Sequence[np.ndarray]) -> Image.Image:
    chance = np.random.default_rng(3)
    ink = stacked([line_of(np.stack(images), chance, 60, (0.3, 0.6))], 60, chance)
    return photographed(ink, chance, light_on_dark=False)


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def open_pictures(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/draw?way=picture&runs=example-sgd&runs=example-adam")
    expect(page.locator("input[type=file]")).to_be_attached()


def choose_files(page: Page, *files: tuple[str, bytes]) -> None:
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "", "buffer": content} for name, content in files]
    )


def boxes(page: Page) -> Locator:
    return page.locator(".dl-box")


def numbers(page: Page) -> Locator:
    """What each run reads."""
    return page.locator(".dl-numbers .dl-number")


def expect_numbers(page: Page, *expected: str) -> None:
    for place, number in enumerate(expected):
        expect(numbers(page).nth(place)).to_have_attribute("data-number", number)
    expect(numbers(page)).to_have_count(len(expected))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def set_up(page: Page, dashboard: Dashboard, line: bytes) -> None:
    open_pictures(page, dashboard)
    choose_files(page, ("line.png", line))
    expect(boxes(page)).to_have_count(5)


def test_a_line_of_digits_is_boxed_in_order_and_read_as_a_number(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    expect_numbers(page, NUMBER, NUMBER)
    assert boxes(page).locator(".dl-box-place").all_text_contents() == list("12345")
    assert boxes(page).locator(".dl-box-said").all_text_contents() == list(NUMBER)
    assert boxes(page).nth(1).get_attribute("aria-label") == (
        "Digit 2 of 5: SGD (article 1) reads 2 and Adam (article 1) reads 2"
    )
    expect(page.get_by_text(f"Both read {NUMBER}.")).to_be_visible()


def test_a_chosen_digit_is_shown_as_the_models_get_it_with_ten_bars_a_run(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    boxes(page).nth(2).click()
    expect(page.get_by_role("heading", name="Digit 3 of 5")).to_be_visible()
    expect(page.get_by_alt_text(re.compile("as the models get it, 28×28"))).to_be_visible()
    expect(page.locator(".dl-answer .dl-bars")).to_have_count(2)
    expect(page.locator(".dl-answer").first).to_have_attribute("data-answer", "1")


def test_boxes_are_removed_added_and_found_again(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    boxes(page).nth(1).click()
    place = boxes(page).nth(1).bounding_box()
    assert place is not None
    press(page, "Remove this box")
    expect_numbers(page, "7104", "7104")
    press(page, "Add a box")
    page.mouse.move(place["x"] - 3, place["y"] - 3)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] + 3, place["y"] + place["height"] + 3, steps=5)
    page.mouse.up()
    expect_numbers(page, NUMBER, NUMBER)
    press(page, "Add a box")
    page.locator(".dl-stage").click(position={"x": 8, "y": 8})
    expect(page.get_by_text("There is only paper in a dotted box")).to_be_visible()
    expect_numbers(page, NUMBER, NUMBER)
    page.get_by_role("button", name="Back to what was found").click()
    expect(boxes(page)).to_have_count(5)
    expect(page.get_by_text("There is only paper in a dotted box")).to_have_count(0)


def test_a_box_is_moved_resized_and_removed_by_keys_alone(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    box = boxes(page).nth(4)
    box.press("Enter")
    expect(page.get_by_role("heading", name="Digit 5 of 5")).to_be_visible()
    before = box.bounding_box()
    box.press("ArrowDown")
    box.press("Shift+ArrowRight")
    expect(page.get_by_role("button", name="Back to what was found")).to_be_visible()
    after = box.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] > before["y"]
    assert after["width"] > before["width"]
    box.press("Delete")
    expect(boxes(page)).to_have_count(4)
    expect_numbers(page, NUMBER[:4], NUMBER[:4])
    expect(boxes(page).nth(3)).to_be_focused()


def test_a_box_is_dragged_to_where_it_shall_stand(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    boxes(page).first.click()
    expect(page.get_by_role("heading", name="Digit 1 of 5")).to_be_visible()
    own, last = boxes(page).first.bounding_box(), boxes(page).last.bounding_box()
    assert own is not None
    assert last is not None
    page.mouse.move(own["x"] + own["width"] / 2, own["y"] + own["height"] / 2)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] / 2, last["y"] + last["height"] / 2, steps=6)
    page.mouse.up()
    # The box is now around the digit that has a box already: it reads that one too.
    expect_numbers(page, "21044", "21044")


def test_the_right_digit_is_typed_and_shown_beside_what_the_runs_read(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    boxes(page).nth(3).click()
    expect(page.get_by_role("heading", name="Digit 4 of 5")).to_be_visible()
    page.get_by_role("radio", name="6", exact=True).click()
    expect(page.locator(".dl-settled")).to_have_attribute("data-number", "72164")
    expect_numbers(page, NUMBER, NUMBER)
    expect(numbers(page).first).to_contain_text("Misread: digit 4.")
    expect(page.get_by_text("The models do not change by this")).to_be_visible()
    # By a key on the picture too.
    boxes(page).nth(3).press("0")
    expect(page.locator(".dl-settled")).to_have_attribute("data-number", NUMBER)


def test_the_picture_outlives_a_change_of_runs_and_of_page(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    set_up(page, gallery, line)
    boxes(page).first.click()
    press(page, "Remove this box")
    expect_numbers(page, "2104", "2104")
    page.get_by_role("button", name="Remove SGD (article 1)").click()
    expect_numbers(page, "2104")
    page.get_by_role("radio", name="Draw").click()
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    page.get_by_role("radio", name="Pictures").click()
    expect_numbers(page, "2104")
    expect(page.get_by_text("Read here: “line.png”")).to_be_visible()
    press(page, "Remove")
    expect(page.locator(".dl-boxes")).to_have_count(0)


def test_a_zip_becomes_a_table_and_a_csv_file(page: Page, gallery: Dashboard, line: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("=2+3.png", line)
        archive.writestr("notes.txt", "no picture")
        archive.writestr("blank.png", png(Image.new("L", (200, 200), 250)))
    open_pictures(page, gallery)
    choose_files(page, ("all.zip", buffer.getvalue()))
    rows = page.locator(".dl-batch tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text(NUMBER)
    expect(rows.nth(1)).to_contain_text("cannot be read as a picture")
    expect(rows.nth(2)).to_contain_text("can't find a digit here")
    expect(page.get_by_text("1 picture with 5 digits. 2 could not be read")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    table = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["picture"] for row in table] == ["'=2+3.png", "notes.txt", "blank.png"]
    assert table[0]["Adam (article 1) reads"] == NUMBER
    assert 0.1 <= float(table[0]["SGD (article 1) is sure of it"]) <= 1


def test_reading_many_is_stopped_and_keeps_what_it_has(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(150):
            archive.writestr(f"{number}.png", line)
    open_pictures(page, gallery)
    choose_files(page, ("all.zip", buffer.getvalue()))
    expect(page.get_by_text(re.compile("^Picture [0-9]+ of 150$"))).to_be_visible()
    press(page, "Stop here")
    rows = page.locator(".dl-batch tbody tr")
    expect(rows.first).to_contain_text(NUMBER)
    assert rows.count() < 150
    expect(page.get_by_text("You stopped: ")).to_be_visible()


def test_bad_files_get_a_sentence_and_the_next_good_one_is_read(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    photo = io.BytesIO()
    Image.open(io.BytesIO(line)).convert("RGB").save(photo, "JPEG")
    open_pictures(page, gallery)
    for name, content, sentence in (
        ("letter.png", b"Dear teacher, this is no picture.", "cannot be read as a picture"),
        ("empty.png", b"", "is empty"),
        ("black.png", png(Image.new("L", (200, 200), 0)), "I can't find a digit here"),
        ("half.jpg", photo.getvalue()[: len(photo.getvalue()) // 2], "is damaged"),
        ("huge.png", one_bit_png(30_000, 30_000), "more than 40 megapixels"),
        ("torn.zip", b"PK\x03\x04", "It is damaged, or not a zip file."),
        ("bomb.zip", zipped({"bomb.png": bytes(60_000_000)}).getvalue(), "larger than 10 MB"),
    ):
        choose_files(page, (name, content))
        expect(page.get_by_text(sentence).first).to_be_visible()
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(page.get_by_text(sentence)).to_have_count(0)
    choose_files(page, ("line.png", line))
    expect_numbers(page, NUMBER, NUMBER)


def test_where_no_digit_was_found_a_box_can_be_set_by_hand(page: Page, gallery: Dashboard) -> None:
    rocket = Image.fromarray(skimage.data.rocket())
    open_pictures(page, gallery)
    choose_files(page, ("rocket.png", png(rocket)))
    expect(page.get_by_text("I can't find a digit here")).to_be_visible()
    press(page, "Add a box")
    page.locator(".dl-stage").click()
    expect(boxes(page)).to_have_count(1)
    expect(page.get_by_text("I can't find a digit here")).to_have_count(0)


def test_of_an_animated_gif_the_first_frame_is_read_and_the_page_says_so(
    page: Page, gallery: Dashboard, line: bytes
) -> None:
    first, moving = Image.open(io.BytesIO(line)).convert("L"), io.BytesIO()
    first.save(moving, "GIF", save_all=True, append_images=[Image.new("L", first.size, 255)])
    open_pictures(page, gallery)
    choose_files(page, ("moving.gif", moving.getvalue()))
    expect_numbers(page, NUMBER, NUMBER)
    expect(page.get_by_text("It is animated: its first frame is read.")).to_be_visible()


@pytest.mark.parametrize(("theme", "way"), [("light", "tap"), ("dark", "drag")])
def test_on_a_phone_digits_are_chosen_and_boxes_added_with_a_finger(
    browser: Browser, gallery: Dashboard, line: bytes, theme: str, way: str
) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme=theme
    )
    page = phone.new_page()
    set_up(page, gallery, line)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    stage = page.locator(".dl-stage").bounding_box()
    assert stage is not None
    assert stage["x"] >= 0
    assert stage["x"] + stage["width"] <= 390
    boxes(page).nth(1).tap()
    expect(page.get_by_role("heading", name="Digit 2 of 5")).to_be_visible()
    middle = boxes(page).nth(1).bounding_box()
    assert middle is not None
    page.get_by_role("button", name="Remove this box").tap()
    expect_numbers(page, "7104", "7104")
    page.get_by_role("button", name="Add a box").tap()
    left, top = middle["x"] - 2, middle["y"] - 2
    right, bottom = left + middle["width"] + 4, top + middle["height"] + 4
    if way == "tap":
        page.touchscreen.tap((left + right) / 2, (top + bottom) / 2)
    else:
        swipe(page, [(left, top), (right, bottom)])
    expect(boxes(page)).to_have_count(5)
    expect(numbers(page).first).to_have_attribute("data-number", re.compile("^7.104$"))
    faults = [fault for fault in find_faults(page) if fault.impact in SERIOUS]
    own = [str(fault) for fault in faults if "dl-" in fault.element]
    phone.close()
    assert own == []


def test_whoever_has_no_picture_at_hand_tries_an_example(page: Page, gallery: Dashboard) -> None:
    open_pictures(page, gallery)
    page.get_by_role("button", name="Try it with an example").click()
    expect(boxes(page)).to_have_count(6)
    expect(numbers(page).last).to_have_attribute("data-number", "721041")


@pytest.fixture
def photographer(browser: Browser, line: bytes, tmp_path: Path) -> Iterator[Page]:
    """A page in a browser whose camera shows the line; digits.example is this computer."""
    frame = io.BytesIO()
    Image.open(io.BytesIO(line)).resize((640, 480)).save(frame, "JPEG")
    film = tmp_path / "film.mjpeg"
    film.write_bytes(2 * frame.getvalue())
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
        "--host-resolver-rules=MAP digits.example localhost",
    ]
    chromium = browser.browser_type.launch(
        executable_path=find_chromium(), args=[*ARGUMENTS, *camera]
    )
    yield chromium.new_page(viewport={"width": 1440, "height": 900})
    chromium.close()


def test_the_camera_opens_on_demand_and_its_photo_is_read(
    photographer: Page, gallery: Dashboard
) -> None:
    open_pictures(photographer, gallery)
    expect(photographer.locator("video")).to_have_count(0)
    photographer.get_by_text("Use the camera").click()
    expect(photographer.locator("video")).to_be_visible()
    press(photographer, "Take Photo")
    expect(photographer.locator(".dl-box")).to_have_count(5)
    expect(photographer.locator("video")).to_have_count(0)
    expect(photographer.get_by_text("Read here: “Photo”")).to_be_visible()


@pytest.fixture
def with_a_name(tmp_path: Path, gallery: Dashboard, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard that also goes by a name, as behind a proxy without TLS."""
    named = {"DIGITLAB_HOSTS": "digits.example"}
    yield from running(
        browser, Dashboard(gallery.runs, tmp_path / "data", tmp_path / "log", settings=named)
    )


def test_where_browsers_give_no_camera_a_sentence_says_so(
    photographer: Page, with_a_name: Dashboard
) -> None:
    photographer.goto(f"{with_a_name.url.replace('localhost', 'digits.example')}/draw?way=picture")
    photographer.get_by_text("Use the camera").click()
    expect(photographer.get_by_text("only over https")).to_be_visible()
