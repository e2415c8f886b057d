"""The field test in a real browser: asked, drawn, kept, answered, counted, marked, managed."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.field_test.records import Drawing
from core.field_test.store import DrawingStore
from core.settings import PROJECT_ROOT
from tests.support.axe import SERIOUS, find_faults
from tests.support.dashboard import Dashboard, running
from tests.support.drawings import NO_LIMITS, keep
from tests.support.visitor import answers, draw_stroke

pytestmark = pytest.mark.browser

SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with the two example runs, shared by a module; its drawings lie beside them."""
    folder = tmp_path_factory.mktemp("field")
    for example in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / example, folder / "runs" / example)
    yield from running(browser, Dashboard(folder / "runs", folder / "data", folder / "log"))


@pytest.fixture
def drawings(field: Dashboard) -> DrawingStore:
    """The dashboard's drawings, none of them at first."""
    root = field.runs.parent / "drawings"
    shutil.rmtree(root, ignore_errors=True)
    return DrawingStore(root, NO_LIMITS)


def open_field_test(page: Page, field: Dashboard, more: str = "") -> None:
    page.goto(f"{field.url}/draw?runs=example-sgd&runs=example-adam&way=test{more}")
    expect(page.locator(".dl-prompt")).to_be_visible(timeout=60_000)


def asked_for(page: Page) -> int:
    found = re.fullmatch(r"Draw an? (\d)", page.locator(".dl-prompt").inner_text())
    assert found is not None
    return int(found[1])


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def draw_and_press_done(page: Page) -> None:
    draw_stroke(page, SEVEN)
    # Undo can be pressed as soon as the server knows of the stroke.
    expect(page.locator(".st-key-undo button")).to_be_enabled()
    press(page, "Done")
    expect(page.locator(".dl-prompt")).to_contain_text("Asked for")


def scores(page: Page) -> list[str]:
    return page.locator(".dl-score").all_inner_texts()


def serious_faults(page: Page) -> list[str]:
    # Streamlit dims what a slow server is about to redraw: colours count once nothing is.
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    page.wait_for_timeout(600)
    return [str(fault) for fault in find_faults(page) if fault.impact in SERIOUS]


def only(drawings: DrawingStore) -> Drawing:
    (found,) = drawings.listed()
    assert isinstance(found, Drawing)
    return found


