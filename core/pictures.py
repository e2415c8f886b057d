"""Untrusted uploads and canvas messages become Pillow pictures; digits become a page's pictures."""

import base64
import struct
import warnings
import zlib
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from core.errors import DrawingError, EmptyDrawingError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_BYTES = 10 * 1024**2
MAX_PIXELS = 40_000_000
MAX_CANVAS_SIDE = 1000  # pixels
WORKING_SIDE = 1000  # pixels; larger pictures are averaged down to this before anything else

# What Pillow raises on damaged files: UnidentifiedImageError is an OSError; the rest are listed
# from its plugins for FORMATS and from Image.open, load and getexif.
_PILLOW_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
    RuntimeError, MemoryError, OverflowError, struct.error, zlib.error,
)  # fmt: skip


def png_url(image: npt.NDArray[np.uint8]) -> str:
    """Return a picture uint8, grey `(h, w)` or RGB `(h, w, 3)`, as a PNG in the page itself."""
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def read_picture(content: bytes, name: str) -> Image.Image:
    """Open an uploaded PNG, JPEG, WebP, GIF (its first frame) or BMP, the right way up.

    Pictures with a side above 1,000 pixels come back averaged down to that.
    Raises DrawingError if the file is larger than 10 MB or 40 megapixels, damaged, or of another
    kind. The size is checked before any pixel is decoded.
    """
    shown = f"“{' '.join(name.split())[:60]}”"
    if not content:
        raise DrawingError(f"{shown} is empty. Choose a picture of a digit.")
    if len(content) > MAX_BYTES:
        raise DrawingError(f"{shown} is larger than 10 MB. Make the picture smaller first.")
    try:
        with warnings.catch_warnings():
            # Pillow remarks on odd files on the console; a stranger's file must not write there.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            return _opened(content)
    except Image.DecompressionBombError as exc:
        raise DrawingError(
            f"{shown} has more than 40 megapixels. Make the picture smaller first."
        ) from exc
    except _PILLOW_ERRORS as exc:
        raise DrawingError(
            f"{shown} cannot be read as a picture: it is damaged or of another kind. "
            "Choose a PNG, JPEG, WebP, GIF or BMP file."
        ) from exc


def is_animated(content: bytes) -> bool:
    """Tell whether a file that `read_picture` reads has more frames than the first, which it took.

    Of a damaged file False: `read_picture` says what is wrong with it.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            picture = Image.open(BytesIO(content), formats=FORMATS)
            return bool(getattr(picture, "is_animated", False))
    except (Image.DecompressionBombError, *_PILLOW_ERRORS):
        return False


def read_canvas(content: bytes | None) -> Image.Image:
    """Open what streamlit-drawable-canvas sends: a PNG, None before any stroke.

    It comes from the browser, so it may be anything. Raises EmptyDrawingError for None, and
    DrawingError for what is no PNG or has a side above 1,000 pixels, before it is decoded.
    """
    if content is None:
        raise EmptyDrawingError("There is nothing to read yet. Draw a digit.")
    damaged = DrawingError("The drawing arrived damaged. Clear the pad and draw the digit again.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            picture = Image.open(BytesIO(content), formats=("PNG",))  # reads the header only
            if max(picture.size) > MAX_CANVAS_SIDE:
                raise damaged
            picture.load()
            return reduce_picture(picture)
    except (Image.DecompressionBombError, *_PILLOW_ERRORS) as exc:
        raise damaged from exc


def reduce_picture(picture: Image.Image) -> Image.Image:
    """Bring any mode to 8 bits of L, RGB or RGBA and the longer side to WORKING_SIDE at most."""
    if picture.mode.startswith("I"):  # 16 bit; Pillow's own conversion would cut instead of scale
        wide = np.clip(np.asarray(picture), 0, 65535)
        eight_bit = Image.fromarray((wide // 257).astype(np.uint8))
        eight_bit.info = picture.info  # where EXIF lies
        picture = eight_bit
    elif picture.mode not in {"L", "RGB", "RGBA"}:
        picture = picture.convert("L" if picture.mode in {"1", "F"} else "RGBA")
    factor = WORKING_SIDE / max(picture.size)
    if factor >= 1:
        return picture
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def _opened(content: bytes) -> Image.Image:
    picture: Image.Image = Image.open(BytesIO(content), formats=FORMATS)  # reads the header only
    if picture.width * picture.height > MAX_PIXELS:
        raise Image.DecompressionBombError  # as Pillow does at its own, laxer limit
    picture.draft(None, (WORKING_SIDE, WORKING_SIDE))  # JPEG can decode to a fraction at once
    return ImageOps.exif_transpose(reduce_picture(picture))
