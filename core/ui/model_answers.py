"""What chosen runs say of an image: probabilities, cards with bars, and what they add up to."""

import functools
from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.analysis.agreement import agreement, believing
from core.analysis.calibration import own_confidence
from core.config import CLASSES, IMAGE_SIDE
from core.drawing import Digit
from core.errors import DigitLabError, RunUnreadableError
from core.learning.evaluation import predict
from core.runs.records import Run
from core.ui.links import newest_pair
from core.ui.one_core import one_core_each
from core.ui.pieces import answer_card
from core.ui.services import services
from core.ui.trained import ending, fit_together, trained_model
from core.words import as_text, distinct_names, short_names

_NO_IMAGES: Final = np.empty((0, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
_LONGEST: Final = 32  # of a name in a sentence; the cards show the whole of it


def probabilities_of(
    runs: Sequence[Run], images: npt.NDArray[np.uint8]
) -> tuple[dict[str, npt.NDArray[np.float32]], list[str]]:
    """Return what each of `runs` says of `images` `(N, 28, 28)` uint8, white on black.

    First the probabilities `(N, 10)` by run id, in the order of `runs`; then a sentence about
    each run that cannot answer (deleted meanwhile, weights missing or damaged), which is left out.
    Without any image the models are only made ready.
    """
    said = one_core_each(lambda run: _answers(run, images), runs)
    names = distinct_names(runs)
    pairs = list(zip(runs, said, strict=True))
    found = {run.id: rows for run, rows in pairs if not isinstance(rows, DigitLabError)}
    problems = [
        f"{names[run.id]} cannot answer. {rows}"
        for run, rows in pairs
        if isinstance(rows, DigitLabError)
    ]
    return found, problems


def draw_model_answers(runs: Sequence[Run], digit: Digit | None, problem: str = "") -> None:
    """Draw what each of `runs` says of `digit` as a card, under what all of it adds up to.

    Without a digit the cards wait, in the same room, and `problem` says why there is none.
    """
    images = _NO_IMAGES if digit is None else digit.image[None]
    found, problems = probabilities_of(runs, images)
    for sentence in problems:
        st.warning(as_text(sentence), icon=":material/broken_image:")
    if not fit_together(runs):
        st.info(
            "The models of these runs are too large to be kept in memory together, so each answer "
            "takes longer. Choose fewer runs to have answers at once."
        )
    names, short = distinct_names(runs), short_names(runs, _LONGEST)
    able = [run for run in runs if run.id in found]
    said = [] if digit is None else [(short[run.id], found[run.id][0]) for run in able]
    cards = "".join(
        answer_card(run, None if digit is None else found[run.id][0], names[run.id]) for run in able
    )
    # One line that is always there: an invitation, a problem, or what the answers add up to. What
    # many say takes more lines on a phone: room for them from the start.
    many = " dl-many" if len(runs) > 2 else ""
    st.html(
        f'<p class="dl-lead dl-sum{many}" role="status">{escape(problem or agreement(said))}</p>'
        f'<div class="dl-answers">{cards}</div>'
        f'<p class="dl-quiet">{escape(_how_far_to_believe(able, short))}</p>'
    )


def make_ready() -> None:
    """Read the models that answer where nobody has chosen others, so that no visitor waits."""
    store = services().store
    finished = [run for run in store.list() if isinstance(run, Run) and run.summary is not None]
    wanted = newest_pair(finished)
    probabilities_of([run for run in finished if run.id in wanted], _NO_IMAGES)


def _answers(run: Run, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32] | DigitLabError:
    try:
        model = trained_model(run.id)
        if not len(images):
            return np.empty((0, CLASSES), dtype=np.float32)
        said = predict(run.config, model, images)
    except DigitLabError as error:
        return error
    if not np.isfinite(said).all():
        return RunUnreadableError("Its saved weights answer with no finite number.")
    return said


def _how_far_to_believe(runs: Sequence[Run], names: dict[str, str]) -> str:
    tested = []
    for run in runs:
        try:
            tested.append((names[run.id], *_claim_and_truth(run.id, ending(run))))
        except DigitLabError:
            continue  # its answers on the test images are gone: then nothing is said of them
    return believing(tested)


@functools.lru_cache(maxsize=256)
def _claim_and_truth(run_id: str, _ending: str) -> tuple[float, float]:
    """Return how sure a run was of its test answers on average and which share was right."""
    found = services().store.predictions(run_id)
    claimed = own_confidence(found.probabilities, found.predicted)
    return float(claimed.mean()), float((found.predicted == found.labels).mean())