def test_a_drawing_is_kept_before_the_models_answer_and_counted(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    open_field_test(page, field)
    expect(page.get_by_text("Nobody has drawn yet.")).to_be_visible()
    label = asked_for(page)
    draw_stroke(page, SEVEN)
    expect(page.locator(".st-key-undo button")).to_be_enabled()
    assert answers(page) == []
    assert drawings.listed() == []
    press(page, "Done")
    expect(page.locator(".dl-answer")).to_have_count(2)
    kept = only(drawings)
    assert kept.label == label
    original = drawings.original(kept.id)
    assert len(original.strokes) == 1
    assert len(original.strokes[0]) > 5
    right = [int(answer) == label for answer in answers(page)]
    expect(page.locator(".dl-score")).to_have_count(2)
    for row, one in zip(scores(page), right, strict=True):
        assert f"{int(one)} of 1" in row
    text = (drawings.root / f"{kept.id}.json").read_text()
    fields = {
        "schema_version", "label", "time", "hidden", "mistake", "digit", "strokes", "picture",
    }  # fmt: skip
    assert json.loads(text).keys() == fields


def test_a_mistake_does_not_count_until_that_is_undone(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    open_field_test(page, field)
    draw_and_press_done(page)
    press(page, "That was my mistake")
    expect(page.get_by_text("Not counted: 1 that its maker called a mistake")).to_be_visible()
    expect(page.locator(".dl-score")).to_have_count(0)
    assert only(drawings).mistake
    press(page, "It counts after all")
    expect(page.locator(".dl-score")).to_have_count(2)
    assert only(drawings).counts


def test_compare_takes_the_drawings_as_a_test_set_and_leads_to_them(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    keep(drawings, 3)
    page.goto(f"{field.url}/compare?runs=example-sgd&runs=example-adam&open=people")
    expect(page.locator(".dl-score")).to_have_count(2)
    assert all("of 3 right" in row.replace("\n", " ") for row in scores(page))
    press(page, "To the field test: draw, or look at the drawings")
    expect(page.locator(".dl-prompt")).to_be_visible()
    assert page.url.endswith("/draw?runs=example-sgd&runs=example-adam&way=test")


def test_a_drawing_that_the_owner_deleted_meanwhile_gives_way_to_the_next_prompt(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    open_field_test(page, field)
    draw_and_press_done(page)
    drawings.discard([only(drawings).id])
    press(page, "That was my mistake")
    expect(page.locator(".dl-prompt")).to_contain_text("Draw a")
    expect(page.locator(".st-key-undo button")).to_be_disabled()


def test_the_next_prompt_comes_with_an_empty_pad(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    open_field_test(page, field)
    first = asked_for(page)
    press(page, "Skip this one")
    expect(page.locator(".dl-prompt")).not_to_contain_text(str(first))
    assert drawings.listed() == []
    draw_and_press_done(page)
    press(page, "Next digit")
    expect(page.locator(".dl-prompt")).to_contain_text("Draw a")
    press(page, "Done")
    expect(page.get_by_text("There is nothing on the pad yet")).to_be_visible()
    assert len(drawings.listed()) == 1


def test_a_flood_is_refused_with_a_sentence_and_the_drawing_stays(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    (kept,) = keep(drawings, 1)
    text = (drawings.root / f"{kept.id}.json").read_text()
    for number in range(300):
        (drawings.root / f"0flood{number}.json").write_text(text)
    open_field_test(page, field)
    draw_stroke(page, SEVEN)
    expect(page.locator(".st-key-undo button")).to_be_enabled()
    press(page, "Done")
    expect(page.get_by_text("All visitors together have drawn 300 digits")).to_be_visible()
    expect(page.locator(".st-key-undo button")).to_be_enabled()
    assert len(drawings.listed()) == 301


def test_the_owner_hides_deletes_and_takes_back(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    kept = keep(drawings, 3)
    open_field_test(page, field, f"&open=drawings&kind=counted&drawing={kept[0].id}")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Asked for: a {kept[0].label}".replace("a 8", "an 8"))
    expect(dialog.locator(".dl-answer")).to_have_count(2)
    dialog.get_by_role("button", name="Hide it").click()
    expect(page.get_by_text("1 drawing hidden: not counted, not exported.")).to_be_visible()
    expect(page.locator(".dl-score").first).to_contain_text("of 2")
    page.locator(".st-key-undo_drawings button").click()
    expect(page.locator(".dl-score").first).to_contain_text("of 3")
    page.locator(".dl-sheet button").first.click()  # the newest
    dialog.get_by_role("button", name="Delete it").click()
    expect(page.locator(".dl-score").first).to_contain_text("of 2")
    assert [one.id for one in drawings.binned()] == [kept[2].id]
    page.locator(".st-key-undo_drawings button").click()
    expect(page.locator(".dl-score").first).to_contain_text("of 3")
    assert drawings.binned() == []


def test_the_owner_takes_the_drawings_along(
    page: Page, field: Dashboard, drawings: DrawingStore, tmp_path: Path
) -> None:
    keep(drawings, 2)
    open_field_test(page, field, "&open=drawings")
    page.get_by_role("button", name="Export 2 drawings").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="save digit-lab-drawings.zip").click()
    download.value.save_as(tmp_path / "drawings.zip")
    with zipfile.ZipFile(tmp_path / "drawings.zip") as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if "/drawn/" in name]) == 2


def test_damaged_files_and_odd_links_break_nothing(
    page: Page, field: Dashboard, drawings: DrawingStore
) -> None:
    keep(drawings, 2)
    (drawings.root / "torn.json").write_text('{"schema_version": 1, "lab')
    open_field_test(page, field, "&open=drawings&kind=damaged&drawing=../../etc/passwd")
    expect(page.get_by_text("There is no drawing '../../etc/passwd'")).to_be_visible()
    expect(page.get_by_text("Drawing torn cannot be read")).to_be_visible()
    expect(page.locator(".dl-score").first).to_contain_text("of 2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_is_accessible_on_a_phone_without_scrolling_sideways(
    browser: Browser, field: Dashboard, drawings: DrawingStore, scheme: str
) -> None:
    drawings.mark(keep(drawings, 3)[0].id, mistake=True)
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    open_field_test(page, field, "&open=how.confused.drawings&kind=counted")
    expect(page.locator(".dl-sheet button")).to_have_count(2)
    expect(page.locator(".dl-chart .main-svg").nth(1)).to_be_attached()
    overhang = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        "return main.scrollWidth - main.clientWidth; }"
    )
    assert overhang <= 1
    assert serious_faults(page) == []
    draw_and_press_done(page)
    expect(page.locator(".dl-answer")).to_have_count(2)
    assert serious_faults(page) == []
    page.locator(".dl-sheet button").first.click()
    expect(page.get_by_role("dialog").locator(".dl-answer")).to_have_count(2)
    assert serious_faults(page) == []
    context.close()
