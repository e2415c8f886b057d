"""Pictures of a digit, made as the tests need them."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


def seven(ink: Any, paper: Any, mode: str = "RGB", brush: int = 18, side: int = 280) -> Image.Image:
    """Return a seven of straight strokes, `brush` pixels wide, on a square of `side` pixels."""
    picture = Image.new(mode, (side, side), paper)
    place = [(x * side / 280, y * side / 280) for x, y in ((70, 60), (190, 60), (110, 230))]
    ImageDraw.Draw(picture).line(place, ink, brush, joint="curve")
    return picture


def saved(picture: Image.Image, folder: Path, name: str, **options: Any) -> bytes:
    """Return what a file of this name and these options holds."""
    file = folder / name
    picture.save(file, **options)
    return file.read_bytes()


def one_bit_png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG of one-bit pixels out of uncompressed `rows`; without them it ends before any."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = (head, b"IDAT" + zlib.compress(rows, 1), b"IEND")
    chunks = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean absolute difference of two grey pictures, 0 to 255."""
    return float(np.abs(one.astype(int) - other).mean())
