"""What finished runs left behind, read once and kept: models, answers, pictures of digits."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st
from torch import nn

from core.config import IMAGE_SIDE
from core.errors import DataError
from core.learning.data import load
from core.learning.evaluation import predict, restore_model
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.model_cache import ModelCache
from core.ui.services import services

# The largest network that a run may have (50 million weights, 200 MB) and some room: or 160 CNNs
# as large as article 3's. It adds less than half to what the server holds once torch is there
# (650 MiB). Models that do not fit together are read anew at every stroke: the page says so.
_MOST_BYTES: Final = 256 * 2**20
# What Python holds of a model beside its weights; without it thousands of tiny ones would fit.
_OVERHEAD: Final = 64 * 2**10
_BYTES_OF_A_WEIGHT: Final = 4  # float32


def trained_model(run_id: str) -> nn.Module:
    """Return the trained model of a run, shared by all visitors.

    Raises RunStateError or RunUnreadableError where its weights are not there or damaged.
    """
    version = services().store.weights_version(run_id)  # a replaced file is read anew
    return _models.get(run_id, version, lambda: _read_model(run_id))


def fit_together(runs: Sequence[Run]) -> bool:
    """Tell whether the models of `runs` can all be kept at the same time."""
    sizes = [_OVERHEAD + _BYTES_OF_A_WEIGHT * run.config.parameter_count for run in runs]
    return sum(sizes) <= _MOST_BYTES


def answers(run: Run) -> Predictions:
    """Return what a finished run answered on its test images; shared, so not to be changed.

    Raises RunStateError or RunUnreadableError.
    """
    return services().store.predictions(run.id)


def kept_digits(run: Run) -> Mapping[int, npt.NDArray[np.uint8]]:
    """Return the test images `(28, 28)` kept with a finished run, by position in the test set.

    Raises RunStateError or RunUnreadableError.
    """
    return _digits(run.id, ending(run))


def judged_images(run: Run, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return the images `(N, 28, 28)` that a finished run was judged on at `places` of its answers.

    Raises DataError where its data set is not here, RunStateError or RunUnreadableError.
    """
    theirs = answers(run)
    test = load(run.config.dataset, services().settings.data).test
    known = theirs.indices.min(initial=0) >= 0 and theirs.indices.max(initial=0) < len(test)
    if not known or not np.array_equal(test.labels.numpy()[theirs.indices], theirs.labels):
        raise DataError(
            "The data set on this computer is not the one that the run was judged on: its labels "
            "are others."
        )
    return test.pixels.numpy()[theirs.indices[places]]


def ending(run: Run) -> str:
    """Return what changes when another training takes a run's place, to key caches by."""
    return f"{run.info.created} {run.summary.model_dump_json() if run.summary else ''}"


def model_bytes(model: nn.Module) -> int:
    """Return the memory that a model takes, in bytes."""
    values = [*model.parameters(), *model.buffers()]
    return _OVERHEAD + sum(value.numel() * value.element_size() for value in values)


def _read_model(run_id: str) -> nn.Module:
    store = services().store
    config = store.read(run_id).config
    model = restore_model(config, store.weights(run_id))
    # A first answer takes up to a hundred times as long as any other: it shall not be a stroke's.
    predict(config, model, np.zeros((1, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8))
    return model


_models: Final = ModelCache[nn.Module](_MOST_BYTES, model_bytes)


@st.cache_resource(max_entries=32, show_spinner=False)
def _digits(run_id: str, ending: str) -> Mapping[int, npt.NDArray[np.uint8]]:
    del ending
    return services().store.digits(run_id)
