"""What finished runs left behind, read once and kept: models, answers, pictures of digits."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import streamlit as st
from torch import nn

from core.errors import DataError
from core.learning.data import load
from core.learning.evaluation import restore_model
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.services import services


def trained_model(run_id: str) -> nn.Module:
    """Return the trained model of a run, shared by all visitors.

    Raises RunStateError or RunUnreadableError where its weights are not there or damaged.
    """
    return _model(run_id, services().store.weights_version(run_id))


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


@st.cache_resource(max_entries=24, show_spinner=False)
def _model(run_id: str, version: int) -> nn.Module:
    del version  # it only keys the cache: a replaced file is read anew
    store = services().store
    return restore_model(store.read(run_id).config, store.weights(run_id))


@st.cache_resource(max_entries=32, show_spinner=False)
def _digits(run_id: str, ending: str) -> Mapping[int, npt.NDArray[np.uint8]]:
    del ending
    return services().store.digits(run_id)
