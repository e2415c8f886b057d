"""A picture with a box around each digit, in which people correct what was found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import streamlit as st

from core.config import CLASSES
from core.drawing.scene import Box
from core.ui.browser_messages import is_whole
from core.ui.components import asset

MOST_BOXES: Final = 200  # more than anybody sets by hand

_boxes = st.components.v2.component(
    "digitlab_picture_boxes",
    css=asset("picture_boxes.css"),
    js=asset("picture_boxes.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Mark:
    """A box as it is shown, and the right digit where somebody typed it.

    `said` stands above it and `place` below; `split` says that the runs disagree, `empty` that
    there is no digit in it. `label` says all of it in words.
    """

    box: Box
    right: int | None
    said: str
    place: str
    label: str
    split: bool = False
    empty: bool = False


@dataclass(frozen=True)
class Edit:
    """What somebody did: all boxes with the right digits typed, and which one is chosen."""

    revision: int
    marks: tuple[tuple[Box, int | None], ...]
    chosen: Box | None


def draw_boxes(
    marks: Sequence[Mark],
    *,
    picture: str,
    size: tuple[int, int],
    of: str,
    revision: int,
    chosen: int | None,
    name: str,
    on_edit: Callable[[Edit], None],
) -> None:
    """Draw the picture at the address `picture`, `size` pixels wide and high, with its boxes.

    `of` names the picture and `revision` counts what was done with it: `on_edit` gets each
    `Edit`, before the page is drawn again, with a higher one. `chosen` is the place in `marks`.
    """
    key = "picture_boxes"

    def edited() -> None:
        edit = parse_edit(st.session_state[key].get("edit"), of, size)
        if edit is not None and edit.revision > revision:
            on_edit(edit)

    _boxes(
        key=key,
        data={
            "of": of,
            "revision": revision,
            "picture": picture,
            "alt": f"The picture {name}",
            "label": "Digits found, in reading order",
            "width": size[0],
            "height": size[1],
            "marks": [asdict(mark) for mark in marks],
            "chosen": -1 if chosen is None else chosen,
        },
        on_edit_change=edited,
    )


def parse_edit(value: object, of: str, size: tuple[int, int]) -> Edit | None:
    """Return what the browser sent about picture `of`, None if it is anything else.

    Boxes lie within the picture and none comes twice; at most MOST_BOXES count.
    """
    if not isinstance(value, Mapping) or value.get("of") != of:
        return None
    revision, sent, chosen = (value.get(name) for name in ("revision", "marks", "chosen"))
    if not is_whole(revision) or not isinstance(sent, list) or not is_whole(chosen):
        return None
    marks: dict[Box, int | None] = {}
    chosen_box = None
    for place, mark in enumerate(sent[:MOST_BOXES]):
        box = _box(mark.get("box"), size) if isinstance(mark, Mapping) else None
        if box is None:
            return None
        right = mark.get("right")
        marks[box] = right if is_whole(right) and 0 <= right < CLASSES else marks.get(box)
        chosen_box = box if place == chosen else chosen_box
    return Edit(revision, tuple(marks.items()), chosen_box)


def _box(value: object, size: tuple[int, int]) -> Box | None:
    if not isinstance(value, list) or len(value) != 4 or not all(map(is_whole, value)):
        return None
    left, top, right, bottom = value
    inside = 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    return (left, top, right, bottom) if inside else None
