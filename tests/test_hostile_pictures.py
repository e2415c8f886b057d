"""Pictures and zip files that are odd, damaged or made to do harm: each gets a sentence."""

import io
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.drawing import batch
from core.drawing.batch import Reading, Source, list_pictures, read_source
from core.drawing.scene import find_digits
from core.errors import DrawingError, EmptyDrawingError
from core.pictures import is_animated, read_picture
from core.runs import untrusted_zip
from tests.support.pictures import difference, one_bit_png, saved, seven
from tests.support.zip_files import changed, entry, zipped

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    """A picture of a seven."""
    return saved(seven(BLACK, WHITE), tmp_path, "7.png")


def read_all(*files: tuple[str, bytes]) -> tuple[dict[str, Reading], tuple[str, ...]]:
    listing = list_pictures(files)
    readings = [read_source(source) for source in listing.sources]
    return {reading.name: reading for reading in readings}, listing.remarks


def read_zip(members: Mapping[str, str | bytes]) -> tuple[dict[str, Reading], tuple[str, ...]]:
    return read_all(("all.zip", zipped(members).getvalue()))


# One picture


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"Dear teacher, this is no picture.\n" * 20, "cannot be read as a picture"),
        (one_bit_png(30_000, 30_000), "more than 40 megapixels"),
        (bytes(10 * 1024**2 + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_picture_gets_a_sentence_with_its_name(content: bytes, reason: str) -> None:
    with pytest.raises(DrawingError, match=reason) as caught:
        read_picture(content, "mine.png")
    assert "“mine.png”" in str(caught.value)


def test_a_real_png_of_30000_by_30000_pixels_is_refused() -> None:
    # 900 megapixels of one bit: half a megabyte as a file, 900 MB once decoded.
    content = one_bit_png(30_000, 30_000, bytes(30_000 * (1 + 30_000 // 8)))
    with pytest.raises(DrawingError, match="more than 40 megapixels"):
        read_picture(content, "huge.png")


def test_a_truncated_jpeg_is_refused(tmp_path: Path) -> None:
    content = saved(seven(BLACK, WHITE), tmp_path, "7.jpg")
    with pytest.raises(DrawingError, match="damaged"):
        read_picture(content[: len(content) // 2], "7.jpg")


@pytest.mark.parametrize("grey", [0, 40, 128, 255])
def test_a_picture_of_one_tone_holds_no_digit(grey: int) -> None:
    with pytest.raises(EmptyDrawingError, match="can't find a digit here"):
        find_digits(Image.new("L", (400, 300), grey))


def test_noise_is_no_digit() -> None:
    noise = np.random.default_rng(0).normal(200, 6, (400, 600)).clip(0, 255).astype(np.uint8)
    with pytest.raises(EmptyDrawingError, match="can't find a digit here"):
        find_digits(Image.fromarray(noise))


def test_a_slow_change_of_light_is_no_digit() -> None:
    across = np.linspace(60, 220, 600)[None, :].repeat(400, axis=0)
    with pytest.raises(EmptyDrawingError, match="can't find a digit here"):
        find_digits(Image.fromarray(across.astype(np.uint8)))


def test_of_an_animated_gif_the_first_frame_is_read_and_this_is_said(tmp_path: Path) -> None:
    later = Image.new("RGB", (280, 280), WHITE)
    content = saved(seven(BLACK, WHITE), tmp_path, "7.gif", save_all=True, append_images=[later])
    readings, _ = read_all(("7.gif", content))
    assert readings["7.gif"].remark == "It is animated: its first frame is read."
    assert len(readings["7.gif"].images) == 1


@pytest.mark.parametrize("name", ["7.png", "7.jpg", "7.webp", "7.gif", "7.bmp"])
def test_a_still_picture_is_not_called_animated(tmp_path: Path, name: str) -> None:
    assert not is_animated(saved(seven(BLACK, WHITE), tmp_path, name))


@pytest.mark.parametrize("content", [b"", b"GIF89a", one_bit_png(30_000, 30_000)])
def test_whether_a_damaged_file_is_animated_breaks_nothing(content: bytes) -> None:
    assert not is_animated(content)


def test_a_photo_taken_sideways_is_read_upright(tmp_path: Path, good: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = saved(seven(BLACK, WHITE).rotate(90), tmp_path, "side.jpg", exif=exif)
    readings, _ = read_all(("side.jpg", sideways), ("7.png", good))
    assert difference(readings["side.jpg"].images[0], readings["7.png"].images[0]) < 8


# Many pictures


def test_what_cannot_be_read_gets_its_sentence_and_the_rest_is_read(good: bytes) -> None:
    readings, remarks = read_zip(
        {
            "notes.txt": "hello",
            "empty.png": b"",
            "cut.png": good[:60],
            "huge.png": one_bit_png(30_000, 30_000),
            "folder/7.png": good,
        }
    )
    assert remarks == ()
    assert "another kind" in readings["notes.txt"].remark
    assert "is empty" in readings["empty.png"].remark
    assert "damaged" in readings["cut.png"].remark
    assert "40 megapixels" in readings["huge.png"].remark
    assert [len(readings[name].images) for name in readings] == [0, 0, 0, 0, 1]


def test_several_files_and_zip_files_are_read_together(good: bytes) -> None:
    readings, _ = read_all(("a.png", good), ("b.zip", zipped({"c.png": good}).getvalue()))
    assert list(readings) == ["a.png", "c.png"]
    assert all(len(reading.images) == 1 for reading in readings.values())


def test_a_zip_is_known_by_what_it_holds_and_not_by_its_name(good: bytes) -> None:
    readings, _ = read_all(("photos", zipped({"c.png": good}).getvalue()))
    assert list(readings) == ["c.png"]


def test_a_zip_within_a_zip_is_not_opened(good: bytes) -> None:
    inner = zipped({"7.png": good}).getvalue()
    readings, _ = read_zip({"inner.zip": inner, "hidden.png": inner, "7.png": good})
    assert "zip file within the zip file" in readings["inner.zip"].remark
    assert "zip file within the zip file" in readings["hidden.png"].remark
    assert len(readings["7.png"].images) == 1


def test_a_link_in_a_zip_is_not_followed(good: bytes) -> None:
    file = zipped({"7.png": good})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(entry("link.png", stat.S_IFLNK | 0o777), b"/etc/passwd")
    readings, _ = read_all(("all.zip", file.getvalue()))
    assert "is a link or a device" in readings["link.png"].remark
    assert len(readings["7.png"].images) == 1


@pytest.mark.parametrize("name", ["../7.png", "/etc/7.png", "C:\\7.png"])
def test_a_name_that_leads_out_of_the_zip_gets_a_sentence(good: bytes, name: str) -> None:
    readings, _ = read_zip({name: good, "7.png": good})
    assert "in it" in readings[name].remark
    assert len(readings["7.png"].images) == 1


def test_a_bomb_in_a_zip_is_not_unpacked(good: bytes) -> None:
    readings, _ = read_zip({"bomb.png": bytes(60_000_000), "7.png": good})
    assert "larger than 10 MB" in readings["bomb.png"].remark
    assert len(readings["7.png"].images) == 1


def test_a_bomb_that_lies_about_its_size_is_read_no_further_than_it_says(good: bytes) -> None:
    file = zipped({"bomb.png": bytes(60_000_000), "7.png": good})
    file = changed(file, struct.pack("<L", 60_000_000), struct.pack("<L", 1000))
    readings, _ = read_all(("all.zip", file.getvalue()))
    assert "damaged" in readings["bomb.png"].remark
    assert len(readings["7.png"].images) == 1


def test_an_encrypted_file_in_a_zip_gets_a_sentence(good: bytes) -> None:
    content = bytearray(zipped({"7.png": good}).getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    readings, _ = read_all(("all.zip", bytes(content)))
    assert "encrypted" in readings["7.png"].remark


def test_a_wrong_checksum_in_a_zip_gets_a_sentence(good: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("7.png", good)
    content = file.getvalue().replace(good[100:110], bytes(10))
    readings, _ = read_all(("all.zip", content))
    assert "damaged" in readings["7.png"].remark


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"Dear teacher", bytes(100_000)])
def test_what_is_called_a_zip_and_is_none_gets_a_sentence(good: bytes, content: bytes) -> None:
    readings, remarks = read_all(("all.zip", content), ("7.png", good))
    assert remarks == ("“all.zip” cannot be read. It is damaged, or not a zip file.",)
    assert list(readings) == ["7.png"]


def test_a_zip_of_nothing_but_clutter_says_that_it_is_empty(good: bytes) -> None:
    _, remarks = read_zip({"__MACOSX/._7.png": good, ".DS_Store": "x", "Thumbs.db": "x"})
    assert remarks == ("“all.zip” holds no picture.",)


def test_of_thousands_of_files_the_first_are_read_and_this_is_said(good: bytes) -> None:
    listing = list_pictures(
        [("all.zip", zipped({f"{n}.png": b"" for n in range(2000)}).getvalue())]
    )
    assert [source.name for source in listing.sources] == [f"{n}.png" for n in range(300)]
    assert listing.remarks == (
        "The first 300 of 2,000 files are read: at most 300 at once, and 200 MB together.",
    )


def test_a_zip_whose_list_of_files_would_fill_the_memory_is_not_opened() -> None:
    members = {f"{n}-{'x' * 250}.png": b"" for n in range(6500)}
    listing = list_pictures([("all.zip", zipped(members).getvalue())])
    assert listing.sources == ()
    assert "too many files" in listing.remarks[0]


def test_a_fault_of_this_program_in_one_picture_leaves_the_others_to_be_read(good: bytes) -> None:
    def fail() -> bytes:
        raise ZeroDivisionError

    reading = read_source(Source("odd.png", 1, fail))
    assert reading.remark == "“odd.png” could not be read: an error of this program."
    assert read_source(Source("7.png", len(good), lambda: good)).lines == (0,)


def test_more_than_fits_together_is_left_out_and_this_is_said(good: bytes, monkeypatch) -> None:
    monkeypatch.setattr(batch, "MOST_BYTES", 2 * len(good))
    listing = list_pictures([(f"{n}.png", good) for n in range(4)])
    assert len(listing.sources) == 2
    assert "The first 2 of 4 files are read" in listing.remarks[0]


def test_an_entry_is_read_no_further_than_asked_for() -> None:
    archive = zipfile.ZipFile(zipped({"a": bytes(1_000_000)}))
    assert len(untrusted_zip.read_entry(archive, archive.infolist()[0], 1000)) == 1001


def test_a_name_that_cannot_be_shown_is_made_plain(good: bytes) -> None:
    readings, _ = read_all(("turn\u202eed\n.png", good))
    assert list(readings) == ["turn?ed?.png"]
