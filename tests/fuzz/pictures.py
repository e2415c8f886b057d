"""Pictures and zip files of pictures from anywhere: read, or refused in a sentence."""

import functools
import io
import struct
import zlib
from contextlib import suppress
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image, ImageDraw

from core.drawing import to_digit
from core.drawing.batch import list_pictures, read_source
from core.drawing.scene import find_digits
from core.errors import DigitLabError
from core.pictures import WORKING_SIDE, is_animated, read_picture
from tests.fuzz.hostile import edited, edits, whole_texts
from tests.fuzz.properties import Property
from tests.fuzz.watch import only_within
from tests.support.zip_files import zipped

_SIDE: Final = 96  # small: what matters here is how a file is read
_KINDS: Final = (
    ("PNG", "L", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "I;16", {}),
    ("PNG", "1", {}),
    ("JPEG", "RGB", {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"}),
    ("JPEG", "CMYK", {}),
    ("GIF", "P", {}),
    ("WEBP", "RGBA", {}),
    ("BMP", "RGB", {}),
    ("TIFF", "RGB", {}),
    ("ICO", "RGBA", {}),
)


@functools.cache
def whole_pictures() -> list[bytes]:
    """Return a seven in each kind of file, and files that ask for gigabytes."""
    found = []
    for form, mode, options in _KINDS:
        picture = Image.new("RGB", (_SIDE, _SIDE), "white")
        ImageDraw.Draw(picture).line([(20, 20), (70, 20), (40, 80)], fill="black", width=8)
        plain = picture.convert("I").convert("I;16") if mode == "I;16" else picture.convert(mode)
        buffer = io.BytesIO()
        plain.save(buffer, format=form, **options)
        found.append(buffer.getvalue())
    frames = [Image.new("P", (_SIDE, _SIDE), colour) for colour in range(5)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:])
    return [*found, buffer.getvalue(), _png_that_says(60_000, 60_000), _png_that_says(6_000, 6_000)]


@functools.cache
def _packed_zeros() -> bytes:
    return zlib.compress(bytes(50_000_000), 9)


def _png_that_says(width: int, height: int) -> bytes:
    def part(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    comment = part(b"zTXt", b"a\0\0" + _packed_zeros())
    packed = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + comment + part(b"IDAT", packed)


def pictures() -> SearchStrategy[bytes]:
    """Give pictures that are whole or damaged, and bytes that begin like one."""
    whole = st.sampled_from(whole_pictures())
    beginnings = st.sampled_from((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b""))
    return st.one_of(
        st.builds(edited, whole, edits),
        st.builds(edited, whole, edits),
        whole,
        st.builds(lambda begin, rest: begin + rest, beginnings, st.binary(max_size=300)),
    )


def check_picture(uploaded: tuple[str, bytes]) -> None:
    """An upload becomes a small picture with its digits, or a sentence."""
    name, content = uploaded
    with only_within():
        is_animated(content)
        with suppress(DigitLabError):
            picture = read_picture(content, name)
            assert max(picture.size) <= WORKING_SIDE
            assert picture.mode in ("L", "RGB", "RGBA")
            with suppress(DigitLabError):
                to_digit(picture)
            find_digits(picture)


def check_pictures(uploaded: list[tuple[str, bytes]]) -> None:
    """Of many uploads each is read or gets its sentence, and none stops the others."""
    with only_within():
        listing = list_pictures(uploaded)
        for source in listing.sources:
            reading = read_source(source)
            assert "error of this program" not in reading.remark


def _uploads() -> SearchStrategy[list[tuple[str, bytes]]]:
    members = st.dictionaries(
        whole_texts.map(lambda text: f"n{text[:50_000]}"), pictures(), max_size=4
    )
    zips = members.map(lambda inside: zipped(inside).getvalue())
    files = st.one_of(pictures(), zips, st.builds(edited, zips, edits))
    return st.lists(st.tuples(whole_texts, files), max_size=4)


PICTURE: Final = Property(
    "pictures", st.tuples(whole_texts, st.deferred(pictures)), check_picture, quick=60
)
MANY: Final = Property(
    "several pictures and zips of them", st.deferred(_uploads), check_pictures, 20
)
