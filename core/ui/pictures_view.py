"""Pictures from outside: uploaded or taken with the camera, one to correct or many in a table."""

import contextlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.drawing.batch import MOST_BYTES, MOST_PICTURES, is_zip, list_pictures
from core.drawing.example import example_picture
from core.errors import DigitLabError, DrawingError
from core.runs.records import Run
from core.ui.batch_view import draw_batch
from core.ui.frame import guarded, still_there
from core.ui.picture_work import BatchWork, Pictures, PictureWork, pictures
from core.ui.scene_view import draw_scene
from core.ui.share_view import this_view
from core.ui.trained import kept_digits
from core.words import as_text

_FILE_TYPES: Final = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "zip"]
_LARGEST_UPLOAD_MB: Final = 50  # the server's own limit too, in .streamlit/config.toml
_PHOTO: Final = "Photo"
_EXAMPLE: Final = "An example"
_EXAMPLE_DIGITS: Final = 6
_CAMERA: Final = "use_camera"
_CAMERA_WIDTH: Final = 640  # pixels


def draw_pictures(runs: Sequence[Run]) -> None:
    """Draw the ways in, and what `runs` read on the pictures that came; redraws only these."""
    ids = [run.id for run in runs]

    def part() -> None:
        with guarded():
            state = pictures()
            if st.context.is_embedded:
                _draw_way_out()
            else:
                _draw_upload(state)
                _draw_camera(state)
            if not (state.arrived or state.one or state.many):
                _draw_example(runs, state)
            st.caption(
                "PNG, JPEG, WebP, GIF or BMP up to 10 MB and 40 megapixels, zip files up to "
                f"{_LARGEST_UPLOAD_MB} MB, at most {MOST_PICTURES} pictures and "
                f"{MOST_BYTES // 1024**2} MB at once. Nothing is kept; the link opens this page "
                "without the picture."
            )
            _read_arrived(state)
            # The upload field names what it holds; after a photo or another page it holds nothing.
            if not st.session_state.get(_files_key(state)) and (state.one or state.many):
                _draw_what_is_read(state)
            _draw_result(still_there(ids), state)

    st.fragment(part)()


def _draw_way_out() -> None:
    """Draw the link out of a foreign page: in there, browsers withhold the cookie of an upload."""
    st.info(
        "Pictures cannot be handed in here, because this page stands in another one.",
        icon=":material/open_in_new:",
    )
    st.link_button("Open it by itself", this_view()[0])


def _draw_upload(state: Pictures) -> None:
    key = _files_key(state)

    def changed() -> None:
        state.clear()
        state.arrived = [(file.name, file.getvalue()) for file in st.session_state[key] or []]
        st.session_state[_CAMERA] = False

    st.file_uploader(
        "A picture of digits, several pictures, or a zip file of them",
        type=_FILE_TYPES,
        accept_multiple_files=True,
        max_upload_size=_LARGEST_UPLOAD_MB,
        key=key,
        on_change=changed,
    )


def _draw_camera(state: Pictures) -> None:
    if not st.toggle("Use the camera", key=_CAMERA, help="It starts only when you ask for it."):
        return
    if not _camera_is_allowed():
        st.info(
            "Browsers hand out the camera only over https, or on the computer itself. Take the "
            "photo with your phone's own camera and choose it above.",
            icon=":material/no_photography:",
        )
        return
    key = f"camera_{state.round}"

    def changed() -> None:
        photo = st.session_state[key]
        if photo is not None:
            state.remove()
            state.arrived = [(_PHOTO, photo.getvalue())]
            st.session_state[_CAMERA] = False  # the photo is shown below, with its boxes

    st.camera_input("Photograph digits on paper", key=key, on_change=changed, width=_CAMERA_WIDTH)
    st.caption(
        "Your browser asks you first. If no picture appears, it has no camera or was told to keep "
        "it closed: then choose a photo above instead."
    )


def _draw_example(runs: Sequence[Run], state: Pictures) -> None:
    """Say what one gets, and offer a picture, of test images that a run keeps, to try it with."""
    kept: Mapping[int, npt.NDArray[np.uint8]] = {}
    for run in runs:
        with contextlib.suppress(DigitLabError):  # then those of the next one
            kept = kept or kept_digits(run)
    digits = [kept[index] for index in sorted(kept)[:_EXAMPLE_DIGITS]]

    def take() -> None:
        buffer = BytesIO()
        example_picture(digits).save(buffer, format="PNG")
        state.remove()
        state.arrived = [(_EXAMPLE, buffer.getvalue())]

    st.html(
        '<p class="dl-lead">Digits on paper, on a board or on a screen, dark on light or light on '
        "dark: each one is found, and every run reads it.</p>"
    )
    if digits:
        st.button("Try it with an example", icon=":material/image:", key="example", on_click=take)


def _camera_is_allowed() -> bool:
    """Tell whether browsers give the camera to a page at this address (a secure context)."""
    address = urlsplit(st.context.url or "")
    local = address.hostname in {"localhost", "127.0.0.1", "::1", None}
    return address.scheme == "https" or local


def _read_arrived(state: Pictures) -> None:
    if not state.arrived:
        return
    if len(state.arrived) > 1 or is_zip(*state.arrived[0]):
        state.many = BatchWork(list_pictures(state.arrived))
    else:
        try:
            with st.spinner("Looking for digits"):
                state.one = PictureWork(*state.arrived[0])
        except DrawingError as error:
            state.problem = str(error)
    # Only now: a click in between draws the page anew, and they must not be lost.
    state.arrived = []


def _draw_result(runs: Sequence[Run], state: Pictures) -> None:
    if state.problem:
        st.warning(as_text(state.problem), icon=":material/image_not_supported:")
    if state.one is not None:
        draw_scene(runs, state.one)
    if state.many is not None:
        draw_batch(runs, state.many)


def _draw_what_is_read(state: Pictures) -> None:
    """Say which picture the page shows, and offer to remove it."""
    what = f"“{state.one.name[:80]}”" if state.one else "your pictures"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(as_text(f"Read here: {what}"), width="content")
        st.button("Remove", icon=":material/delete:", key="remove_pictures", on_click=state.remove)


def _files_key(state: Pictures) -> str:
    return f"picture_files_{state.round}"
