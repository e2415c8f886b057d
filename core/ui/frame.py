"""What surrounds every page: style, title with the data badge, and errors as sentences."""

import contextlib
import logging
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

import streamlit as st

from core.errors import DigitLabError
from core.learning.idx import has_mnist
from core.ui.services import services

_ASSETS: Final = Path(__file__).with_name("assets")
_log = logging.getLogger(__name__)


def draw_frame() -> None:
    """Draw what all pages share."""
    st.html(_ASSETS / "app.css")


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Show a DigitLabError as its sentence; log anything else whole and apologise."""
    try:
        yield
    except DigitLabError as error:
        st.error(str(error), icon=":material/info:")
    except Exception:
        # Streamlit shows its own neutral box; the details belong in the log, not to visitors.
        _log.exception("A page failed")
        raise


def draw_title(title: str, lead: str = "") -> None:
    """Draw a page's heading and, opposite, the badge that says which data is at hand."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False)
        draw_data_badge()
    if lead:
        st.html(f'<p class="dl-lead">{escape(lead)}</p>')


@st.fragment(run_every=2.0)
def _watch_download() -> None:
    state = services().download.state
    if state.phase != "fetching":
        st.rerun()
    st.progress(state.share, text=f"Fetching MNIST: {state.share:.0%}. Nothing waits for it.")


def draw_data_badge() -> None:
    """Draw which images new runs learn from; while MNIST is fetched, how far that is."""
    parts = services()
    phase = parts.download.state.phase
    if has_mnist(parts.settings.data):
        label = "Data: MNIST, 60,000 + 10,000 digits"
    elif phase == "fetching":
        label = "Data: embedded digits (fetching MNIST)"
    else:
        label = "Data: embedded digits, 1,797"
    with st.popover(label, icon=":material/database:", width="content", key="data_badge"):
        st.html(f"<p>{_explain_data()}</p>")
        if phase == "fetching":
            _watch_download()
        elif not has_mnist(parts.settings.data):
            if phase == "failed":
                st.warning(parts.download.state.error)
            label = "Retry" if phase == "failed" else "Fetch MNIST now"
            if st.button(label, icon=":material/refresh:", key="fetch_mnist"):
                parts.download.retry() if phase == "failed" else parts.download.start()
                st.rerun()


def _explain_data() -> str:
    if not has_mnist(services().settings.data):
        return (
            "Until MNIST is here, runs learn from 1,797 handwritten digits that come with "
            "Digit Lab (scikit-learn's): 1,437 to learn from and 360 to judge by. With so few, "
            "differences must be larger before they count. MNIST, the field's usual set of "
            "70,000 digits, is fetched once, about 12 MB."
        )
    return (
        "MNIST is the field's usual set of handwritten digits: 60,000 to learn from and 10,000 "
        "to judge by (the test images)."
    )
