"""What happens inside the models while they read a drawing, on the page."""

import base64
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.learning.data import LabelledData
from core.runs import files
from core.runs.records import Run
from core.runs.store import RunStore
from core.ui.services import services
from core.ui.tile_sheet import TileSheet, picture_url
from tests.support.dashboard import Dashboard
from tests.support.trained_runs import CNN, MLP, SOFTMAX, trained_run, use_runs
from tests.support.visitor import draw_stroke

ONE_LAYER = {"hidden_sizes": (10,), "activation": "tanh", "batch_norm": True}
BARE_CNN = {"model": "cnn", "channels": (3,), "hidden_sizes": (), "response_norm": True}
NETWORKS: dict[str, dict[str, Any]] = {
    "CNN": CNN,
    "MLP": MLP,
    "Softmax": SOFTMAX,
    "One": ONE_LAYER,
    "Bare": BARE_CNN,
}


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, digits_data: LabelledData
) -> Iterator[dict[str, Run]]:
    """Networks of each kind by name, which this process's pages show."""
    folder = tmp_path_factory.mktemp("inside") / "runs"
    store = RunStore(folder)
    made = {
        name: trained_run(store, digits_data, name=name, **settings)
        for name, settings in NETWORKS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        use_runs(patch, folder)
        yield made
    services.cache_clear()


def inside(runs: list[Run], place: int | None = 4, **address: str) -> AppTest:
    """The part of the page, of a test image or of nothing drawn."""

    def script(ids: list[str], place: int | None) -> None:
        from pathlib import Path

        from core.drawing import Digit
        from core.learning.data import load
        from core.ui.inside_drawing_view import draw_inside
        from core.ui.services import services

        images = load("digits", Path("unused")).test.pixels.numpy()
        digit = None if place is None else Digit(images[place], False)
        draw_inside([services().store.read(run_id) for run_id in ids], digit)

    ids = [run.id for run in runs]
    page = AppTest.from_function(script, kwargs={"ids": ids, "place": place}, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def text_of(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def headings(page: AppTest) -> list[str]:
    return re.findall(r"<h3[^>]*>(.*?)</h3>", text_of(page))


def test_nothing_is_computed_before_a_fold_is_opened(runs: dict[str, Run]) -> None:
    page = inside([runs["CNN"]])
    assert [section.label for section in page.expander] == [
        "Which ink spoke for the answer",
        "Inside the model, layer by layer",
    ]
    assert text_of(page) == ""


def test_a_cnn_shows_its_patterns_maps_units_and_scores(runs: dict[str, Run]) -> None:
    page = inside([runs["CNN"]], open="layers")
    assert headings(page) == [
        "Convolution 1: 4 patterns of 5×5",
        "4 maps of convolution 1, 14 × 14",
        "6 maps of convolution 2, 7 × 7",
        "Hidden layer 1: 12 units",
        "The ten scores",
    ]
    assert "784 pixels → 4 maps → 6 maps → 12 units → ten scores" in text_of(page)


def test_the_maps_are_shown_after_each_step_and_the_link_says_which(runs: dict[str, Run]) -> None:
    sizes = {}
    for after in ("convolution", "max_pooling", "batch_norm", "activation"):
        page = inside([runs["CNN"]], open="layers", after=after)
        sizes[after] = headings(page)[1].rpartition(", ")[2]
    assert sizes == {
        "convolution": "28 × 28",
        "max_pooling": "14 × 14",
        "batch_norm": "14 × 14",
        "activation": "14 × 14",
    }


def test_a_step_that_a_network_has_not_falls_back_to_its_last(runs: dict[str, Run]) -> None:
    page = inside([runs["Bare"]], open="layers", after="batch_norm")
    assert "damped their neighbours" in text_of(page)
    assert headings(page)[-1] == "The ten scores"
    assert "map 1:" in text_of(page)


def test_an_mlp_shows_the_weights_of_units_that_fire_and_what_feeds_deeper_ones(
    runs: dict[str, Run],
) -> None:
    page = inside([runs["MLP"]], open="layers")
    assert headings(page) == [
        "Hidden layer 1: 20 units",
        "Hidden layer 2: 14 units",
        "The ten scores",
    ]
    text = text_of(page)
    assert re.search(r"\d+ of 20 fire, most of all", text)
    assert text.count("<figcaption>unit") > 12
    assert "fed by" in text
    assert "held back by" in text


def test_softmax_regression_shows_ten_pictures_of_weights_and_what_the_ink_adds(
    runs: dict[str, Run],
) -> None:
    page = inside([runs["Softmax"]], open="layers")
    assert headings(page) == ["One picture of weights for each digit", "What your ink adds up to"]
    assert text_of(page).count("<figure>") == 20


def test_units_that_go_below_zero_are_explained(runs: dict[str, Run]) -> None:
    text = text_of(inside([runs["One"]], open="layers"))
    assert "Yellow ones fire, violet ones are below 0." in text


def test_every_picture_says_in_words_what_it_shows(runs: dict[str, Run]) -> None:
    for run in runs.values():
        text = text_of(inside([run], open="layers"))
        for tag in re.findall(r'<(?:div class="dl-tiles"|img)[^>]*>', text):
            assert re.search(r'(aria-label|alt)="[^"]{10,}"', tag)


def test_of_several_runs_the_link_names_the_one_that_is_looked_into(runs: dict[str, Run]) -> None:
    three = [runs["CNN"], runs["MLP"], runs["Softmax"]]
    assert "784 pixels → 4 maps" in text_of(inside(three, open="layers"))
    chosen = inside(three, open="layers", layers=runs["MLP"].id)
    assert "784 pixels → 20 units" in text_of(chosen)
    assert chosen.button_group[0].value == runs["MLP"].id


def test_without_a_drawing_blank_paper_is_looked_into(runs: dict[str, Run]) -> None:
    page = inside([runs["MLP"]], None, open="layers.ink")
    assert "looks at blank paper, because nothing is drawn yet" in text_of(page)
    assert "no ink that could speak" in page.caption[0].value


def test_ink_that_spoke_is_shown_of_two_runs_side_by_side(runs: dict[str, Run]) -> None:
    text = text_of(inside([runs["CNN"], runs["MLP"]], open="ink"))
    assert text.count('class="dl-spoke"') == 2
    assert text.count("in the run's own score (logits)".replace("'", "&#x27;")) == 2


def test_ink_that_spoke_is_shown_of_one_run_where_there_are_more(runs: dict[str, Run]) -> None:
    three = [runs["CNN"], runs["MLP"], runs["Softmax"]]
    page = inside(three, open="ink", ink=runs["Softmax"].id)
    assert text_of(page).count('class="dl-spoke"') == 1
    assert "Softmax: " in text_of(page)


@pytest.mark.parametrize("fold", ["ink", "layers"])
def test_damaged_weights_leave_a_sentence(
    runs: dict[str, Run], digits_data: LabelledData, fold: str
) -> None:
    run = trained_run(services().store, digits_data, name="Hurt", **SOFTMAX)
    (services().store.folder(run.id) / files.WEIGHTS).write_bytes(b"torn")
    page = inside([run], open=fold)
    said = [element.value for element in (*page.error, *page.caption)]
    assert any("damaged" in sentence for sentence in said)


def unpacked(url: str) -> Image.Image:
    return Image.open(BytesIO(base64.b64decode(url.partition(",")[2])))


def test_values_above_and_below_zero_have_their_colours_and_zero_is_black() -> None:
    picture = unpacked(picture_url(np.array([[1.0, 0.0, -1.0]]))).convert("RGB")
    assert [picture.getpixel((x, 0)) for x in range(3)] == [
        (255, 212, 60),
        (0, 0, 0),
        (150, 105, 255),
    ]


def test_values_that_are_never_below_zero_are_grey_and_the_largest_white() -> None:
    picture = unpacked(picture_url(np.array([[2.0, 0.5, 0.0]]))).convert("RGB")
    white, grey, black = (picture.getpixel((x, 0)) for x in range(3))
    assert (white, black) == ((255, 255, 255), (0, 0, 0))
    assert isinstance(grey, tuple)
    assert 0 < grey[0] < 255


def test_cells_without_a_value_are_clear() -> None:
    picture = unpacked(picture_url(np.array([[1.0, np.nan]]))).convert("RGBA")
    assert [picture.getpixel((x, 0))[3] for x in range(2)] == [255, 0]  # type: ignore[index]


def test_values_that_are_all_zero_are_black() -> None:
    picture = unpacked(picture_url(np.zeros((2, 2)))).convert("RGB")
    assert picture.getextrema() == ((0, 0), (0, 0), (0, 0))


def test_tiles_are_found_by_their_number() -> None:
    sheet = TileSheet(np.ones((3, 4, 5)), [7, 2, 40])
    assert 40 in sheet
    assert 3 not in sheet
    assert "--at:2" in sheet.tile(40, 'a "quoted" title')
    assert "&quot;quoted&quot;" in sheet.tile(40, 'a "quoted" title')
    assert unpacked(re.findall(r"url\((.*)\)", sheet.style)[0]).size == (5, 12)


@pytest.mark.browser
def test_a_stroke_changes_the_maps_in_their_place(
    page: Page, gallery: Dashboard, digits_data: LabelledData
) -> None:
    run = trained_run(RunStore(gallery.runs), digits_data, name="Small CNN", **CNN)
    page.goto(f"{gallery.url}/draw?runs={run.id}&runs=example-adam")
    fold = page.get_by_text("Inside the model, layer by layer")
    fold.click()
    expect(page).to_have_url(re.compile("open=layers"))
    maps = page.locator(".dl-tiles[aria-label*='feature maps after ReLU of convolution 1']")
    expect(maps.locator(".dl-tile")).to_have_count(4)
    blank = maps.get_attribute("style")
    draw_stroke(page, [(0.28, 0.25), (0.72, 0.25), (0.45, 0.82)])
    expect(page.get_by_text("looks at your digit")).to_be_visible()
    expect(maps).not_to_have_attribute("style", blank or "")
    # The tile shows its part of the sheet, not the whole and not nothing.
    tile = maps.locator(".dl-tile").nth(2)
    assert tile.evaluate("t => getComputedStyle(t).backgroundPositionY") == "-112px"
    assert "data:image/png" in tile.evaluate("t => getComputedStyle(t).backgroundImage")
    before, drawn = maps.bounding_box(), maps.get_attribute("style")
    draw_stroke(page, [(0.3, 0.55), (0.7, 0.55)])
    expect(maps).not_to_have_attribute("style", drawn or "")
    assert maps.bounding_box() == before


@pytest.mark.browser
def test_a_link_opens_the_same_run_inside_and_fits_a_phone(page: Page, gallery: Dashboard) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(
        f"{gallery.url}/draw?runs=example-sgd&runs=example-adam&open=layers&layers=example-adam"
    )
    expect(page.get_by_text("784 pixels → 128 units → 256 units")).to_be_visible()
    expect(page.get_by_role("radio", name="Adam (article 1)")).to_be_checked()
    expect(page.locator(".dl-tiles .dl-tile")).to_have_count(12)
    width = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth")
    assert width <= 390
