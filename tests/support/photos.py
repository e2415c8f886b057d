"""Photo-like pictures of lines of digits, composed from images of a data set and seeded."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image
from scipy import ndimage

Floats = np.ndarray

# Gaps between the digits' ink, as shares of their height: a third of the pictures each.
GAPS: Final = {"narrow": (0.08, 0.2), "usual": (0.2, 0.6), "wide": (0.6, 1.5)}


@dataclass(frozen=True)
class Photo:
    """A picture and what is written on it, one string of digits a line."""

    picture: Image.Image
    lines: tuple[str, ...]
    gaps: str
    light_on_dark: bool


def photo(
    pixels: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    *,
    lines: int = 1,
    light_on_dark: bool | None = None,
) -> Photo:
    """Return a photo of `lines` lines of 3 to 8 digits, drawn by chance from a data set.

    `pixels` is uint8 `(N, 28, 28)`, white ink on black; `labels` `(N,)`. Paper tone, a gradient of
    light, a soft shadow, noise, blur, JPEG and a rotation of up to 8° are drawn by chance too.
    """
    gaps = str(generator.choice(list(GAPS)))
    height = generator.uniform(36, 80)  # of the digits, pixels
    rows, texts = [], []
    for _ in range(lines):
        chosen = generator.integers(0, len(pixels), generator.integers(3, 9))
        rows.append(line_of(pixels[chosen], generator, height, GAPS[gaps]))
        texts.append("".join(str(int(label)) for label in labels[chosen]))
    ink = _tilted(stacked(rows, height, generator), generator.uniform(-8, 8))
    dark = generator.random() < 0.2 if light_on_dark is None else light_on_dark
    return Photo(photographed(ink, generator, light_on_dark=dark), tuple(texts), gaps, dark)


def line_of(
    images: np.ndarray, generator: np.random.Generator, height: float, gaps: tuple[float, float]
) -> Floats:
    """Return the ink, `(h, w)` in [0, 1], of digits side by side, `height` pixels high or so.

    The gap between two digits is measured between the columns that hold their ink, so no two of
    them touch.
    """
    digits = [_enlarged(image, height * generator.uniform(0.9, 1.1)) for image in images]
    space = [round(height * generator.uniform(*gaps)) for _ in digits]
    bounce = [round(height * generator.uniform(0, 0.12)) for _ in digits]
    tall = max(len(digit) + up for digit, up in zip(digits, bounce, strict=True))
    line = np.zeros((tall, sum(digit.shape[1] for digit in digits) + sum(space[1:])))
    left = 0
    for index, digit in enumerate(digits):
        left += space[index] if index else 0
        bottom = tall - bounce[index]
        line[bottom - len(digit) : bottom, left : left + digit.shape[1]] = digit
        left += digit.shape[1]
    return line


def stacked(rows: list[Floats], height: float, generator: np.random.Generator) -> Floats:
    """Return lines of ink one below the other on a sheet with margins."""
    margin = round(height * generator.uniform(0.4, 1.2))
    apart = round(height * generator.uniform(0.5, 1.0))
    wide = max(row.shape[1] for row in rows) + 2 * margin
    sheet = np.zeros((sum(len(row) for row in rows) + apart * (len(rows) - 1) + 2 * margin, wide))
    top = margin
    for row in rows:
        sheet[top : top + len(row), margin : margin + row.shape[1]] = row
        top += len(row) + apart
    return sheet


def photographed(
    ink: Floats, generator: np.random.Generator, *, light_on_dark: bool = False
) -> Image.Image:
    """Return `ink`, `(h, w)` in [0, 1], as a photo: pen on paper in uneven light, with noise."""
    paper, pen = _colors(generator, light_on_dark=light_on_dark)
    opacity = ndimage.gaussian_filter(ink, generator.uniform(0.3, 0.9))[..., None]
    fibre = ndimage.gaussian_filter(generator.normal(0, 1, ink.shape), 2)[..., None]
    sheet = paper * (1 + 0.06 * fibre)
    seen = (sheet * (1 - opacity) + pen * opacity) * _light(ink.shape, generator)[..., None]
    seen += generator.normal(0, generator.uniform(2, 8), seen.shape)
    file = BytesIO()
    picture = Image.fromarray(seen.clip(0, 255).astype(np.uint8))
    picture.save(file, "JPEG", quality=int(generator.integers(60, 95)))
    return Image.open(BytesIO(file.getvalue())).convert("RGB")


def _enlarged(image: np.ndarray, height: float) -> Floats:
    """Return the ink of one digit, cut to its box, with 20 of its pixels `height` high."""
    side = round(28 * height / 20)
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    ink = np.asarray(large) / 255
    rows, columns = np.flatnonzero((ink > 0.1).any(1)), np.flatnonzero((ink > 0.1).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _tilted(ink: Floats, angle: float) -> Floats:
    turned = ndimage.rotate(ink, angle, order=1)
    return turned.clip(0, 1)


def _colors(generator: np.random.Generator, *, light_on_dark: bool) -> tuple[Floats, Floats]:
    if light_on_dark:  # chalk on a board
        paper = generator.uniform(25, 70) + generator.uniform(-10, 15, 3)
        return paper, generator.uniform(190, 245) + generator.uniform(-20, 10, 3)
    paper = generator.uniform(185, 245) + np.array([8, 0, -12]) * generator.uniform(0, 1.5)
    return paper, generator.uniform(15, 80) + generator.uniform(0, 60, 3) * np.array([0.3, 0.4, 1])


def _light(shape: tuple[int, ...], generator: np.random.Generator) -> Floats:
    """Return how bright each pixel is lit, `(h, w)`: a gradient in some direction and a shadow."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape)
    direction = generator.uniform(0, 2 * np.pi)
    along = rows * np.sin(direction) + columns * np.cos(direction)
    light = 1 - generator.uniform(0, 0.45) * (along - along.min()) / np.ptp(along)
    edge = generator.uniform(along.min(), along.max())  # where a soft shadow begins
    shadow = 1 / (1 + np.exp(-(along - edge) / generator.uniform(0.02, 0.1)))
    return light * (1 - generator.uniform(0, 0.35) * shadow)
