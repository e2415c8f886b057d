"""core.drawing.scene: digits found in a picture, one by one."""

import time
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.datasets import load_sample_images

from core.drawing import digit_in, find_digits, to_digit
from core.drawing.scene import MAX_DIGITS
from core.errors import DrawingError, EmptyDrawingError
from core.pictures import read_picture
from tests.support.photos import line_of
from tests.support.pictures import difference, saved, seven

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
HEIGHT = 60  # of the digits, pixels


@pytest.fixture(scope="module")
def line(digits_data) -> np.ndarray:
    """Ink of five embedded digits in a row, with margins."""
    generator = np.random.default_rng(0)
    images = digits_data.test.pixels[:5].numpy()
    return np.pad(line_of(images, generator, HEIGHT, (0.4, 0.6)), 50)


def sheet(ink: np.ndarray, paper: float = 235, pen: float = 40) -> np.ndarray:
    """Grey values 0 to 255 of ink on paper."""
    return paper * (1 - ink) + pen * ink


def picture(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def count(values: np.ndarray) -> int:
    return len(find_digits(picture(values)).found)


def strokes(*lines: list[tuple[int, int]], size: tuple[int, int] = (280, 280)) -> Image.Image:
    """Black strokes, 14 pixels wide, on white."""
    drawn = Image.new("RGB", size, WHITE)
    for one in lines:
        ImageDraw.Draw(drawn).line(one, BLACK, 14, joint="curve")
    return drawn


FIVE = [(180, 120), (110, 120), (105, 165), (165, 170), (170, 215), (105, 225)]
ONE = [(60, 60), (60, 220)]


# One digit


def test_an_image_of_a_data_set_comes_back_as_it_is(digits_data):
    image = digits_data.test.pixels[3].numpy()
    (found,) = find_digits(Image.fromarray(image)).found
    assert np.array_equal(found.digit.image, image)


@pytest.mark.parametrize("brush", [3, 6, 18, 40, 60])
def test_one_digit_alone_is_what_the_pad_makes_of_it(brush):
    drawn = seven(BLACK, WHITE, brush=brush)
    (found,) = find_digits(drawn).found
    assert difference(found.digit.image, to_digit(drawn).image) < 2


@pytest.mark.parametrize(
    ("ink", "paper"),
    [(BLACK, WHITE), (WHITE, BLACK), ((255, 255, 0), WHITE), ((255, 0, 0), (0, 130, 0))],
)
def test_ink_of_any_color_is_found(ink, paper):
    drawn = seven(ink, paper)
    (found,) = find_digits(drawn).found
    expected = to_digit(drawn)
    assert difference(found.digit.image, expected.image) < 2
    assert found.digit.inverted is expected.inverted


def test_the_box_of_a_digit_lies_around_its_ink():
    (found,) = find_digits(seven(BLACK, WHITE)).found
    dark = np.asarray(seven(BLACK, WHITE).convert("L")) < 128
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    expected = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert np.abs(np.subtract(found.box, expected)).max() <= 3


def test_transparent_paper_is_paper():
    drawn = seven((0, 0, 0, 255), (0, 0, 0, 0), "RGBA")
    assert len(find_digits(drawn).found) == 1


# Strokes that belong together, and what is no digit


def test_a_five_whose_bar_is_apart_is_one_digit():
    apart = [[(130, 100), (185, 98)], FIVE[1:]]
    assert len(find_digits(strokes(*apart)).found) == 1


def test_a_five_whose_bar_is_apart_is_one_digit_beside_others():
    assert len(find_digits(strokes([(130, 95), (185, 93)], FIVE[1:], ONE)).found) == 2


def test_a_four_of_two_strokes_is_one_digit():
    four = [[(100, 100), (95, 160), (150, 160)], [(163, 90), (160, 230)]]
    assert len(find_digits(strokes(*four, ONE)).found) == 2


def test_specks_are_no_digits(line):
    dirty = sheet(line)
    for row, column in ((8, 9), (20, 150), (140, 60), (150, 200), (12, 250)):
        dirty[row : row + 4, column : column + 4] = 30
    assert count(dirty) == 5


def test_a_dash_and_a_dot_are_no_digits():
    drawn = strokes(ONE, [(100, 140), (140, 140)], [(200, 60), (200, 220)])
    ImageDraw.Draw(drawn).ellipse((225, 208, 240, 223), BLACK)
    assert len(find_digits(drawn).found) == 2


def test_digits_that_touch_are_cut_apart():
    two = [(40, 60), (120, 60), (120, 110), (40, 220), (150, 220)]
    three = [(170, 60), (260, 60), (200, 120), (260, 160), (240, 215), (145, 220)]
    scene = find_digits(strokes(two, three))
    assert len(scene.found) == 2
    assert scene.found[0].box[2] <= scene.found[1].box[0] + 25


def test_a_wide_zero_is_not_cut():
    drawn = Image.new("RGB", (400, 280), WHITE)
    ImageDraw.Draw(drawn).ellipse((130, 90, 330, 200), outline=BLACK, width=14)
    ImageDraw.Draw(drawn).line([(60, 70), (60, 210)], BLACK, 14)
    assert len(find_digits(drawn).found) == 2


def test_a_frame_is_no_digit(line):
    framed = sheet(line)
    for side in (framed[6:9], framed[-9:-6], framed[:, 6:9], framed[:, -9:-6]):
        side[:] = 30
    assert count(framed) == 5


@pytest.mark.parametrize("squared", [False, True])
def test_ruled_paper_is_no_digit(line, squared):
    ruled = sheet(line)
    ruled[::20] = np.minimum(ruled[::20], 150)
    if squared:
        ruled[:, ::20] = np.minimum(ruled[:, ::20], 150)
    assert count(ruled) == 5


def test_a_line_through_the_digits_is_taken_out(line):
    ruled = sheet(line)
    ruled[-56:-53] = 60
    assert count(ruled) == 5


@pytest.mark.parametrize("angle", [0, -6])
def test_a_sheet_on_a_dark_table_is_read(line, angle):
    on_table = np.pad(sheet(line), 50, constant_values=45)
    turned = picture(on_table).rotate(angle, Image.Resampling.BICUBIC, True, fillcolor=45)
    assert len(find_digits(turned).found) == 5


def test_white_digits_on_black_tiles_on_a_white_page_are_found(digits_data):
    page = Image.new("L", (700, 200), 255)
    for index, image in enumerate(digits_data.test.pixels[:5].numpy()):
        page.paste(Image.fromarray(image).resize((112, 112)), (15 + 135 * index, 40))
    found = find_digits(page).found
    assert len(found) == 5
    assert not any(one.digit.inverted for one in found)


# Light


def test_light_on_dark_is_read_as_dark_on_light_is(line):
    dark = find_digits(picture(sheet(line))).found
    light = find_digits(picture(sheet(line, 40, 235))).found
    assert len(dark) == len(light) == 5
    assert all(
        difference(one.digit.image, other.digit.image) < 4
        for one, other in zip(dark, light, strict=True)
    )


def test_a_shadow_with_an_edge_over_half_the_page_is_no_ink(line):
    shaded = sheet(line)
    shaded[:, : shaded.shape[1] // 2] *= 0.45
    assert count(shaded) == 5


def test_a_gradient_of_light_from_side_to_side_is_no_ink(line):
    assert count(sheet(line) * np.linspace(0.35, 1, line.shape[1])) == 5


def test_noise_does_not_hide_digits(line):
    noise = np.random.default_rng(0).normal(0, 12, line.shape)
    assert count(sheet(line) + noise) == 5


def test_a_faint_pencil_is_read(line):
    assert count(sheet(line, 220, 165)) == 5


@pytest.mark.parametrize("factor", [0.4, 1, 2.3])
def test_the_size_of_the_picture_does_not_matter(line, factor):
    drawn = picture(sheet(line))
    size = round(drawn.width * factor), round(drawn.height * factor)
    assert len(find_digits(drawn.resize(size, Image.Resampling.BOX)).found) == 5


# Order


def test_digits_come_from_left_to_right_and_line_by_line(line):
    both = np.concatenate([line, line])
    scene = find_digits(picture(sheet(both)))
    assert [found.line for found in scene.found] == [0] * 5 + [1] * 5
    for row in (scene.found[:5], scene.found[5:]):
        assert [found.box[0] for found in row] == sorted(found.box[0] for found in row)


@pytest.mark.parametrize("angle", [-12, -8, 8, 12])
def test_digits_of_a_tilted_line_are_read_upright(line, angle):
    straight = find_digits(picture(sheet(line))).found
    tilted = picture(sheet(line)).rotate(angle, Image.Resampling.BICUBIC, True, fillcolor=235)
    scene = find_digits(tilted)
    assert len(scene.found) == 5
    assert scene.degrees == pytest.approx(-angle, abs=3)
    assert max(found.line for found in scene.found) == 0
    apart = [
        difference(one.digit.image, other.digit.image)
        for one, other in zip(straight, scene.found, strict=True)
    ]
    assert np.mean(apart) < 14  # a shift by one pixel is 16


# By hand


def test_a_box_set_by_hand_gives_its_digit(line):
    scene = find_digits(picture(sheet(line)))
    found = scene.found[2]
    left, top, right, bottom = found.box
    by_hand = digit_in(scene, (left - 5, top - 5, right + 5, bottom + 5))
    assert difference(by_hand.image, found.digit.image) < 2


def test_a_box_on_a_picture_gives_its_digit():
    drawn = seven(BLACK, WHITE)
    assert difference(digit_in(drawn, (40, 30, 240, 260)).image, to_digit(drawn).image) < 2


def test_the_end_of_a_neighbour_in_a_box_is_left_out(line):
    scene = find_digits(picture(sheet(line)))
    found, neighbour = scene.found[2], scene.found[3]
    left, top, _, bottom = found.box
    wider = digit_in(scene, (left - 2, top - 2, neighbour.box[0] + 3, bottom + 2))
    assert difference(wider.image, found.digit.image) < 2


@pytest.mark.parametrize("box", [(0, 0, 30, 30), (5, 5, 5, 5), (9, 9, 2, 2), (-50, -50, -10, -10)])
def test_a_box_without_ink_says_so(line, box):
    with pytest.raises(EmptyDrawingError, match="only paper in this box"):
        digit_in(find_digits(picture(sheet(line))), box)


# Nothing to find


NOTHING = "I can't find a digit here"


@pytest.mark.parametrize(
    "empty",
    [
        Image.new("L", (300, 200), 255),
        Image.new("RGB", (500, 500), BLACK),
        Image.new("L", (1, 1)),
        Image.new("L", (2, 900), 9),
        Image.fromarray(np.tile(np.linspace(0, 255, 800), (600, 1)).astype(np.uint8)),
    ],
)
def test_paper_alone_has_no_digit(empty):
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(empty)


def test_half_a_page_in_the_dark_has_no_digit():
    half = np.full((400, 600), 220.0)
    half[:, 300:] = 90
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(picture(half))


@pytest.mark.parametrize("spread", [5, 20])
def test_noisy_blank_paper_has_no_digit(spread):
    noise = np.random.default_rng(0).normal(200, spread, (500, 700, 3))
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(picture(noise))


@pytest.mark.parametrize("width", [2, 6, 20])
def test_clouds_have_no_digit(width):
    clouds = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 1, (800, 800)), width)
    clouds = 255 * (clouds - clouds.min()) / np.ptp(clouds)
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(picture(clouds))


