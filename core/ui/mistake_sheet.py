"""A page of test digits as one picture, and where pictures of test digits are found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.analysis.mistake_groups import votes
from core.config import IMAGE_SIDE
from core.errors import DataError, DigitLabError
from core.learning.data import load
from core.palette import run_colour
from core.pictures import png_url
from core.runs.records import Run
from core.ui.components import draw_tiles
from core.ui.pieces import named
from core.ui.services import services
from core.ui.trained import kept_digits
from core.words import as_text, distinct_names, share_word

PAGE_SIZE: Final = 60
_COLUMNS: Final = 10
_EACH_RUN: Final = 3  # with more runs a tile counts them instead of listing them
_MOST_LINES: Final = 3

Picture = npt.NDArray[np.uint8]


def draw_sheet(runs: Sequence[Run], table: pd.DataFrame, chosen: pd.DataFrame) -> int | None:
    """Draw a page of the `chosen` rows of `table`; return the index of a digit just opened."""
    if chosen.empty:
        st.info("No digit is in this group with these filters. Choose another, or filter less.")
        return None
    pages = -(-len(chosen) // PAGE_SIZE)
    page = 1
    if pages > 1:
        # Bound to the address, where the number alone is what stands on the button, too.
        page = st.pagination(pages, key="page", bind="query-params") or 1
    start = (page - 1) * PAGE_SIZE
    shown = chosen.iloc[start : start + PAGE_SIZE].reset_index(drop=True)
    count = f"{start + 1:,} to {start + len(shown):,} of {len(chosen):,} digits."
    hint = f"{count} {explain(len(runs))} Choose a digit to look closer."
    st.html(f'{who(runs)}<p class="dl-quiet">{hint}</p>')
    pictures = find_pictures(runs, table, shown["index"])
    places = {index: place for place, index in enumerate(pictures)}
    opened = draw_tiles(
        digit_tiles(runs, shown, places),
        picture=png_url(picture_sheet(list(pictures.values()))) if pictures else "",
        columns=_COLUMNS,
        rows=max(1, -(-len(pictures) // _COLUMNS)),
        label=f"Test digits, {count}",
        key="digits",
    )
    if len(pictures) < len(shown):
        st.caption(
            "Pictures of digits that were read right need the data set the run was judged on, "
            "which is not here. Misread digits are kept with the run."
        )
    return opened


def page_of(place: int) -> int:
    """Return the page, from 1, on which the digit at `place`, from 0, stands."""
    return place // PAGE_SIZE + 1


def picture_sheet(pictures: Sequence[Picture]) -> Picture:
    """Return `(28, 28)` pictures side by side, ten in a row, in one picture on black."""
    rows = max(1, -(-len(pictures) // _COLUMNS))
    sheet = np.zeros((rows * IMAGE_SIDE, _COLUMNS * IMAGE_SIDE), dtype=np.uint8)
    for place, picture in enumerate(pictures):
        top, left = place // _COLUMNS * IMAGE_SIDE, place % _COLUMNS * IMAGE_SIDE
        sheet[top : top + IMAGE_SIDE, left : left + IMAGE_SIDE] = picture
    return sheet


def find_pictures(
    runs: Sequence[Run], table: pd.DataFrame, indices: Iterable[int]
) -> dict[int, Picture]:
    """Return the test images at `indices` that there are: from the data set, else from the runs.

    A data set whose labels are not those of `table`, the mistake table of `runs`, is not theirs.
    """
    wanted = [int(index) for index in indices]
    try:
        test = load(runs[0].config.dataset, services().settings.data).test
        labels = test.labels.numpy()
        places = table["index"].to_numpy()
        if places.max() < len(labels) and np.array_equal(labels[places], table["true"]):
            return {index: test.pixels[index].numpy() for index in wanted}
    except DataError:
        pass  # then what the runs have kept
    found: dict[int, Picture] = {}
    for run in runs:
        missing = [index for index in wanted if index not in found]
        if not missing:
            break
        try:
            kept = kept_digits(run)
        except DigitLabError as error:
            st.warning(as_text(str(error)))
            continue
        found |= {index: kept[index] for index in missing if index in kept}
    return {index: found[index] for index in wanted if index in found}


def who(runs: Sequence[Run]) -> str:
    """Return as HTML whose the dots on the tiles are; with many runs there are none."""
    if len(runs) > _EACH_RUN:
        return ""
    names = distinct_names(runs)
    every = "".join(f"<span>{named(run, names[run.id])}</span>" for run in runs)
    return f'<div class="dl-who">{every}</div>'


def explain(runs: int) -> str:
    """Say what stands on the tiles, with so many runs."""
    if runs <= _EACH_RUN:
        return "The percentage is how sure the run was of its answer (softmax probability)."
    return f"“3 × 9 ✗” says that 3 of the {runs} runs read a 9, wrongly."


def digit_tiles(
    runs: Sequence[Run],
    shown: pd.DataFrame,
    places: Mapping[int, int],
    *,
    before: str = "true ",
    spoken_as: str = "Test digit {index:,}, true {true}.",
) -> list[dict[str, Any]]:
    """Return the tiles of the rows `shown`, as `components.draw_tiles` takes them.

    `places` says where the picture of an index stands; `before` is what stands before the true
    digit, `spoken_as` what is said of a tile to those who cannot see it.
    """
    counts = votes(shown)
    names = distinct_names(runs)
    tiles = []
    for number, row in enumerate(cast(list[dict[str, Any]], shown.to_dict("records"))):
        index, true = int(row["index"]), int(row["true"])
        if len(runs) <= _EACH_RUN:
            readings, spoken = _each(runs, names, row)
        else:
            readings, spoken = _counted(counts[number], true)
        tiles.append(
            {
                "index": index,
                "place": places.get(index),
                "lines": [_line(before, true, ""), *readings],
                "label": f"{spoken_as.format(index=index, true=true)} {spoken}",
            }
        )
    return tiles


def _each(
    runs: Sequence[Run], names: Mapping[str, str], row: Mapping[str, Any]
) -> tuple[list[dict[str, str]], str]:
    """Return the answer of each run, as lines and as one phrase."""
    lines, spoken = [], []
    for place, run in enumerate(runs):
        predicted, right = int(row[f"predicted_{place}"]), bool(row[f"right_{place}"])
        sure = share_word(float(row[f"confidence_{place}"]))
        before = "read as " if len(runs) == 1 else ""
        colour = run_colour(run.info.colour) if len(runs) > 1 else ""
        lines.append(_line(before, predicted, f" {_mark(right)} {sure}", colour))
        spoken.append(f"{names[run.id]}: {predicted}, {'right' if right else 'wrong'}, {sure}")
    return lines, ". ".join(spoken)


def _counted(counts: npt.NDArray[np.int64], true: int) -> tuple[list[dict[str, str]], str]:
    """Return how many runs gave which answer, the most given first, as lines and as one phrase."""
    given = [int(digit) for digit in np.argsort(-counts, kind="stable") if counts[digit]]
    lines = [_line(f"{counts[digit]} × ", digit, f" {_mark(digit == true)}") for digit in given]
    if len(lines) > _MOST_LINES:
        rest = sum(int(counts[digit]) for digit in given[_MOST_LINES - 1 :])
        lines = [*lines[: _MOST_LINES - 1], _line(f"{rest} × other", "", "")]
    runs = int(counts.sum())
    answers = ", ".join(f"{counts[digit]} as {digit}" for digit in given)
    return lines, f"Wrong by {runs - counts[true]} of {runs} runs. Read by {answers}"


def _line(before: str, digit: int | str, after: str, colour: str = "") -> dict[str, str]:
    return {"before": before, "digit": str(digit), "after": after, "colour": colour}


def _mark(right: bool) -> str:
    return "✓" if right else "✗"
