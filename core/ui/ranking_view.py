"""Many sides of a verdict as a table, the best first: who may be as good as the best."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from core.analysis.judgement import Judgement
from core.analysis.ranking import Ranked, ranked
from core.analysis.verdict import percent_with
from core.analysis.wording import listed_seeds
from core.ui.folds import draw_fold
from core.ui.pieces import dot, scrolling

# So many sides are told one by one above the verdict; more of them are a table below it.
FEW_SIDES: Final = 8
_SHOWN: Final = 10
_WORDS: Final = {
    "best": "reads most",
    "worse": "reads fewer, beyond chance",
    "ahead": "reads more over shared seeds",
    "open": "cannot tell yet",
}


def draw_ranking(judgement: Judgement, name: str) -> None:
    """Draw the sides of `judgement`, all but the first ten folded up; `name` is that fold's."""
    rows = ranked(judgement)
    _draw_table(rows[:_SHOWN], judgement.images)
    if len(rows) > _SHOWN:
        label = f"The other {len(rows) - _SHOWN}"
        draw_fold(name, label, lambda: _draw_table(rows[_SHOWN:], judgement.images))


def _draw_table(rows: Sequence[Ranked], images: int) -> None:
    seeds = any(len(row.standing.figures.seeds) > 1 for row in rows)
    heads = [f"read right of {images:,} test images", "beside the best"]
    cells = "".join(f'<th scope="col">{head}</th>' for head in [*heads, *(["seeds"] * seeds)])
    body = "".join(_row(row, seeds=seeds) for row in rows)
    st.html(
        scrolling(
            f'<table class="dl-differences"><thead><tr><td></td>{cells}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )
    )


def _row(row: Ranked, *, seeds: bool) -> str:
    standing = row.standing
    dots = "".join(map(dot, (*standing.side.runs, *standing.side.again)))
    figures = [percent_with(standing.figures.accuracy, standing.interval), _WORDS[row.place]]
    if seeds:
        figures.append(listed_seeds(standing.figures.seeds))
    cells = "".join(f"<td>{escape(text)}</td>" for text in figures)
    return f'<tr><th scope="row">{dots}{escape(standing.side.name)}</th>{cells}</tr>'
