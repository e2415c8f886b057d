"""core.pictures: untrusted uploads and canvas messages become pictures."""

import struct
import warnings
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.drawing import to_digit
from core.errors import DrawingError, EmptyDrawingError
from core.pictures import read_canvas, read_picture
from tests.support.pictures import difference, saved, seven

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def png_header(width: int, height: int) -> bytes:
    """A PNG of one-bit pixels that ends before any of them."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


REFERENCE = to_digit(seven(WHITE, BLACK)).image


# Uploads


@pytest.mark.parametrize("name", ["7.png", "7.jpg", "7.webp", "7.gif", "7.bmp"])
def test_every_listed_format_reads_as_the_same_digit(tmp_path, name):
    picture = read_picture(saved(seven(BLACK, WHITE), tmp_path, name), name)
    assert difference(to_digit(picture).image, REFERENCE) < 3


def test_the_content_counts_and_not_the_name(tmp_path):
    content = saved(seven(BLACK, WHITE), tmp_path, "7.png")
    assert read_picture(content, "7.jpg").size == (280, 280)


def test_an_animated_gif_gives_its_first_frame(tmp_path):
    later = Image.new("RGB", (280, 280), WHITE)
    content = saved(seven(BLACK, WHITE), tmp_path, "7.gif", save_all=True, append_images=[later])
    assert difference(to_digit(read_picture(content, "7.gif")).image, REFERENCE) < 3


@pytest.mark.parametrize("name", ["7.jpg", "7.png", "7.webp"])
@pytest.mark.parametrize(("orientation", "turn"), [(3, 180), (6, 90), (8, 270)])
def test_a_camera_held_sideways_is_turned_upright(tmp_path, name, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(seven(BLACK, WHITE).rotate(turn), tmp_path, name, exif=exif)
    assert difference(to_digit(read_picture(content, name)).image, REFERENCE) < 3


def test_a_16_bit_picture_is_turned_upright_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = np.asarray(seven(0, 255, "L").rotate(90)).astype(np.uint16) * 257
    content = saved(Image.fromarray(wide), tmp_path, "7.png", exif=exif)
    assert difference(to_digit(read_picture(content, "7.png")).image, REFERENCE) < 3


def test_a_large_photo_is_brought_down_to_1000_pixels(tmp_path):
    content = saved(seven(BLACK, WHITE, side=3000, brush=190), tmp_path, "7.jpg")
    assert max(read_picture(content, "7.jpg").size) <= 1000


def test_a_fine_pen_in_a_large_photo_is_still_read(tmp_path):
    content = saved(seven((60, 60, 70), (225, 220, 215), side=3000, brush=24), tmp_path, "7.jpg")
    assert difference(to_digit(read_picture(content, "7.jpg")).image, REFERENCE) < 12


def test_an_empty_file_is_refused_by_name():
    with pytest.raises(DrawingError, match=r"“7\.png” is empty"):
        read_picture(b"", "7.png")


def test_a_text_file_named_png_is_refused():
    with pytest.raises(DrawingError, match=r"“7\.png” cannot be read as a picture"):
        read_picture(b"seven, to be sure\n" * 50, "7.png")


@pytest.mark.parametrize("name", ["7.png", "7.jpg", "7.webp", "7.gif", "7.bmp"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_a_truncated_file_is_refused_or_read_but_never_breaks(tmp_path, name, part):
    content = saved(seven(BLACK, WHITE), tmp_path, name)
    with suppress(DrawingError):
        assert read_picture(content[: int(len(content) * part)], name).size == (280, 280)


@pytest.mark.parametrize("name", ["7.png", "7.jpg", "7.webp", "7.bmp"])
def test_half_a_file_is_refused(tmp_path, name):
    content = saved(seven(BLACK, WHITE), tmp_path, name)
    with pytest.raises(DrawingError, match="damaged"):
        read_picture(content[: len(content) // 2], name)


@pytest.mark.parametrize("name", ["7.png", "7.jpg", "7.webp", "7.gif", "7.bmp"])
def test_damaged_bytes_raise_nothing_but_drawing_errors(tmp_path, name):
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if name in {"7.gif", "7.bmp"} else {"exif": exif}
    content = saved(seven(BLACK, WHITE, side=56, brush=4), tmp_path, name, **options)
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        damaged = np.frombuffer(content, np.uint8).copy()
        places = generator.integers(0, min(120, len(damaged)), 4)
        damaged[places] = generator.integers(0, 256, 4)
        try:
            to_digit(read_picture(damaged.tobytes(), name))
        except DrawingError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("name", ["7.tiff", "7.ppm", "7.ico"])
def test_another_kind_of_picture_is_refused(tmp_path, name):
    content = saved(seven(BLACK, WHITE), tmp_path, name)
    with pytest.raises(DrawingError, match="Choose a PNG, JPEG, WebP, GIF or BMP"):
        read_picture(content, name)


def test_more_than_10_megabytes_are_refused():
    with pytest.raises(DrawingError, match=r"“7\.bmp” is larger than 10 MB"):
        read_picture(bytes(10 * 1024**2 + 1), "7.bmp")


@pytest.mark.parametrize("size", [(8000, 5001), (10_000, 9500), (20_000, 20_000)])
def test_more_than_40_megapixels_are_refused_from_the_header_without_a_warning(size):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DrawingError, match="more than 40 megapixels"):
            read_picture(png_header(*size), "7.png")


def test_a_header_without_pixels_is_refused():
    with pytest.raises(DrawingError, match="damaged"):
        read_picture(png_header(280, 280), "7.png")


def test_a_strip_one_pixel_high_does_not_break(tmp_path):
    content = saved(Image.new("L", (30_000, 1), 255), tmp_path, "7.png")
    with pytest.raises(EmptyDrawingError):
        to_digit(read_picture(content, "7.png"))


def test_a_long_name_is_shortened_in_the_sentence():
    with pytest.raises(DrawingError) as caught:
        read_picture(b"", "7\n" * 500)
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


# The pad


def test_a_pad_before_the_first_stroke_is_nothing_to_read():
    with pytest.raises(EmptyDrawingError):
        read_canvas(None)


def canvas_message(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "tampered",
    [
        b"",
        b"not a picture",
        canvas_message(Image.new("RGBA", (1001, 10))),
        canvas_message(Image.new("L", (13_000, 13_000))),
        canvas_message(Image.new("RGBA", (280, 280)))[:60],
        canvas_message(Image.new("RGB", (280, 280)), "JPEG"),
    ],
)
def test_a_tampered_pad_is_refused(tampered):
    with pytest.raises(DrawingError, match="arrived damaged"):
        read_canvas(tampered)
