"""What the owner of the field test does with drawings: hide, delete, take back, export."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import streamlit as st

from core.analysis.wording import so_many
from core.field_test.exporting import exportable, write_dataset
from core.field_test.records import Drawing, UnreadableDrawing
from core.ui.drawing_notice import hide, leave_drawing_notice
from core.ui.mistake_sheet import PAGE_SIZE
from core.ui.services import services

_MOST_DAMAGED: Final = 20  # lines on the page


def draw_actions(chosen: Sequence[Drawing], kind: str) -> None:
    """Draw what can be done with all drawings that are `chosen` by the filters, of one kind."""
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
        st.download_button(
            f"Export {so_many(count, 'drawing')}",
            data=partial(_zip, marked),  # made only when somebody asks for it
            file_name="digit-lab-drawings.zip",
            mime="application/zip",
            on_click="ignore",
            disabled=not count,
            icon=":material/download:",
            key="export_drawings",
        )
    st.html(
        '<p class="dl-quiet">A zip file: the images and labels as NumPy arrays (npz), each drawing '
        "as PNG in a folder of its label, the strokes, and a README that says what is what.</p>"
    )


def _button(label: str, key: str, action: Callable[[], object]) -> None:
    if st.button(label, key=key):
        action()
        st.rerun()


def _zip(mistakes: bool) -> bytes:
    with tempfile.TemporaryFile() as file:
        write_dataset(services().drawings, file, mistakes=mistakes)
        file.seek(0)
        return file.read()
