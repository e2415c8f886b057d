"""What a tampered browser may say: of the pad, the table, boxes, charts, tiles and sliders."""

import base64
import functools
import io
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image, ImageDraw

from core.drawing import to_digit
from core.errors import DigitLabError
from core.field_test.store import DrawingStore
from core.field_test.strokes import MOST_POINTS, clean_strokes
from core.field_test.taking import keep_drawing
from core.pictures import read_canvas
from core.ui.browser_messages import read_click, read_opened, read_table_answer
from core.ui.live_curves import well_formed
from core.ui.matrices_view import clicked_cell
from core.ui.pad_messages import read_message
from core.ui.percent_slider import WHOLE, percent_range
from core.ui.picture_boxes import MOST_BOXES, parse_edit
from core.ui.picture_work import PictureWork
from tests.fuzz.hostile import changed_bytes, changed_json, json_values, numbers, texts
from tests.fuzz.properties import Property
from tests.fuzz.watch import only_within


@functools.cache
def drawn_png() -> bytes:
    """Return what the pad sends of a one that was drawn on it."""
    picture = Image.new("RGBA", (280, 280), (255, 255, 255, 255))
    ImageDraw.Draw(picture).line([(140, 40), (140, 240)], fill=(22, 24, 31, 255), width=20)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


_STROKE: Final = {"type": "path", "path": [["M", 140, 40], ["Q", 140, 100, 140, 240]]}


def _message(objects: Any, content: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(content).decode()
    return {
        "raw": {"version": "4.4.0", "objects": objects},
        "data": f"data:image/png;base64,{encoded}",
    }


def _pad_messages() -> SearchStrategy[Any]:
    whole = _message([_STROKE], drawn_png())
    pictures = st.one_of(changed_bytes(drawn_png()), st.just(_huge_png()), st.just(_tiny_png()))
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    objects = st.one_of(st.just([_STROKE]), changed_json([_STROKE, _STROKE]), st.just(deep))
    return st.one_of(changed_json(whole), st.builds(_message, objects, pictures), json_values)


def _huge_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, format="PNG")
    return buffer.getvalue()


def _tiny_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("LA", (1, 7)).save(buffer, format="PNG")
    return buffer.getvalue()


def check_pad(message: Any) -> None:
    """A message of the pad becomes a drawing that is read and kept, or is refused."""
    with suppress(DigitLabError):
        state = read_message(message)
        if state is None:
            return
        picture = read_canvas(state.content)
        to_digit(picture)
        with tempfile.TemporaryDirectory() as place, only_within(Path(place)):
            keep_drawing(DrawingStore(Path(place)), picture, 1, state.strokes)


def check_strokes(message: Any) -> None:
    """Of a message's strokes only points on the pad are kept, and not too many."""
    strokes = clean_strokes(message, 280)
    points = [place for stroke in strokes for place in stroke]
    assert len(points) <= MOST_POINTS
    assert all(0 <= x <= 280 and 0 <= y <= 280 for x, y in points)


_ROWS: Final = ({"id": "a", "ids": ["a"]}, {"id": "fold-1", "ids": ["a", "b"], "fold": {}})


def check_table(said: tuple[Any, Any]) -> None:
    """Only runs and actions that stand in the table count."""
    answer = read_table_answer(*said, _ROWS)
    assert set(answer.chosen) <= {"a", "b"}
    assert (answer.run_id, answer.action) == (None, None) or answer.run_id == "a"


def check_clicks(said: Any) -> None:
    """A click on a chart or a tile names a cell or a digit that is there, or nothing."""
    assert read_opened(said, [1, 2]) in (None, 1, 2)
    opened = read_opened(said)
    assert opened is None or type(opened) is int
    clicked = read_click(said)
    cell = None if clicked is None else clicked_cell(clicked)
    assert cell is None or all(type(digit) is int and 0 <= digit <= 9 for digit in cell)


@functools.cache
def _work() -> PictureWork:
    return PictureWork("one", drawn_png())


_EDIT: Final = {
    "of": "here",
    "revision": 5,
    "chosen": 0,
    "marks": [{"box": [100, 20, 180, 260], "right": 1}, {"box": [0, 0, 9, 9], "right": None}],
}


def check_boxes(said: Any) -> None:
    """Boxes that somebody sets lie in the picture, and the digits in them are found."""
    edit = parse_edit(said, "here", (280, 280))
    if edit is None:
        return
    assert len(edit.marks) <= MOST_BOXES
    for (left, top, right, bottom), digit in edit.marks:
        assert 0 <= left < right <= 280
        assert 0 <= top < bottom <= 280
        assert digit is None or 0 <= digit <= 9
    with suppress(DigitLabError):
        _work().apply(edit)


def check_words(said: tuple[str, str]) -> None:
    """A range in a link lies within 0 to 100; a key and a revision are what the server made."""
    low, high = percent_range(said[0])
    assert WHOLE[0] <= low <= high <= WHOLE[1]
    well_formed(*said)


_ANY_EDIT: Final = st.one_of(
    changed_json(_EDIT),
    st.lists(
        st.fixed_dictionaries({"box": st.lists(numbers, max_size=5), "right": json_values}),
        max_size=4,
    ).map(lambda marks: {**_EDIT, "marks": marks}),
    json_values,
)
_ACTION: Final = {"run": "a", "kind": "delete"}
_CLICK: Final = {"x": 1, "y": 2, "index": 1}

PAD: Final = Property("messages of the pad", st.deferred(_pad_messages), check_pad)
STROKES: Final = Property(
    "strokes", changed_json({"objects": [_STROKE, _STROKE]}), check_strokes, quick=200
)
TABLE: Final = Property(
    "messages of the table of runs",
    st.tuples(st.one_of(changed_json(["a", "b"]), json_values), st.one_of(changed_json(_ACTION))),
    check_table,
    quick=300,
)
CLICKS: Final = Property("clicks on charts and digits", changed_json(_CLICK), check_clicks, 300)
BOXES: Final = Property("boxes on a picture", _ANY_EDIT, check_boxes, quick=100)
WORDS: Final = Property("ranges and keys in addresses", st.tuples(texts, texts), check_words, 100)
ALL: Final = (PAD, STROKES, TABLE, CLICKS, BOXES, WORDS)
