"""Many pictures at once: read one after the other, and a table of what each run answers."""

import time
from collections.abc import Hashable, Mapping, Sequence
from html import escape
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.analysis.wording import joined, so_many
from core.report.readings import readings_table
from core.report.tables import as_csv
from core.runs.records import Run
from core.ui.picture_work import BatchWork
from core.ui.pieces import named
from core.words import as_text, distinct_names, share_word

_AT_A_TIME_SECONDS: Final = 0.8
_TICK_SECONDS: Final = 0.1
_UNREAD: Final = "–"


def draw_batch(runs: Sequence[Run], work: BatchWork) -> None:
    """Read what is still unread of `work`; then draw what `runs` answer to each picture."""
    if work.is_under_way():
        _draw_reading(work)
        return
    for remark in work.listing.remarks:
        st.warning(as_text(remark), icon=":material/folder_off:")
    if not work.readings:
        st.info("There is no picture to read in this. Choose other files.")
        return
    with st.spinner("Asking the runs"):
        said, problems = work.answers(runs)
    for problem in problems:
        st.warning(as_text(problem), icon=":material/broken_image:")
    able = [run for run in runs if run.id in said]
    table = readings_table(able, work.readings, said)
    st.html(f'<p class="dl-lead" role="status">{escape(_sum(able, table))}</p>')
    st.html(_table_html(able, table))
    st.download_button(
        "Download as CSV",
        data=lambda: as_csv(table),
        file_name="digit-lab-pictures.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="download_readings",
    )


def _draw_reading(work: BatchWork) -> None:
    """Read on for a moment at each tick and say how far it is, then draw the page anew.

    Not all at once: what is clicked in a part of the page waits until that part is drawn.
    """

    def part() -> None:
        if not work.is_under_way():  # stopped
            st.rerun()
        sources = max(1, len(work.listing.sources))
        shown = st.progress(0.0, text=_how_far(work))
        st.button("Stop here", icon=":material/stop:", key="stop_batch", on_click=work.stop)
        until = time.monotonic() + _AT_A_TIME_SECONDS
        while work.is_under_way() and time.monotonic() < until:
            shown.progress(min(1.0, len(work.readings) / sources), text=_how_far(work))
            work.read_next()
        if not work.is_under_way():
            work.close()
            st.rerun()

    st.fragment(part, run_every=_TICK_SECONDS)()


def _how_far(work: BatchWork) -> str:
    return f"Picture {len(work.readings) + 1:,} of {len(work.listing.sources):,}"


def _sum(runs: Sequence[Run], table: pd.DataFrame) -> str:
    read = table[table["digits"] > 0]
    digits = so_many(int(read["digits"].sum()), "digit")
    sentence = f"{so_many(len(read), 'picture')} with {digits}."
    unread = len(table) - len(read)
    if unread:
        sentence += f" {unread:,} could not be read: the last column says why."
    names = distinct_names(runs)
    if len(runs) > 1 and len(read):
        numbers = read[[f"{names[run.id]} reads" for run in runs]]
        same = int((numbers.nunique(axis=1) == 1).sum())
        who = joined(["Both" if len(runs) == 2 else f"All {len(runs)} runs"])
        sentence += f" {who} read the same number in {same:,} of {len(read):,}."
    return sentence


def _table_html(runs: Sequence[Run], table: pd.DataFrame) -> str:
    names = distinct_names(runs)
    heads = "".join(f'<th scope="col">{named(run, names[run.id])}</th>' for run in runs)
    rows = "".join(
        _row_html(row, [names[run.id] for run in runs]) for row in table.to_dict("records")
    )
    return (
        '<div class="dl-scroll dl-batch" tabindex="0" role="group" aria-label="Table of answers">'
        f'<table class="dl-differences"><thead><tr><th scope="col">Picture</th>{heads}'
        f'<th scope="col">Remark</th></tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="dl-quiet">The percentage is how sure a run is of its least sure digit (softmax '
        "probability). A slash parts the lines of a picture.</p>"
    )


def _row_html(row: Mapping[Hashable, Any], names: Sequence[str]) -> str:
    numbers = [row[f"{name} reads"] for name in names]
    split = ' class="dl-differ"' if len(set(numbers)) > 1 else ""
    cells = "".join(
        f"<td><b>{escape(str(row[f'{name} reads']))}</b> "
        f'<span class="dl-quiet">{share_word(float(row[f"{name} is sure of it"]))}</span></td>'
        if row["digits"]
        else f"<td>{_UNREAD}</td>"
        for name in names
    )
    return (
        f'<tr{split}><th scope="row">{escape(str(row["picture"]))}</th>{cells}'
        f"<td>{escape(str(row['remark']))}</td></tr>"
    )
