"""Finished runs whose models were really trained, in this process and for a moment."""

from pathlib import Path
from typing import Any

import pytest

from core.learning.data import LabelledData
from core.learning.evaluation import predict
from core.runs.records import Run
from core.runs.results import write_predictions, write_weights
from core.runs.store import RunStore
from core.ui.services import services
from tests.support.finished_runs import finished
from tests.support.training import epochs_of, training_of

# As few images as train a network that answers at all.
FEW: dict[str, Any] = {
    "epochs": 1,
    "train_size": 300,
    "device": "cpu",
    "optimizer": "adam",
    "learning_rate": 0.003,
}
CNN: dict[str, Any] = {
    "model": "cnn",
    "channels": (4, 6),
    "hidden_sizes": (12,),
    "batch_norm": True,
    "normalisation": "mnist",
}
MLP: dict[str, Any] = {"model": "mlp", "hidden_sizes": (20, 14), "dropout": 0.5}
SOFTMAX: dict[str, Any] = {"model": "softmax", "hidden_sizes": (), "normalisation": "half"}


def trained_run(store: RunStore, data: LabelledData, *, name: str = "", **settings: Any) -> Run:
    """Make a run of these settings, trained for one round on 300 of the embedded digits."""
    run = finished(store, 0.8, name=name, **{**FEW, **settings})
    session = training_of(run.config, data)
    epochs_of(session)
    model = session.model.eval()
    state = model.state_dict()
    folder = store.folder(run.id)
    write_weights(folder, {k: v.numpy() for k, v in state.items() if v.is_floating_point()})
    said = predict(run.config, model, data.test.pixels.numpy())
    write_predictions(folder, data.test.labels.numpy(), said)
    return store.read(run.id)


def use_runs(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    """Let the pages of this process show the runs in `runs`, until `services` is cleared."""
    monkeypatch.setenv("DIGITLAB_RUNS", str(runs))
    monkeypatch.setenv("DIGITLAB_CACHE", str(runs.parent / "cache"))
    monkeypatch.setenv("DIGITLAB_OFFLINE", "1")
    services.cache_clear()
