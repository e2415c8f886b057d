"""Answers written by hand to runs that never trained."""

import json

import numpy as np

from core.runs import files
from core.runs.results import write_predictions
from core.runs.store import RunStore
from tests.support.groups import end

IMAGES = 360


def end_with_answers(store: RunStore, run_id: str, right: int, images: int = IMAGES) -> None:
    """End a run as finished that read the first `right` of so many test images right."""
    end(store, store.read(run_id))
    labels = np.arange(images, dtype=np.int64) % 10
    read = np.where(np.arange(images) < right, labels, (labels + 1) % 10)
    write_predictions(store.folder(run_id), labels, 5 * np.eye(10, dtype=np.float32)[read])
    path = store.folder(run_id) / files.SUMMARY
    summary = json.loads(path.read_text())
    path.write_text(json.dumps(summary | {"test_accuracy": right / images, "test_images": images}))
