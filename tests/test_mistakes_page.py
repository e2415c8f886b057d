"""The Mistakes page: a sheet of digits in one picture, and one of them from close by."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.analysis.mistake_groups import GROUPS
from core.learning.attribution import Attribution
from core.settings import PROJECT_ROOT
from core.ui.attribution_view import contribution_picture, contribution_sentence
from core.ui.mistake_sheet import PAGE_SIZE, page_of, picture_sheet
from core.ui.percent_slider import percent_range
from tests.support.dashboard import Dashboard, running

PAIR = "mistakes?runs=example-sgd&runs=example-adam"
FOUR = f"{PAIR}&runs=third&runs=bare"


# Pieces


def test_a_picture_sheet_holds_ten_in_a_row_in_order() -> None:
    pictures = [np.full((28, 28), 10 * number, dtype=np.uint8) for number in range(12)]
    sheet = picture_sheet(pictures)
    assert sheet.shape == (56, 280)
    assert [int(sheet[0, 28 * place]) for place in range(10)] == [10 * n for n in range(10)]
    assert (sheet[28, 0], sheet[28, 28], sheet[28, 56]) == (100, 110, 0)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [("90-100", (90, 100)), ("0-0", (0, 0)), ("80-20", (0, 100)), ("0-101", (0, 100))],
)
def test_a_link_names_a_range_of_percent(text: str, bounds: tuple[int, int]) -> None:
    assert percent_range(text) == bounds


@pytest.mark.parametrize("text", ["", "x", "90", "-1-5", "90-100-", "٩-٩", "1e1-20"])
def test_anything_else_is_the_whole_range(text: str) -> None:
    assert percent_range(text) == (0, 100)


@pytest.mark.parametrize(("place", "page"), [(0, 1), (59, 1), (60, 2), (PAGE_SIZE * 7, 8)])
def test_each_page_holds_sixty(place: int, page: int) -> None:
    assert page_of(place) == page


def contributions(**places: float) -> Attribution:
    pixels = np.zeros((28, 28))
    for row, value in enumerate(places.values()):
        pixels[row, 0] = value
    return Attribution(pixels, image=0.5 + float(pixels.sum()), paper=0.5)


def test_the_sentence_adds_up_to_the_lead() -> None:
    sentence = contribution_sentence(contributions(one=3.0, two=1.5, three=-2.0), 9, 4)
    assert sentence == (
        "9 leads 4 by 3.0 in the run's own score (logits): blank paper gives 0.50, yellow ink "
        "adds 4.5, violet ink takes 2.0 away."
    )


def test_ink_that_made_no_difference_is_said_to_have_made_none() -> None:
    assert contribution_sentence(contributions(), 9, 4).endswith("the ink made no difference.")


def test_ink_for_is_yellow_ink_against_violet_and_striped_the_rest_grey() -> None:
    image = np.full((28, 28), 255, dtype=np.uint8)
    picture = contribution_picture(image, contributions(one=2.0, two=-2.0).pixels)
    assert picture.shape == (280, 280, 3)
    assert {tuple(pixel) for pixel in picture[:10, :10].reshape(-1, 3).tolist()} == {(255, 212, 60)}
    against = {tuple(pixel) for pixel in picture[10:20, :10].reshape(-1, 3).tolist()}
    assert len(against) == 2
    assert (172, 136, 255) in against
    assert set(picture[100:, 100:].ravel().tolist()) == {102}


def test_an_image_without_contributions_is_grey() -> None:
    picture = contribution_picture(np.zeros((28, 28), dtype=np.uint8), np.zeros((28, 28)))
    assert not picture.any()


# In a browser


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """The examples, one of them a third time, and once without its weights; MNIST is not there."""
    folder = tmp_path_factory.mktemp("many")
    runs = folder / "runs"
    for name, source, colour in (
        ("example-sgd", "example-sgd", 1),
        ("example-adam", "example-adam", 0),
        ("third", "example-adam", 2),
        ("bare", "example-sgd", 3),
    ):
        shutil.copytree(PROJECT_ROOT / "runs" / source, runs / name)
        if not name.startswith("example"):
            _rename(runs / name / "config.json", f"{name}, a copy", colour)
    (runs / "bare" / "model.safetensors").unlink()
    yield from running(browser, Dashboard(runs, folder / "data", folder / "log"))


def _rename(path: Path, name: str, colour: int) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": name, "colour": colour}))


def open_page(page: Page, dashboard: Dashboard, link: str) -> Locator:
    """Open a link; return the closer look, there or not."""
    page.goto(f"{dashboard.url}/{link}")
    expect(page.locator("h1")).to_have_text("Mistakes")
    return page.get_by_role("dialog")


def parameter(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def bars(look: Locator) -> list[str]:
    return look.locator(".dl-answer .dl-bars > span:nth-child(3n)").all_inner_texts()


def test_sixty_digits_share_one_picture(page: Page, many: Dashboard) -> None:
    open_page(page, many, PAIR)
    expect(page.locator(".dl-digit")).to_have_count(PAGE_SIZE)
    backgrounds = page.locator(".dl-picture").evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundImage)"
    )
    assert len(set(backgrounds)) == 1
    assert backgrounds[0].startswith('url("data:image/png')
    places = page.locator(".dl-picture").evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundPosition)"
    )
    assert len(set(places)) == PAGE_SIZE
    assert page.locator("[data-testid=stMain] img").count() == 0


def test_each_digit_says_what_it_is_to_those_who_cannot_see_it(page: Page, many: Dashboard) -> None:
    open_page(page, many, PAIR)
    first = page.get_by_role("button", name=re.compile(r"^Test digit [\d,]+, true \d\.")).first
    expect(first).to_have_accessible_name(
        re.compile(r"SGD \(article 1\): \d, wrong, .*Adam \(article 1\): \d, right, ")
    )


def test_a_digit_opens_and_its_link_shows_it_in_a_fresh_browser(
    page: Page, many: Dashboard, browser: Browser
) -> None:
    look = open_page(page, many, PAIR)
    page.locator(".dl-digit").nth(2).click()
    expect(look.locator(".dl-answer")).to_have_count(2)
    expect(look.locator(".dl-spoke img")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"digit=\d+"))
    title, shares = look.get_by_text("true label").first.inner_text(), bars(look)
    assert len(shares) == 20
    fresh = browser.new_context().new_page()
    fresh.goto(page.url)
    again = fresh.get_by_role("dialog")
    expect(again.locator(".dl-spoke img")).to_have_count(2)
    assert again.get_by_text("true label").first.inner_text() == title
    assert bars(again) == shares
    fresh.context.close()


def test_a_digit_is_reached_opened_and_left_by_keyboard(page: Page, many: Dashboard) -> None:
    look = open_page(page, many, PAIR)
    page.locator(".dl-digit").nth(58).focus()
    page.keyboard.press("Tab")
    expect(page.locator(".dl-digit").nth(59)).to_be_focused()
    page.keyboard.press("Enter")
    expect(look.get_by_text("60 of ")).to_be_visible()
    expect(look.locator(".dl-spoke")).to_have_count(2)
    page.wait_for_timeout(800)  # what is drawn hears keys only a moment later
    page.keyboard.press("ArrowRight")
    expect(look.get_by_text("61 of ")).to_be_visible()
    opened = parameter(page, "digit")
    page.keyboard.press("Escape")
    expect(look).to_have_count(0)
    expect(page).not_to_have_url(re.compile("digit="))
    # The sheet behind has moved on to where the last digit stands.
    expect(page.get_by_text("61 to 120 of ")).to_be_visible()
    expect(page.locator(".dl-digit").first).to_have_attribute("data-index", opened)


def test_the_way_leads_through_the_chosen_digits_and_back(page: Page, many: Dashboard) -> None:
    look = open_page(page, many, PAIR)
    expect(page.locator(".dl-digit")).to_have_count(PAGE_SIZE)
    indices = page.locator(".dl-digit").evaluate_all("all => all.map(one => one.dataset.index)")
    page.locator(".dl-digit").first.click()
    expect(look.get_by_role("button", name="Previous")).to_be_disabled()
    for place in (1, 2):
        look.get_by_role("button", name="Next").click()
        expect(look.get_by_text(f"{place + 1} of ")).to_be_visible()
        expect(page).to_have_url(re.compile(f"digit={indices[place]}$"))
    look.get_by_role("button", name="Previous").click()
    expect(page).to_have_url(re.compile(f"digit={indices[1]}$"))
    heading = re.compile(f"^Test digit {int(indices[1]):,}:")
    expect(look.get_by_text(heading)).to_be_visible()


def test_a_digit_without_its_picture_is_still_told_of(page: Page, many: Dashboard) -> None:
    # Read right by all and not among the first hundred: no run has kept it.
    look = open_page(page, many, f"{PAIR}&group=both_right&order=index&page=20")
    expect(page.locator(".dl-gone").first).to_have_text("no picture")
    page.locator(".dl-digit:has(.dl-gone)").first.click()
    expect(look.get_by_text("Its picture is not here")).to_be_visible()
    expect(look.get_by_text("What spoke for and against cannot be shown")).to_be_visible()
    expect(look.locator(".dl-answer")).to_have_count(2)
    expect(look.get_by_text("Both runs read it rightly.")).to_be_visible()


def test_a_digit_outside_the_chosen_ones_is_shown_all_the_same(page: Page, many: Dashboard) -> None:
    look = open_page(page, many, f"{PAIR}&digit=0")
    expect(look.get_by_text("1 of all 10,000")).to_be_visible()
    expect(look.get_by_text("Test digit 0: true label 7")).to_be_visible()


@pytest.mark.parametrize("digit", ["10000", "-1", "seven", "²"])
def test_a_link_to_no_digit_says_so_and_shows_the_sheet(
    page: Page, many: Dashboard, digit: str
) -> None:
    look = open_page(page, many, f"{PAIR}&digit={digit}")
    expect(page.get_by_text(f"The link names test digit {digit}, which is not")).to_be_visible()
    expect(page.locator(".dl-digit")).to_have_count(PAGE_SIZE)
    expect(look).to_have_count(0)


def test_four_runs_are_counted_on_each_digit(page: Page, many: Dashboard) -> None:
    open_page(page, many, f"{FOUR}&group=all_wrong")
    expect(page.locator(".dl-digit")).to_have_count(PAGE_SIZE)
    for text in page.locator(".dl-caption").all_inner_texts():
        assert sum(int(count) for count in re.findall(r"(\d) × \d ✗", text)) == 4
    expect(
        page.get_by_role("button", name=re.compile("Wrong by 4 of 4 runs")).first
    ).to_be_visible()


def test_every_group_of_many_runs_is_offered_with_its_count(page: Page, many: Dashboard) -> None:
    open_page(page, many, FOUR)
    groups = page.get_by_role("radiogroup", name="Show").get_by_role("radio")
    expect(groups).to_have_count(len(GROUPS[3]))
    assert all(re.search(r" [\d,]+$", text.strip()) for text in groups.all_inner_texts())


def test_a_run_without_weights_says_so_beside_the_others(page: Page, many: Dashboard) -> None:
    look = open_page(page, many, f"{FOUR}&group=all_wrong")
    page.locator(".dl-digit").first.click()
    expect(look.locator(".dl-answer")).to_have_count(4)
    expect(look.locator(".dl-spoke")).to_have_count(4)
    expect(look.locator(".dl-spoke img")).to_have_count(3)
    expect(look.locator(".dl-spoke").nth(3)).to_contain_text("has no trained model")


def test_a_link_restores_group_run_range_and_order(page: Page, many: Dashboard) -> None:
    link = f"{FOUR}&group=any_wrong&by=example-adam&sure=90-100&order=unsure&true=4"
    open_page(page, many, link)
    expect(page.get_by_role("radio", name=re.compile("wrong by any"))).to_be_checked()
    labels = page.locator(".dl-digit").evaluate_all("all => all.map(one => one.title)")
    assert labels
    assert all(", true 4." in label for label in labels)
    handles = page.get_by_role("slider")
    expect(handles.first).to_have_value("90")
    expect(handles.last).to_have_value("100")
    page.get_by_role("button", name="Show all again").click()
    expect(page).not_to_have_url(re.compile("sure=|true=|by="))
    expect(handles.first).to_have_value("0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sheet_and_closer_look_fit_a_phone(browser: Browser, many: Dashboard, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    look = open_page(page, many, FOUR)
    expect(page.locator(".dl-digit").first).to_be_visible()
    overhang = "one => one.scrollWidth - one.clientWidth"
    assert page.locator("[data-testid=stMain]").evaluate(overhang) <= 1
    page.locator(".dl-digit").first.click()
    expect(look.locator(".dl-spoke")).to_have_count(4)
    assert look.evaluate(overhang) <= 1
    for part in (look.locator(".dl-answer").first, look.locator(".dl-spoke").first):
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    context.close()
