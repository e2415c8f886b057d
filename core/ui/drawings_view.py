"""The drawings of the field test as a sheet: misread ones for all, the others for their owner."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.field_test.answers import DrawingAnswers
from core.field_test.records import Drawing
from core.pictures import png_url
from core.ui.components import draw_tiles
from core.ui.drawing_actions import draw_actions, draw_damaged, draw_export
from core.ui.drawing_answers import Reader, read_drawings
from core.ui.drawing_filters import Kinds, by_answers, chosen_reader, draw_filters, draw_kinds
from core.ui.drawing_notice import draw_drawing_notice
from core.ui.drawing_view import open_drawing
from core.ui.mistake_sheet import PAGE_SIZE, digit_tiles, explain, picture_sheet, who
from core.ui.owner import may_manage_drawings
from core.ui.services import services

Marks: TypeAlias = npt.NDArray[np.bool_]

_COLUMNS: Final = 10  # of `picture_sheet`


def draw_drawings(which: Sequence[Reader]) -> None:
    """Draw the sheet of drawings as filtered, and for the owner what can be done with them."""
    store, owner = services().drawings, may_manage_drawings()
    kinds = Kinds(store.listed(), store.binned() if owner else [])
    if owner:
        draw_drawing_notice()
    if not kinds.there and not kinds.binned:
        st.html('<p class="dl-quiet">There is no drawing yet.</p>')
        return
    counted = kinds.drawings("counted")
    found, _ = read_drawings(which, counted) if counted else ([], [])  # the board said who cannot
    wrong = _wrong_by_any([said for _, said in found], len(counted))
    kind = draw_kinds(kinds, int(wrong.sum()) if found else None, owner=owner)
    if kind == "damaged":
        draw_damaged(kinds.damaged)
        return
    drawings = kinds.drawings(kind)
    if kind not in ("counted", "misread", "right"):
        found, _ = read_drawings(which, drawings)
    able, answers = [one for one, _ in found], [said for _, said in found]
    passing = draw_filters(able, drawings, answers)
    if kind in ("misread", "right"):
        passing &= _wrong_by(able, answers, len(drawings)) if kind == "misread" else ~wrong
    places = np.flatnonzero(passing)
    chosen = [drawings[place] for place in places]
    if owner:
        draw_actions(chosen, kind, by_answers=by_answers(kind))
    _draw_sheet(able, chosen, [_part(said, places) for said in answers], kind)
    if owner:
        draw_export()


def _wrong_by_any(answers: Sequence[DrawingAnswers], count: int) -> Marks:
    wrong = np.zeros(count, dtype=np.bool_)
    for said in answers:
        wrong |= ~said.right
    return wrong


def _wrong_by(able: Sequence[Reader], answers: Sequence[DrawingAnswers], count: int) -> Marks:
    """Return which drawings were misread, by the run that the filters name if they name one."""
    by = chosen_reader()
    those = [said for one, said in zip(able, answers, strict=True) if one.run.id == by]
    return _wrong_by_any(those or answers, count)


def _part(said: DrawingAnswers, places: npt.NDArray[np.int64]) -> DrawingAnswers:
    return DrawingAnswers(said.labels[places], said.predicted[places], said.sure[places])


def _draw_sheet(
    which: Sequence[Reader], chosen: Sequence[Drawing], answers: Sequence[DrawingAnswers], kind: str
) -> None:
    if not chosen:
        st.info(_nothing(kind))
        return
    pages, page = -(-len(chosen) // PAGE_SIZE), 1
    if pages > 1:
        page = st.pagination(pages, key="drawings_page") or 1
    start = (page - 1) * PAGE_SIZE
    shown = chosen[start : start + PAGE_SIZE]
    count = f"{start + 1:,} to {start + len(shown):,} of {len(chosen):,} drawings, newest first."
    runs = [one.run for one in which]
    words = f"{explain(len(runs))} " if runs else ""
    st.html(f'{who(runs)}<p class="dl-quiet">{count} {words}Choose one to look closer.</p>')
    numbers = {_number(drawing): drawing.id for drawing in shown}
    rows = slice(start, start + len(shown))
    table = _table(shown, [_part(said, np.arange(len(chosen))[rows]) for said in answers])
    opened = draw_tiles(
        digit_tiles(
            runs,
            table,
            {number: place for place, number in enumerate(numbers)},
            before="asked for ",
            spoken_as="Drawing, asked for {true}.",
        )
        if runs
        else _bare_tiles(shown),
        picture=png_url(picture_sheet([drawing.digit for drawing in shown])),
        columns=_COLUMNS,
        rows=-(-len(shown) // _COLUMNS),
        label=f"Drawings, {count}",
        key="drawing_tiles",
    )
    if opened is not None:
        open_drawing(numbers[opened])


def _number(drawing: Drawing) -> int:
    """Return a number for the browser that stays a drawing's own whatever is drawn meanwhile."""
    return int.from_bytes(sha256(drawing.id.encode()).digest()[:6])


def _table(shown: Sequence[Drawing], answers: Sequence[DrawingAnswers]) -> pd.DataFrame:
    """Return the rows that `digit_tiles` reads."""
    columns: dict[str, object] = {
        "index": [_number(drawing) for drawing in shown],
        "true": [drawing.label for drawing in shown],
    }
    for place, said in enumerate(answers):
        columns[f"predicted_{place}"] = said.predicted
        columns[f"right_{place}"] = said.right
        columns[f"confidence_{place}"] = said.sure
    return pd.DataFrame(columns)


def _bare_tiles(shown: Sequence[Drawing]) -> list[dict[str, object]]:
    return [
        {
            "index": _number(drawing),
            "place": place,
            "lines": [
                {"before": "asked for ", "digit": str(drawing.label), "after": "", "colour": ""}
            ],
            "label": f"Drawing, asked for {drawing.label}.",
        }
        for place, drawing in enumerate(shown)
    ]


def _nothing(kind: str) -> str:
    if kind == "misread":
        return "No drawing is misread with these filters."
    return "No drawing is in this group with these filters. Choose another, or filter less."
