"""Pictures of a digit, made as the tests need them."""

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


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean absolute difference of two grey pictures, 0 to 255."""
    return float(np.abs(one.astype(int) - other).mean())
