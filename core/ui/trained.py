"""What finished runs left behind, read once and kept: models, answers, pictures of digits."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import streamlit as st
from torch import nn

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
    return _answers(run.id, ending(run))


def kept_digits(run: Run) -> Mapping[int, npt.NDArray[np.uint8]]:
    """Return the test images `(28, 28)` kept with a finished run, by position in the test set.

    Raises RunStateError or RunUnreadableError.
    """
    return _digits(run.id, ending(run))


def ending(run: Run) -> str:
    """Return what changes when another training takes a run's place, to key caches by."""
    return f"{run.info.created} {run.summary.model_dump_json() if run.summary else ''}"


@st.cache_resource(max_entries=24, show_spinner=False)
def _model(run_id: str, version: int) -> nn.Module:
    del version  # it only keys the cache: a replaced file is read anew
    store = services().store
    return restore_model(store.read(run_id).config, store.weights(run_id))


@st.cache_resource(max_entries=64, show_spinner=False)
def _answers(run_id: str, ending: str) -> Predictions:
    del ending
    return services().store.predictions(run_id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _digits(run_id: str, ending: str) -> Mapping[int, npt.NDArray[np.uint8]]:
    del ending
    return services().store.digits(run_id)
