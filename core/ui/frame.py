"""What surrounds every page: style, title with the data badge, and errors as sentences."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

import streamlit as st

from core.access import Action, actor, refusal
from core.errors import DigitLabError
from core.learning.download import DownloadState
from core.learning.idx import has_mnist, mnist_problem
from core.runs.records import Run
from core.ui.disk_notice import draw_disk_notice
from core.ui.launch import launch_compared_pair
from core.ui.links import open_page
from core.ui.permitted import permitted_button
from core.ui.refusals import note_error
from core.ui.services import services
from core.ui.share_view import draw_share
from core.words import as_text

_ASSETS: Final = Path(__file__).with_name("assets")
_log = logging.getLogger(__name__)


def draw_frame() -> None:
    """Draw what all pages share."""
    st.html(_ASSETS / "app.css")
    draw_disk_notice()


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Show a DigitLabError as its sentence; log anything else whole and apologise."""
    try:
        yield
    except DigitLabError as error:
        who = actor()
        if who.role == "visitor":
            note_error(error, who.visitor)
        st.error(as_text(str(error)), icon=":material/info:")
    except Exception:
        # Streamlit shows its own neutral box; the details belong in the log, not to visitors.
        _log.exception("A page failed")
        raise


def still_there(ids: Sequence[str]) -> list[Run]:
    """Return the runs anew, and say which of them is gone or damaged since the page was drawn."""
    found = []
    for run_id in ids:
        try:
            found.append(services().store.read(run_id))
        except DigitLabError as error:
            st.warning(as_text(str(error)), icon=":material/broken_image:")
    return found


def draw_title(title: str, lead: str = "") -> None:
    """Draw a page's heading and, opposite, which data is at hand and the button to share.

    In a frame of another page the heading stands alone: what that page shows is its own choice.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False)
        if not st.context.is_embedded:
            _draw_title_buttons()
    if lead:
        st.html(f'<p class="dl-lead">{escape(lead)}</p>')


def _draw_title_buttons() -> None:
    with st.container(horizontal=True, width="content", key="title_buttons"):
        # Of no concern to who may start nothing.
        if not refusal(Action.START_RUNS):
            draw_data_badge()
        draw_share()


@st.fragment(run_every=1.0)
def _watch_download(known: DownloadState) -> None:
    state = services().download.state
    if state.phase != known.phase or round(state.share, 1) != round(known.share, 1):
        st.rerun()  # the badge's label says how far it is
    st.progress(state.share, text=f"Fetching MNIST: {state.share:.0%}. Nothing waits for it.")


def draw_data_badge() -> None:
    """Draw which images new runs learn from; while MNIST is fetched, how far that is."""
    parts = services()
    state = parts.download.state
    problem = mnist_problem(parts.settings.data)
    if not problem:
        label = "New runs learn from MNIST"
    elif state.phase == "fetching":
        label = f"Fetching MNIST, {state.share:.0%}"
    elif state.phase == "failed":
        label = "Embedded digits (MNIST not fetched)"
    else:
        label = "New runs learn from the embedded digits"
    with st.popover(label, icon=":material/database:", width="content", key="data_badge"):
        st.html(f"<p>{_explain_data(problem)}</p>")
        if problem and state.phase == "fetching":
            _watch_download(state)
        elif problem:
            if state.phase == "failed":
                st.warning(as_text(state.error))
            again = state.phase == "failed" or has_mnist(parts.settings.data)
            label = "Retry" if again else "Fetch MNIST now"
            if permitted_button(label, Action.FETCH, icon=":material/refresh:", key="fetch_mnist"):
                parts.download.retry()
                st.rerun()


def draw_empty(what: str) -> None:
    """Draw what will be here once there are runs, and the button that gets there."""
    st.html(f'<p class="dl-lead">{escape(what)}</p>')
    if permitted_button(
        "Compare SGD with Adam",
        Action.START_RUNS,
        type="primary",
        icon=":material/compare_arrows:",
        key="compare_pair",
    ):
        open_page("compare", launch_compared_pair())


def _explain_data(problem: str) -> str:
    if not problem:
        return (
            "MNIST is the field's usual set of handwritten digits: 60,000 to learn from and "
            "10,000 to judge by (the test images)."
        )
    found = "" if not has_mnist(services().settings.data) else f"{escape(problem)}<br><br>"
    return (
        f"{found}Until MNIST is here, runs learn from 1,797 handwritten digits that come with "
        "Digit Lab (scikit-learn's): 1,437 to learn from and 360 to judge by. With so few, "
        "differences must be larger before they count. MNIST, the field's usual set of 70,000 "
        "digits, is fetched once, about 12 MB."
    )
