"""Which drawings of the field test are shown: a kind, digits, whose answers, since when."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Never

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.config import CLASSES
from core.field_test.answers import DrawingAnswers
from core.field_test.records import Drawing, UnreadableDrawing
from core.ui import address
from core.ui.drawing_answers import Reader
from core.ui.folds import PARAMETER as FOLDS
from core.ui.links import linked, write_link

_ANY: Final = "any"
# The first is shown where nothing is chosen: nobody is led to what models got wrong.
_KINDS: Final = {
    "counted": "all that count",
    "misread": "misread",
    "right": "read right by all",
    "mistakes": "marked as mistakes",
    "hidden": "hidden",
    "bin": "bin",
    "damaged": "damaged",
}
# What only those who look after the drawings are shown.
_OWNERS: Final = ("mistakes", "hidden", "bin", "damaged")
_SINCE: Final = {"any": 0.0, "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}
_SINCE_WORDS: Final = {
    "any": "any time",
    "hour": "the last hour",
    "day": "the last 24 hours",
    "week": "the last 7 days",
}
_DEFAULT: Final = "counted"
_DIGITS: Final = tuple(map(str, range(CLASSES)))
_BY_ANSWERS: Final = ("misread", "right")
_PARAMETERS: Final = ("asked", "answer", "reader", "since")


@dataclass(frozen=True)
class Kinds:
    """The drawings by kind; `misread` and `right` are among `counted` and decided by answers."""

    there: Sequence[Drawing | UnreadableDrawing]
    binned: Sequence[Drawing | UnreadableDrawing]

    def drawings(self, kind: str) -> list[Drawing]:
        """Return the readable drawings of a kind, newest first."""
        if kind == "bin":
            return [one for one in self.binned if isinstance(one, Drawing)]
        readable = [one for one in self.there if isinstance(one, Drawing)]
        if kind == "hidden":
            return [one for one in readable if one.hidden]
        if kind == "mistakes":
            return [one for one in readable if one.mistake and not one.hidden]
        return [one for one in readable if one.counts]

    @property
    def damaged(self) -> list[UnreadableDrawing]:
        """What cannot be read, not counting the bin."""
        return [one for one in self.there if isinstance(one, UnreadableDrawing)]


def draw_kinds(kinds: Kinds, misread: int | None, *, owner: bool) -> str:
    """Draw the choice of a kind with the number of each, and return the chosen one.

    Without a number of `misread` ones, as no run has answered, no kind that rests on answers is
    offered.
    """
    counted = len(kinds.drawings("counted"))
    counts = {kind: len(kinds.drawings(kind)) for kind in ("mistakes", "hidden")} | {
        "misread": misread or 0,
        "right": counted - (misread or 0),
        "counted": counted,
        "bin": len(kinds.binned),
        "damaged": len(kinds.damaged),
    }
    # A kind that is empty is not offered, but for the first three, which everybody expects.
    in_link = address.read("kind")
    hidden = () if misread is not None else _BY_ANSWERS
    offered = [
        kind
        for kind in _KINDS
        if kind not in (*_OWNERS, *hidden)
        or (kind in _OWNERS and owner and (counts[kind] or kind == in_link))
    ]
    chosen = st.segmented_control(
        "Show",
        offered,
        key=linked("kind", offered, _DEFAULT),
        format_func=lambda kind: f"{_KINDS[kind]}  {counts[kind]:,}",
        on_change=_filter,
        args=("kind", _DEFAULT),
        required=True,
    )
    return chosen or _DEFAULT


def draw_filters(
    which: Sequence[Reader], drawings: Sequence[Drawing], answers: Sequence[DrawingAnswers]
) -> npt.NDArray[np.bool_]:
    """Draw the filters, tied to the address, and return which of `drawings` pass them, `(N,)`.

    `answers` are those of `which` on `drawings`.
    """
    digits = [_ANY, *_DIGITS]
    ids = {one.run.id: one.name for one in which}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = _select("asked", "Asked for", digits, {}, 130)
        read = _select("answer", "Read as", digits, {}, 130)
        by = _select("reader", "By", [_ANY, *ids], {_ANY: "any run", **ids}, 220)
        since = _select("since", "Drawn within", list(_SINCE), _SINCE_WORDS, 180)
        if (asked, read, by, since) != (_ANY,) * 4:
            st.button("Show all again", key="drawings_no_filter", on_click=_clear)
    passing = np.ones(len(drawings), dtype=np.bool_)
    if asked != _ANY:
        passing &= np.array([one.label == int(asked) for one in drawings], dtype=np.bool_)
    if read != _ANY:
        those = [
            said.predicted == int(read)
            for one, said in zip(which, answers, strict=True)
            if by in (_ANY, one.run.id)
        ]
        passing &= np.any(those, axis=0) if those else False
    if since != _ANY:
        earliest = time.time() - _SINCE[since]
        passing &= np.array([one.time.timestamp() >= earliest for one in drawings], dtype=np.bool_)
    return passing


def by_answers(kind: str) -> bool:
    """Tell whether what is shown of a kind was chosen by what models read."""
    return kind in _BY_ANSWERS or address.read("answer", _ANY) in _DIGITS


def chosen_reader() -> str:
    """Return the id of the run whose answers the filters go by; "any" for all."""
    return address.read("reader", _ANY)


def open_drawings(*, asked: int, read: int, by: str) -> Never:
    """Show the drawings of a digit that a run read as another, with their fold open."""
    folds = [name for name in address.read(FOLDS).split(".") if name]
    address.write_all(
        {
            "kind": "" if asked == read else "misread",
            "asked": str(asked),
            "answer": str(read),
            "reader": by,
            FOLDS: ".".join(dict.fromkeys([*folds, "drawings"])),
        }
    )
    st.rerun()


def _select(name: str, label: str, options: list[str], words: Mapping[str, str], width: int) -> str:
    chosen: str = st.selectbox(
        label,
        options,
        key=linked(name, options, _ANY),
        format_func=lambda value: words.get(value, value),
        on_change=_filter,
        args=(name, _ANY),
        width=width,
    )
    return chosen


def _filter(name: str, default: str) -> None:
    write_link(name, default)
    st.session_state["drawings_page"] = 1  # what stood on page 7 is now somewhere else


def _clear() -> None:
    st.session_state["drawings_page"] = 1
    address.write_all(dict.fromkeys(_PARAMETERS, ""))
