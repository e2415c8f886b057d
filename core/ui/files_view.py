"""What can be taken along: the report, the numbers behind the charts, what each run left behind."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core.errors import DigitLabError
from core.report import tables
from core.report.page import build_report, report_name
from core.report.subjects import MOST_RUNS
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.folds import draw_fold
from core.ui.pieces import named
from core.ui.services import services
from core.words import distinct_names

Table = Callable[[Sequence[Run]], pd.DataFrame]


def draw_files(runs: Sequence[Run]) -> None:
    """Draw the report of `runs` to download, their numbers, and where each was trained and lies."""
    st.header("Take it along", anchor=False)
    _draw_report(runs)
    draw_fold("numbers", "Numbers of all charts", lambda: _draw_numbers(runs))
    draw_fold("files", "Files and machine", lambda: _draw_folders(runs))


def _draw_folders(runs: Sequence[Run]) -> None:
    st.html(
        '<p class="dl-quiet">Everything about a run lies in one folder, which can be copied '
        "or zipped. <code>tensorboard --logdir runs</code> shows the same curves. The model "
        "is the trained network's weights in the safetensors format.</p>"
    )
    names = distinct_names(runs)
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center"):
            line = f"{named(run, names[run.id])} {escape(_where(run))}"
            st.html(f"<span>{line}</span>", width="stretch")
            _draw_downloads(run)


def _draw_report(runs: Sequence[Run]) -> None:
    finished = [run.id for run in runs if run.summary is not None][:MOST_RUNS]
    left_out = len(runs) - len(finished)
    st.html(
        '<p class="dl-quiet">One file with all of this page: the verdict and its statistics, the '
        "curves, the matrices, the worst mistakes, all settings and how it was computed. It opens "
        "in any browser, also without a network, and prints well.</p>"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Report",
            data=lambda: build_report(services().store, finished),  # made when asked for
            file_name=report_name(finished),
            mime="text/html",
            on_click="ignore",
            disabled=not finished,
            icon=":material/lab_profile:",
            type="primary",
            key="download_report",
        )
        if not finished:
            st.html('<p class="dl-quiet">It can be made as soon as a run has finished.</p>')
        elif left_out:
            verb = "has" if left_out == 1 else "have"
            st.html(f'<p class="dl-quiet">Without the {left_out} that {verb} not finished.</p>')


def _draw_numbers(runs: Sequence[Run]) -> None:
    store = services().store
    st.html(
        '<p class="dl-quiet">Each chart has three buttons at its upper right, seen when the mouse '
        "is over it or a finger touches it: a picture (PNG), a drawing that stays sharp at any "
        "size (SVG) and the numbers as they are drawn (CSV). Here are the whole ones, of all runs "
        "together, neither smoothed nor thinned, as CSV: any spreadsheet opens it.</p>"
    )
    offers: list[tuple[str, str, str, Table]] = [
        ("Figures and settings", "figures", "one row a run", tables.figures_table),
        (
            "Curves by epoch",
            "epochs",
            "one row an epoch",
            lambda which: tables.epochs_table(store, which),
        ),
        (
            "Curves by step",
            "steps",
            "one row a correction; may be large",
            lambda which: tables.steps_table(store, which),
        ),
        (
            "Layers",
            "layers",
            "one row an epoch and layer",
            lambda which: tables.layers_table(store, which),
        ),
        (
            "Confusion matrices",
            "matrices",
            "one row a cell",
            lambda which: tables.matrices_table(_answers(which)),
        ),
        (
            "Answers",
            "answers",
            "one row a test image and run, with the ten probabilities; may be large",
            lambda which: tables.answers_table(_answers(which)),
        ),
    ]
    finished = any(run.summary is not None for run in runs)
    for label, name, what, table in offers:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                label,
                data=_csv_of(table, runs),
                file_name=f"digit-lab-{name}.csv",
                mime="text/csv",
                on_click="ignore",
                disabled=name in _NEED_ANSWERS and not finished,
                icon=":material/download:",
                key=f"download_all_{name}",
            )
            st.html(f'<p class="dl-quiet">{what}</p>')


_NEED_ANSWERS: Final = ("matrices", "answers")


def _csv_of(table: Table, runs: Sequence[Run]) -> Callable[[], str]:
    return lambda: tables.as_csv(table(runs))  # read only when somebody asks for it


def _answers(runs: Sequence[Run]) -> list[tuple[Run, Predictions]]:
    found = []
    for run in runs:
        try:
            found.append((run, services().store.predictions(run.id)))
        except DigitLabError:
            continue  # not finished, or the verdict above has said what is damaged
    return found


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
