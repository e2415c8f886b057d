"""From the pad to a kept drawing: brought to one size, prepared for the models, written."""

from io import BytesIO
from typing import Final

from PIL import Image

from core.drawing import to_digit
from core.errors import DrawingError
from core.field_test.records import DRAWN_SIDE, Drawing, Original
from core.field_test.store import DrawingStore
from core.field_test.strokes import clean_strokes

_WHITE: Final = (255, 255, 255, 255)


def keep_drawing(
    store: DrawingStore, picture: Image.Image, label: int, message: object = None
) -> Drawing:
    """Keep what is on the pad as a drawing of `label`, the digit that was asked for.

    The picture, in grey on white, is brought to 280×280; `message` is what the pad in the browser
    says of its strokes, which may be anything. Raises EmptyDrawingError or DrawingError where
    there is no digit in it, LimitError where no more is taken, FieldTestError if it cannot be
    written.
    """
    width, height = picture.size
    if width != height:
        raise DrawingError("The pad arrived in a strange shape. Clear it and draw again.")
    drawn = _as_drawn(picture)
    digit = to_digit(drawn).image.copy()
    digit.setflags(write=False)  # it is shared by all who ask
    strokes = clean_strokes(message, DRAWN_SIDE)
    return store.add(label, digit, Original(_png(drawn), strokes))


def _as_drawn(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, _WHITE), picture)
    grey = picture.convert("L")
    if grey.size == (DRAWN_SIDE, DRAWN_SIDE):
        return grey
    return grey.resize((DRAWN_SIDE, DRAWN_SIDE), Image.Resampling.LANCZOS)


def _png(picture: Image.Image) -> bytes:
    picture.info = {}  # whatever else the browser's file said
    buffer = BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
