"""The dialogs in which runs leave as a zip file, and come in from one."""

import tempfile
import time
from collections.abc import Sequence
from typing import Final

import streamlit as st

from core import words
from core.access import Actor, acting_as, actor
from core.errors import DigitLabError
from core.runs.exporting import export_bytes, write_zip
from core.runs.guests import Imported
from core.runs.importing import import_runs
from core.ui.dialogs import dialog
from core.ui.frame import guarded
from core.ui.label_dialogs import problem_line
from core.ui.notices import leave_notice
from core.ui.services import services

# The server holds a download in memory, and an upload too: larger ones go by the command line.
_LARGEST_DOWNLOAD: Final = 300_000_000
_LARGEST_UPLOAD_MB: Final = 50  # the server's own limit too, in .streamlit/config.toml


@dialog("Export")
def offer_export(run_ids: list[str]) -> None:
    """Offer the zip file of the runs; those that have not ended are left out by name."""
    with guarded():
        ready, left_out = _exportable(run_ids)
        for sentence in left_out:
            st.text(sentence)
        if not ready:
            return
        size = export_bytes(services().store, ready)
        if size > _LARGEST_DOWNLOAD:
            st.text(f"These runs are {words.file_size(size)} together, too much for a browser.")
            st.caption("`python -m core export ID ID -o runs.zip` writes them into a file.")
            return
        # The browser fetches it when no script runs any more that could say who asks.
        who = actor()
        what = "1 run" if len(ready) == 1 else f"{len(ready)} runs"
        st.text(
            f"{what}, about {words.file_size(size)}: settings, curves, answers and trained "
            "models. Import on this page, here or elsewhere, takes them in again."
        )
        st.download_button(
            "Download the zip file",
            data=lambda: _zip_of(ready, who),  # made only when somebody asks for it
            file_name=f"{ready[0] if len(ready) == 1 else f'digit-lab-{len(ready)}-runs'}.zip",
            mime="application/zip",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
            key="download_zip",
        )


def ask_for_import() -> None:
    """Open the dialog that takes in runs from a zip file."""
    _import(time.time_ns())


@dialog("Import runs")
def _import(opened: int) -> None:
    st.text(
        "A zip file that Export made, here or elsewhere, or a zipped run folder. Nothing in it "
        "is executed; a file that holds anything else is refused."
    )
    file = st.file_uploader(
        "Zip file", type="zip", max_upload_size=_LARGEST_UPLOAD_MB, key=f"import_file_{opened}"
    )
    pressed = st.button("Import", type="primary", disabled=file is None, key=f"import_now_{opened}")
    if file is None or not pressed:
        return
    with guarded():
        try:
            with st.spinner("Looking through the file"):
                found = import_runs(services().store, file)
        except DigitLabError as error:
            problem_line(str(error))
            return
        leave_notice(_told(found))
        st.rerun()


def _exportable(run_ids: Sequence[str]) -> tuple[list[str], list[str]]:
    ready, left_out = [], []
    for run_id in run_ids:
        try:
            run = services().store.read(run_id)
        except DigitLabError as error:
            left_out.append(str(error))
            continue
        if run.active:
            left_out.append(f"“{run.name}” is left out: it waits or trains.")
        else:
            ready.append(run_id)
    return ready, left_out


def _zip_of(run_ids: Sequence[str], who: Actor) -> bytes:
    with acting_as(who), tempfile.TemporaryFile() as file:
        write_zip(services().store, run_ids, file)
        file.seek(0)
        return file.read()


def _told(found: Sequence[Imported]) -> list[str]:
    first = f"“{found[0].name}” was" if len(found) == 1 else f"{len(found)} runs were"
    remarks = [f"“{run.name}”: {remark}" for run in found for remark in run.remarks]
    return [f"{first} taken in.", *remarks]
