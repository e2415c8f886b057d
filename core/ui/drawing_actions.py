"""What the owner of the field test does with drawings: hide, delete, take back, export."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from core.analysis.wording import so_many
from core.field_test.exporting import exportable
from core.field_test.records import Drawing, UnreadableDrawing
from core.ui.components import address
from core.ui.drawing_export import EXPORT_ROUTE, FILE_NAME, Export, drawing_exports
from core.ui.drawing_notice import hide, leave_drawing_notice
from core.ui.mistake_sheet import PAGE_SIZE
from core.ui.services import services
from core.words import as_text, file_size

_MOST_DAMAGED: Final = 20  # lines on the page
_EXPORTED: Final = "exported_drawings"  # the key of the file that this visitor made last
_NOT_BY_ANSWERS: Final = (
    "Nothing can be done with all of these at once while they are filtered by what models read: "
    "taking out what the models got wrong would make them look better than they are. Open one to "
    "hide or delete it, or filter without answers."
)


def draw_actions(chosen: Sequence[Drawing], kind: str, *, by_answers: bool) -> None:
    """Draw what can be done with all drawings that are `chosen` by the filters, of one kind.

    Where those were chosen `by_answers` of models it says why nothing can.
    """
    if by_answers:
        st.html(f'<p class="dl-quiet">{_NOT_BY_ANSWERS}</p>')
        return
    ids = [drawing.id for drawing in chosen]
    label = f"With all {len(ids):,} shown …" if len(ids) > 1 else "With the one shown …"
    label = label if ids else "With the bin …" if kind == "bin" else "With those shown …"
    with st.popover(label, disabled=not ids and kind != "bin", key="drawings_actions"):
        if kind == "bin":
            if ids:
                _button("Take back", "restore_all", partial(restore, ids))
            st.html('<p class="dl-quiet">For all that is in the bin, without a way back:</p>')
            _button("Empty the bin", "empty_drawings_bin", _empty_bin)
            return
        if len(ids) > PAGE_SIZE:
            st.html('<p class="dl-quiet">Also with those on the other pages of the sheet:</p>')
        if kind == "hidden":
            _button("Show again", "unhide_all", partial(set_hidden, ids, False))
        else:
            _button("Hide", "hide_all", partial(set_hidden, ids, True))
        _button("Delete", "delete_all", partial(delete, ids))


def set_hidden(ids: Sequence[str], hidden: bool) -> None:
    """Hide drawings or show them again, and say so with a way back."""
    done = hide(ids, hidden=hidden)
    told = "hidden: not counted, not exported" if hidden else "shown again"
    leave_drawing_notice(
        f"{so_many(done, 'drawing')} {told}.", partial(hide, ids, hidden=not hidden)
    )


def delete(ids: Sequence[str]) -> None:
    """Move drawings to the bin, and say so with a way back."""
    moved = services().drawings.discard(ids)
    leave_drawing_notice(
        f"{so_many(len(moved), 'drawing')} moved to the bin.",
        partial(services().drawings.restore, moved),
    )


def restore(ids: Sequence[str]) -> None:
    """Take drawings back from the bin, and say so."""
    back = services().drawings.restore(ids)
    leave_drawing_notice(f"{so_many(len(back), 'drawing')} taken back from the bin.")


def _empty_bin() -> None:
    removed = services().drawings.empty_bin()
    leave_drawing_notice(f"{so_many(removed, 'drawing')} deleted for good.")


def draw_damaged(damaged: Sequence[UnreadableDrawing]) -> None:
    """Draw the files that cannot be read as drawings, each with its reason."""
    if not damaged:
        st.html('<p class="dl-quiet">Every drawing can be read.</p>')
    for one in damaged[:_MOST_DAMAGED]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(one.reason, width="stretch")
            _button("Delete", f"delete_damaged_{one.id}", partial(delete, [one.id]))
    if len(damaged) > _MOST_DAMAGED:
        st.text(f"And {len(damaged) - _MOST_DAMAGED} more.")


def draw_export() -> None:
    """Draw the download of the drawings as a data set."""
    with st.container(horizontal=True, vertical_alignment="center"):
        marked = st.checkbox(
            "With those marked as mistakes", key="export_mistakes", width="content"
        )
        count = len(exportable(services().drawings, mistakes=marked))
        label = f"Export {so_many(count, 'drawing')}"
        icon = ":material/folder_zip:"
        if st.button(label, disabled=not count, icon=icon, key="export_drawings"):
            with st.spinner(f"{so_many(count, 'drawing')} to pack"):
                st.session_state[_EXPORTED] = drawing_exports().make(mistakes=marked).key
        made = drawing_exports().find(st.session_state.get(_EXPORTED, ""))
        if made is not None:
            _draw_link(made, newest=made is drawing_exports().current(mistakes=marked))
    if made is not None and made.problems:
        _draw_not_exported(made.problems)
    st.html(
        '<p class="dl-quiet">A zip file: the images and labels as NumPy arrays (npz), each drawing '
        "as PNG in a folder of its label, the strokes, and a README that says what is what.</p>"
    )


def _button(label: str, key: str, action: Callable[[], object]) -> None:
    if st.button(label, key=key):
        action()
        st.rerun()


def _draw_link(made: Export, *, newest: bool) -> None:
    # Where a class draws, some are always newer than the file.
    since = "" if newest else " What is there has changed since: export again for the newest."
    where = escape(address(f"{EXPORT_ROUTE}/{made.key}/{FILE_NAME}"))
    what = f"{so_many(made.count, 'drawing')}, {file_size(made.size)}"
    st.html(
        f'<p class="dl-notice" role="status">Ready: <a href="{where}" download="{FILE_NAME}">'
        f"save {FILE_NAME}</a> ({what}).{since}</p>",
        width="content",
    )


def _draw_not_exported(problems: Sequence[str]) -> None:
    more = len(problems) - _MOST_DAMAGED
    sentences = [*problems[:_MOST_DAMAGED], *([f"And {more:,} more."] if more > 0 else [])]
    verb = "is" if len(problems) == 1 else "are"
    st.warning(
        as_text(
            f"{so_many(len(problems), 'drawing')} {verb} not in the zip file, as its README says "
            f"too. {' '.join(sentences)}"
        ),
        icon=":material/broken_image:",
    )
