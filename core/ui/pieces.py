"""Small pieces of HTML that several pages show. Everything that people typed is escaped here."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.analysis.agreement import how_sure
from core.config import CLASSES
from core.palette import run_colour
from core.runs.records import Run
from core.words import share_word

# Light marks on a run's colour, one for each colour: a second sign, for eyes that see none.
_PATTERNS: Final = (
    "",
    "repeating-linear-gradient(45deg,#fff9 0 2px,#fff0 2px 6px),",
    "repeating-linear-gradient(90deg,#fff9 0 1px,#fff0 1px 5px),",
    "radial-gradient(circle,#fffb 1px,#fff0 1.6px) 0 0/5px 5px,",
    "repeating-linear-gradient(135deg,#fff9 0 2px,#fff0 2px 6px),",
    "repeating-linear-gradient(0deg,#fff9 0 1px,#fff0 1px 4px),",
    "repeating-linear-gradient(90deg,#fff9 0 4px,#fff0 4px 10px),",
    "repeating-linear-gradient(45deg,#fff9 0 1px,#fff0 1px 3px),",
)


def dot(run: Run) -> str:
    """Return the coloured dot that stands for a run."""
    return f'<span class="dl-dot" style="background:{run_colour(run.info.colour)}"></span>'


def named(run: Run, name: str = "") -> str:
    """Return dot and name of a run as HTML; `name` where its own is not the only one of it."""
    return f"{dot(run)}<b>{escape(name or run.name)}</b>"


def draw_verdict(sentences: Sequence[str], note: str = "") -> None:
    """Draw the verdict, one line a sentence, with a smaller note below."""
    lines = "<br>".join(escape(sentence) for sentence in sentences)
    small = f"<small>{escape(note)}</small>" if note else ""
    st.html(f'<div class="dl-verdict" role="status">{lines}{small}</div>')


def draw_standings(lines: Sequence[tuple[Sequence[Run], str, str]]) -> None:
    """Draw runs that stand together under the name given with them, and how they stand."""
    items = "".join(
        f"<span>{''.join(map(dot, runs))}<b>{escape(name)}</b> "
        f'<span class="dl-quiet">{escape(text)}</span></span>'
        for runs, name, text in lines
    )
    st.html(f'<div class="dl-who">{items}</div>')


def draw_progress(run: Run, share: float, text: str) -> None:
    """Draw how far a run is, a share from 0 to 1, as a bar in its colour under name and text."""
    percent = round(100 * min(1.0, share), 1)
    st.html(
        f'<div class="dl-progress"><span>{named(run)}</span> '
        f'<span class="dl-quiet">{escape(text)}</span>'
        f'<div role="progressbar" aria-valuenow="{percent:.0f}" '
        f'aria-label="Progress of {escape(run.name)}">'
        f'<div style="width:{percent}%;background:{run_colour(run.info.colour)}"></div></div></div>'
    )


def draw_table(table: pd.DataFrame) -> None:
    """Draw a small table of words, its index as the first column."""
    heads = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table.columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(str(index))}</th>'
        + "".join(f"<td>{escape(str(value))}</td>" for value in row)
        + "</tr>"
        for index, row in zip(table.index, table.itertuples(index=False), strict=True)
    )
    st.html(
        scrolling(
            f'<table class="dl-differences"><thead><tr><td></td>{heads}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )
    )


def scrolling(table: str) -> str:
    """Return a table's HTML in a box that scrolls sideways, by keys too, where it is too wide."""
    return f'<div class="dl-scroll" tabindex="0" role="group" aria-label="Table">{table}</div>'


def answer_card(run: Run, probabilities: npt.NDArray[np.floating] | None, name: str) -> str:
    """Return the answer of a run, called `name`, and its ten probabilities `(10,)` as HTML.

    None for the probabilities leaves the bars empty. Empty or not, it takes the same room, so
    that nothing jumps with the first stroke.
    """
    if probabilities is None:
        said, sure, shares, answer = "–", "It waits for a digit.", [0.0] * CLASSES, None
    else:
        shares = [float(share) for share in probabilities]
        answer = int(probabilities.argmax())
        said, sure = str(answer), sureness(shares[answer])
    return (
        f'<div class="dl-answer" data-answer="{said}">'
        f'<h2 class="dl-small">{dot(run)}{escape(name)} says</h2>'
        f'<div class="dl-said">{said}</div><div class="dl-sure">{escape(sure)}</div>'
        f"{probability_bars(run, shares, answer)}</div>"
    )


def probability_bars(run: Run, shares: Sequence[float], answer: int | None) -> str:
    """Return the ten probabilities of a run as bars in its colour and pattern, as HTML.

    `answer` stands out; without one there are no numbers beside the bars.
    """
    fill = run_fill(run.info.colour)
    rows = "".join(
        _bar(digit, share, fill, "" if answer is None else share_word(share), digit == answer)
        for digit, share in enumerate(shares)
    )
    return f'<div class="dl-bars">{rows}</div>'


def run_fill(colour: int) -> str:
    """Return the CSS background of a bar of a run: its colour, under a pattern of its own."""
    return f"{_PATTERNS[colour % len(_PATTERNS)]}{run_colour(colour)}"


def _bar(digit: int, share: float, fill: str, text: str, top: bool) -> str:
    weight = ' class="dl-top"' if top else ""
    return (
        f"<span{weight}>{digit}</span>"
        f'<div class="dl-track"><div style="width:{100 * share:.1f}%;background:{fill}"></div>'
        f"</div><span{weight}>{escape(text)}</span>"
    )


def sureness(probability: float) -> str:
    """Say in words how sure a model is, by the probability of its answer."""
    return f"It is {how_sure(probability)} ({share_word(probability)})."