@pytest.mark.parametrize("index", [0, 1])
def test_a_photo_of_something_else_has_no_digit(index, tmp_path: Path):
    content = saved(Image.fromarray(load_sample_images().images[index]), tmp_path, "photo.jpg")
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(read_picture(content, "photo.jpg"))


@pytest.mark.parametrize("photo", [skimage.data.camera, skimage.data.moon, skimage.data.rocket])
def test_marks_like_digits_among_many_others_are_none(photo):
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(Image.fromarray(photo()))


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_large_picture_of_noise_ends_soon_with_a_sentence(share):
    noise = np.where(np.random.default_rng(0).random((1000, 1000)) < share, 255.0, 0.0)
    start = time.process_time()
    with pytest.raises(DrawingError, match="I can't find"):
        find_digits(picture(noise))
    assert time.process_time() - start < 4  # under 1 s by itself


@pytest.mark.parametrize("step", [12, 13])
def test_finely_squared_paper_ends_soon_with_a_sentence(step):
    squared = np.full((1000, 1000), 235.0)
    squared[::step] = squared[:, ::step] = 20
    start = time.process_time()
    with pytest.raises(DrawingError, match="I can't find"):
        find_digits(picture(squared))
    assert time.process_time() - start < 4  # under 1 s by itself; 17 s when all pairs were tried


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (2, 300), (7, 100)])
def test_a_picture_too_narrow_for_a_digit_has_none(size):
    narrow = Image.new("L", size, 255)
    narrow.paste(0, (0, 0, min(size[0], 90), min(size[1], 90)))
    with pytest.raises(EmptyDrawingError, match=NOTHING):
        find_digits(narrow)


def test_more_digits_than_are_read_at_once_are_refused_with_the_limit():
    page = Image.new("L", (1000, 600), 255)
    for row in range(8):
        for column in range(15):
            left, top = 20 + 64 * column, 20 + 70 * row
            ImageDraw.Draw(page).line([(left, top), (left + 20, top), (left + 8, top + 40)], 0, 6)
    with pytest.raises(DrawingError, match=rf"120 marks like digits.*the {MAX_DIGITS} that"):
        find_digits(page)
