"""What chosen runs answer on the drawings of the field test, for all parts of its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.errors import DigitLabError, RunUnreadableError
from core.field_test.answers import DrawingAnswers
from core.field_test.records import Drawing
from core.runs.records import Run
from core.ui.model_answers import probabilities_of
from core.ui.services import services
from core.words import distinct_names

_MANY: Final = 2_000  # readings that take longer than a glance


@dataclass(frozen=True)
class Reader:
    """A run that can answer, under the name it has on the page."""

    run: Run
    name: str
    version: int  # of its weights


def readers(runs: Sequence[Run]) -> tuple[list[Reader], list[str]]:
    """Return those of `runs` whose models are there, and a sentence about each of the others."""
    names, found, problems = distinct_names(runs), [], []
    for run in runs:
        try:
            version = services().store.weights_version(run.id)
        except DigitLabError as error:
            problems.append(f"{names[run.id]} cannot answer. {error}")
        else:
            found.append(Reader(run, names[run.id], version))
    return found, problems


def read_drawings(
    which: Sequence[Reader], drawings: Sequence[Drawing]
) -> tuple[list[tuple[Reader, DrawingAnswers]], list[str]]:
    """Return what each reader answers on `drawings`, and a sentence about each that cannot.

    Each model is asked once for each drawing, whoever asks and however often.
    """
    book, found, problems = services().answer_book, [], []
    unread = sum(book.unread(one.run, one.version, drawings) for one in which)
    with st.spinner(f"{unread:,} drawings to read") if unread > _MANY else st.container():
        for one in which:
            try:
                found.append((one, book.answers(one.run, one.version, drawings, _ask)))
            except DigitLabError as error:
                problems.append(str(error))
    return found, problems


def _ask(run: Run, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    said, problems = probabilities_of([run], images)
    if run.id not in said:
        raise RunUnreadableError(" ".join(problems))
    return said[run.id]
