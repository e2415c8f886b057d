"""Final figures of runs that nobody trained."""

from typing import Any

from core.runs.records import Summary


def summary_of(test_accuracy: float, **values: Any) -> Summary:
    """Return the figures of a run of one second that read this share of the test images."""
    usual: dict[str, Any] = {
        "epochs": 1,
        "steps": 2,
        "seconds": 1.0,
        "train_images": 100,
        "validation_images": 10,
        "test_images": 360,
        "test_loss": 1.0,
    }
    return Summary(test_accuracy=test_accuracy, **{**usual, **values})
