"""What a run leaves behind: where it was trained, its folder, and what can be taken along."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from core.runs.records import Run
from core.ui.pieces import named
from core.ui.services import services


def draw_files(runs: Sequence[Run]) -> None:
    """Draw where each run was trained and lies, with its curves and its model to download."""
    with st.expander("Files and machine"):
        st.html(
            '<p class="dl-quiet">Everything about a run lies in one folder, which can be copied '
            "or zipped. <code>tensorboard --logdir runs</code> shows the same curves. The model "
            "is the trained network's weights in the safetensors format.</p>"
        )
        for run in runs:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(f"<span>{named(run)} {escape(_where(run))}</span>", width="stretch")
                _draw_downloads(run)


def _where(run: Run) -> str:
    folder = f"in {services().store.root.name}/{run.id}"
    found = run.environment
    if found is None:
        return folder
    threads = f"{found.threads} thread{'' if found.threads == 1 else 's'}"
    return f"{folder}, on {found.device} with {threads}, PyTorch {found.torch}"


def _draw_downloads(run: Run) -> None:
    store = services().store
    offers: list[tuple[str, str, Callable[[], bytes | str], bool]] = [
        ("Curves", "csv", lambda: store.epochs(run.id).to_csv(index=False), True),
        ("Steps", "steps.csv", lambda: store.steps(run.id).to_csv(index=False), True),
        ("Model", "safetensors", lambda: store.weights_file(run.id), run.summary is not None),
    ]
    for label, ending, content, there in offers:
        st.download_button(
            label,
            data=content,  # read only when somebody asks for it
            file_name=f"{run.id}.{ending}",
            on_click="ignore",
            disabled=not there,
            icon=":material/download:",
            key=f"download_{ending}_{run.id}",
        )
