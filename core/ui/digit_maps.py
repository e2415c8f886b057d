"""Maps of the test digits of runs: which digits, computed beside the pages, kept for all."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from torch import nn

from core.analysis.embedding import Embedding, Method, choose_images, embed
from core.config import RunConfig
from core.learning.features import hidden_features, most_images
from core.runs.records import Run
from core.ui.background import Background, Job
from core.ui.map_figure import MapDots
from core.ui.services import services
from core.ui.trained import answers, ending, judged_images, trained_model

# t-SNE takes seconds for so many; the other limit is only what a page can carry.
_MOST: Final[dict[Method, int]] = {"pca": 20_000, "tsne": 1_500}
_KEPT: Final = 32
# One of each kind: who wants the quick one need not wait behind the slow ones of others.
_computed: Final[dict[Method, Background[Embedding]]] = {
    "pca": Background(_KEPT),
    "tsne": Background(_KEPT),
}


@dataclass(frozen=True)
class DigitMap:
    """A map of a run's test digits that is there or on its way.

    `dots` are the digits on it; `every` counts all test images and `misread` those of them that
    the run read wrongly.
    """

    run: Run
    method: Method
    dots: MapDots
    every: int
    misread: int
    job: Job[Embedding]


def ask_map(run: Run, method: Method) -> DigitMap:
    """Return the map of a finished run, begun to be computed if nobody has asked for it before.

    Raises DataError where the images it was judged on are not here, RunStateError or
    RunUnreadableError where its answers or weights cannot be read.
    """
    theirs = answers(run)
    right = theirs.predicted == theirs.labels
    places = choose_images(right, min(_MOST[method], most_images(run.config)))
    sure = theirs.probabilities[np.arange(len(right)), theirs.predicted]
    dots = MapDots(
        theirs.indices[places], theirs.labels[places], theirs.predicted[places], sure[places]
    )
    # Read here, where what is missing or damaged becomes a sentence at once.
    model, images = trained_model(run.id), judged_images(run, places)
    key = (run.id, ending(run), services().store.weights_version(run.id))
    job = _computed[method].ask(key, lambda: _compute(run.config, model, images, method))
    return DigitMap(run, method, dots, len(right), int((~right).sum()), job)


def _compute(
    config: RunConfig, model: nn.Module, images: npt.NDArray[np.uint8], method: Method
) -> Embedding:
    return embed(hidden_features(config, model, images), method)
