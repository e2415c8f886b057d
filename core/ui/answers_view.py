"""What finished runs answered on the test images: matrices, each digit, and how sure they were."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from core.runs.records import Run
from core.ui import address
from core.ui.calibration_view import draw_calibration
from core.ui.difference_view import draw_difference
from core.ui.judged import Judged, by_mark, read_judged
from core.ui.matrices_view import AT_MOST, draw_matrices, draw_matrix_controls
from core.ui.parts import draw_part
from core.ui.per_digit_view import draw_per_digit

_NAME: Final = "m"  # of the address parameter, with a mark for each matrix
_KEY: Final = "matrix_runs"
_BARS_AT_MOST: Final = 20


def draw_answers(runs: Sequence[Run]) -> None:
    """Draw all that compares the answers of finished `runs` on their test images."""
    judged = read_judged(runs)
    if not judged:
        st.html('<p class="dl-quiet">The answers of these runs cannot be read (see above).</p>')
        return
    shown = judged if len(judged) <= AT_MOST else _choose(judged)
    draw_part(lambda: _draw_matrices(shown))
    beside = judged if len(judged) <= _BARS_AT_MOST else shown
    draw_part(lambda: draw_per_digit(beside))
    draw_calibration(beside)


def _draw_matrices(shown: Sequence[Judged]) -> None:
    view = draw_matrix_controls()
    draw_matrices(shown, view)
    draw_difference(shown, view)


def _choose(judged: Sequence[Judged]) -> list[Judged]:
    """Draw the choice of the runs whose matrices are shown, tied to the address; return them."""
    marked = by_mark(judged)
    default = list(marked)[:AT_MOST]
    in_address = [mark for mark in address.read(_NAME).split(".") if mark in marked]
    wanted = list(dict.fromkeys(in_address))[:AT_MOST] or default
    # The address wins when it was changed by hand, by a link or by the back button.
    if _KEY not in st.session_state or st.session_state.get(f"{_KEY}_seen") != wanted:
        st.session_state[_KEY] = wanted
    st.session_state[f"{_KEY}_seen"] = wanted
    chosen = st.multiselect(
        f"Matrices of up to {AT_MOST} of the {len(judged)} runs",
        list(marked),
        key=_KEY,
        format_func=lambda mark: marked[mark].name,
        max_selections=AT_MOST,
        on_change=_write,
        args=(default,),
        placeholder="Choose runs",
        help=f"More than {AT_MOST} are too many to compare at a glance. {_below(len(judged))}",
    )
    return _judged(marked, chosen or default)


def _below(count: int) -> str:
    if count <= _BARS_AT_MOST:
        return "The bars below show all."
    return f"The charts below show the same ones: bars of {count} runs could not be told apart."


def _judged(marked: Mapping[str, Judged], marks: Sequence[str]) -> list[Judged]:
    return [marked[mark] for mark in marks]


def _write(default: Sequence[str]) -> None:
    chosen = st.session_state[_KEY] or list(default)
    st.session_state[_KEY] = chosen  # never none: there would be nothing to see
    address.write(_NAME, "" if chosen == list(default) else ".".join(chosen))
    st.session_state[f"{_KEY}_seen"] = chosen
