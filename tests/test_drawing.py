"""core.drawing: any picture → the 28×28 digit a model was trained on."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from core.drawing import Digit, thicken, to_digit
from core.errors import DrawingError, EmptyDrawingError
from core.learning.centering import center_of_mass, ink_box
from core.pictures import read_canvas, read_picture
from tests.support.pictures import difference, saved, seven

BLACK, WHITE, CLEAR = (0, 0, 0), (255, 255, 255), (0, 0, 0, 0)


def longest_side(image: np.ndarray) -> int:
    top, bottom, left, right = ink_box(image)
    return max(bottom - top, right - left)


REFERENCE = to_digit(seven(WHITE, BLACK)).image


# Paper and ink


@pytest.mark.parametrize(
    ("ink", "paper", "inverted"),
    [(BLACK, WHITE, True), (WHITE, BLACK, False), ((20, 40, 160), (240, 235, 220), True)],
)
def test_light_and_dark_paper_give_the_same_digit(ink, paper, inverted):
    digit = to_digit(seven(ink, paper))
    assert digit.inverted is inverted
    assert difference(digit.image, REFERENCE) < 2


@pytest.mark.parametrize(
    ("ink", "paper"), [((255, 255, 0), WHITE), ((0, 0, 255), BLACK), ((255, 0, 0), (0, 130, 0))]
)
def test_ink_as_bright_as_its_paper_is_seen_by_its_color(ink, paper):
    assert difference(to_digit(seven(ink, paper)).image, REFERENCE) < 2


@pytest.mark.parametrize("ink", [BLACK, WHITE, (128, 128, 128)])
def test_strokes_on_a_transparent_pad_are_read_dark_or_light(ink):
    assert difference(to_digit(seven((*ink, 255), CLEAR, "RGBA")).image, REFERENCE) < 2


def test_dark_strokes_on_a_transparent_pad_count_as_dark_on_light():
    assert to_digit(seven((0, 0, 0, 255), CLEAR, "RGBA")).inverted
    assert not to_digit(seven((255, 255, 255, 255), CLEAR, "RGBA")).inverted


def test_a_sheet_with_transparent_margins_is_read_as_a_sheet():
    sheet = Image.new("RGBA", (340, 340), CLEAR)
    sheet.paste(seven((0, 0, 0, 255), (255, 255, 255, 255), "RGBA"), (30, 30))
    assert difference(to_digit(sheet).image, REFERENCE) < 2


def test_a_palette_picture_with_a_transparent_color_is_read(tmp_path):
    picture = Image.new("P", (280, 280), 0)
    picture.putpalette([255, 255, 255, 0, 0, 0])
    picture.paste(1, (100, 40, 130, 240))
    content = saved(picture, tmp_path, "1.png", transparency=0)
    assert to_digit(read_picture(content, "1.png")).inverted


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I", "F"])
def test_every_mode_of_a_picture_gives_the_same_digit(mode):
    picture = seven(BLACK, WHITE).convert("L")
    if mode == "I":  # 16 bit in 32
        picture = Image.fromarray(np.asarray(picture).astype(np.int32) * 257)
    elif mode != "L":
        picture = picture.convert("RGB").convert(mode)
    assert difference(to_digit(picture).image, REFERENCE) < 3


def test_16_bit_greys_are_scaled_and_not_cut(tmp_path):
    greys = np.asarray(seven(90, 200, "L")).astype(np.uint16) * 257
    content = saved(Image.fromarray(greys), tmp_path, "7.png")
    assert difference(to_digit(read_picture(content, "7.png")).image, REFERENCE) < 3


@pytest.mark.parametrize("quality", [15, 50])
def test_a_poor_jpeg_reads_as_the_same_digit(tmp_path, quality):
    content = saved(seven((60, 60, 60), (220, 220, 220)), tmp_path, "7.jpg", quality=quality)
    assert difference(to_digit(read_picture(content, "7.jpg")).image, REFERENCE) < 6


def test_a_soft_shadow_is_not_ink():
    shade = np.linspace(0.7, 1.0, 280)[:, None, None]
    picture = np.asarray(seven((40, 40, 40), (235, 235, 235))) * shade
    assert difference(to_digit(picture.astype(np.uint8)).image, REFERENCE) < 6


def test_specks_do_not_move_the_digit():
    picture = seven(BLACK, WHITE)
    for place in ((3, 3), (270, 8), (12, 268), (250, 250)):
        ImageDraw.Draw(picture).ellipse((*place, place[0] + 4, place[1] + 4), BLACK)
    assert difference(to_digit(picture).image, REFERENCE) < 2


def test_specks_darker_than_the_digit_do_not_hide_it():
    pixels = np.asarray(seven(150, 255, "L")).copy()
    pixels[::9, ::9] = 0
    assert difference(to_digit(pixels).image, REFERENCE) < 20


def test_a_digit_that_touches_the_border_is_read():
    picture = seven(BLACK, WHITE).crop((60, 50, 200, 240))
    assert difference(to_digit(picture).image, REFERENCE) < 3


# Nothing to read


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (280, 280), 0),
        Image.new("RGB", (280, 280), WHITE),
        Image.new("RGBA", (280, 280), CLEAR),
        Image.new("RGB", (280, 280), (250, 240, 230)),
        Image.new("1", (1, 1)),
    ],
)
def test_one_tone_is_nothing_to_read(picture):
    with pytest.raises(EmptyDrawingError, match="nothing to read yet"):
        to_digit(picture)


def test_a_noisy_blank_photo_is_nothing_to_read():
    noise = np.random.default_rng(0).normal(200, 5, (280, 280, 3)).clip(0, 255).astype(np.uint8)
    with pytest.raises(EmptyDrawingError):
        to_digit(noise)


def test_tones_without_any_paper_are_nothing_to_read():
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    with pytest.raises(EmptyDrawingError):
        to_digit(np.tile(colors, (30, 10, 1)).reshape(30, 30, 3))


def test_a_dot_is_too_small_and_the_sentence_says_how_small():
    picture = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(picture).ellipse((100, 100, 117, 117), 255)  # one click with the 18 px brush
    with pytest.raises(EmptyDrawingError, match=r"18 pixels long\. Draw a digit of at least 20"):
        to_digit(picture)


# The pad


def test_the_pad_sends_rgba():
    message = BytesIO()
    seven((255, 255, 255, 255), (0, 0, 0, 255), "RGBA").save(message, "PNG")
    assert np.array_equal(to_digit(read_canvas(message.getvalue())).image, REFERENCE)


@pytest.mark.parametrize(
    "array", [np.zeros((9, 9)), np.zeros(9, np.uint8), np.zeros((9, 9, 2), np.uint8)]
)
def test_another_array_is_refused(array):
    with pytest.raises(DrawingError, match="grey, RGB or RGBA"):
        to_digit(array)


# Size, place and stroke


def test_a_digit_is_centered_and_20_pixels_long():
    assert longest_side(REFERENCE) == 20
    assert np.abs(center_of_mass(REFERENCE) - 14).max() <= 0.51
    assert REFERENCE.max() == 255


def test_place_and_size_on_the_pad_do_not_matter():
    pad = Image.new("RGB", (280, 280), BLACK)
    pad.paste(seven(WHITE, BLACK).resize((140, 140)), (130, 20))
    assert difference(to_digit(pad).image, REFERENCE) < 4


def test_scaling_can_be_left_out():
    small = Image.new("L", (280, 280), 0)
    small.paste(255, (130, 100, 145, 180))
    assert longest_side(to_digit(small, scale=False).image) == 8


def test_centering_can_be_left_out():
    corner = Image.new("L", (280, 280), 0)
    corner.paste(255, (0, 0, 15, 100))
    assert ink_box(to_digit(corner, center=False).image)[::2] == (0, 0)


def stroke_width(image: np.ndarray) -> float:
    """Ink area over length of a vertical line, in pixels."""
    return float(image.sum() / 255 / 20)


@pytest.mark.parametrize(("width", "expected"), [(18, 1.8), (1, 2.5), (4, 2.5), (30, 3.0)])
def test_strokes_end_as_wide_as_mnist_has_them(width, expected):
    pad = np.zeros((280, 280), np.uint8)
    pad[40:240, 100 : 100 + width] = 255
    assert stroke_width(to_digit(pad).image) == pytest.approx(expected, abs=0.35)


def test_usual_strokes_are_not_thickened():
    ink = np.zeros((280, 280), np.float32)
    ink[40:240, 100:118] = 1
    assert thicken(ink) is ink


def ring(brush: int) -> np.ndarray:
    """Return a small zero, 100 pixels high, written with a brush of so many pixels."""
    pad = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(pad).ellipse((60, 90, 125, 190), outline=255, width=brush)
    return np.asarray(pad)


def test_a_thick_brush_is_thinned_so_that_a_small_loop_stays_open():
    thinned, as_drawn = (to_digit(ring(28), thicken=step).image for step in (True, False))
    assert thinned[10:18, 12:16].mean() < as_drawn[10:18, 12:16].mean()
    assert longest_side(thinned) == 20


def test_thinning_leaves_a_digit_in_one_piece():
    pad = np.zeros((280, 280), np.uint8)
    pad[40:140, 60:130] = pad[150:240, 60:130] = 255
    pad[140:150, 90:98] = 255  # a narrow bridge between two blots
    assert ndimage.label(to_digit(pad).image > 0, np.ones((3, 3)))[1] == 1


@pytest.mark.parametrize("brush", [2, 30])
def test_thickness_can_be_left_out(brush):
    ink = ring(brush)
    assert not np.array_equal(to_digit(ink, thicken=False).image, to_digit(ink).image)


# MNIST itself


def test_a_finished_digit_comes_back_as_it_is():
    digit = to_digit(REFERENCE)
    assert isinstance(digit, Digit)
    assert np.array_equal(digit.image, REFERENCE)


def test_a_finished_digit_on_light_paper_comes_back_turned_dark():
    digit = to_digit(255 - REFERENCE)
    assert digit.inverted
    assert np.array_equal(digit.image, REFERENCE)


def test_the_returned_image_can_be_written_to():
    to_digit(REFERENCE).image[0, 0] = 1
    assert REFERENCE[0, 0] == 0


def test_a_shifted_image_of_28_by_28_is_centered():
    assert difference(to_digit(np.roll(REFERENCE, 3, axis=1)).image, REFERENCE) < 3


@pytest.fixture(scope="module")
def mnist(mnist_root: Path) -> np.ndarray:
    file = mnist_root / "MNIST/raw/t10k-images-idx3-ubyte"
    return np.fromfile(file, np.uint8, offset=16).reshape(-1, 28, 28)


@pytest.mark.mnist
def test_mnist_images_pass_unchanged(mnist):
    assert all(np.array_equal(to_digit(image).image, image) for image in mnist[:500])


@pytest.mark.mnist
def test_a_jpeg_of_an_mnist_image_stays_nearly_equal(mnist):
    for image in mnist[:50]:
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=75)
        assert difference(to_digit(read_picture(file.getvalue(), "7.jpg")).image, image) < 8


@pytest.mark.mnist
def test_mnist_images_pasted_anywhere_at_any_size_come_back(mnist):
    generator = np.random.default_rng(0)
    differences = []
    for index, image in enumerate(mnist[:200]):
        side = int(generator.integers(60, 261))
        row, column = generator.integers(0, 281 - side, 2)
        pad = np.zeros((280, 280), np.uint8)
        enlarged = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        pad[row : row + side, column : column + side] = enlarged
        digit = to_digit(255 - pad if index % 2 else pad)
        assert digit.inverted is bool(index % 2)
        differences.append(difference(digit.image, image))
    # Measured: mean 7.0, largest 23.1. A shift by one pixel is 16.6, a blank image 30.3.
    assert np.mean(differences) < 9
    assert max(differences) < 30
