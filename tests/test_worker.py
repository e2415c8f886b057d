"""core.runs.worker and engines.local: what real workers leave of five runs with different ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import RunStateError
from core.runs import files
from core.runs.queue import cancel
from core.runs.records import Run
from core.runs.scalars import ScalarWriter
from core.runs.store import RunStore
from core.runs.worker import main
from tests.support.workers import SHORT, end_workers, new_queue, state, states, wait_until

TAGS = ["Ac/test_accuracy", "Ac/train_accuracy", "Loss/test_loss", "Loss/train_loss"]


@dataclass
class Mixed:
    store: RunStore
    sgd: str
    adam: str
    runaway: str
    late_runaway: str
    without_data: str

    @property
    def pair(self) -> list[str]:
        return [self.sgd, self.adam]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    store = RunStore(tmp_path_factory.mktemp("mixed") / "runs")
    runaway = SHORT.replace(loss="mse", learning_rate=100, hidden_sizes=(64, 64), epochs=100)
    # One step, whose own loss is a number still, and nobody watches what it leaves.
    late = runaway.replace(
        optimizer="adam", batch_size=2000, hidden_sizes=(64,) * 8, epochs=1, watch="none"
    )
    adam, without_data = SHORT.replace(optimizer="adam"), SHORT.replace(dataset="mnist")
    configs = [SHORT, adam, runaway, late, without_data]
    history = Mixed(store, *(store.create(config) for config in configs))
    queue = new_queue(store, slots=2)
    queue.start()
    try:
        wait_until(
            lambda: not any(isinstance(run, Run) and run.active for run in store.list()),
            "all five runs have ended",
        )
        yield history
    finally:
        queue.stop()
        end_workers(store)


def test_both_of_a_pair_finish(mixed: Mixed) -> None:
    assert states(mixed.store, mixed.pair) == ["finished", "finished"]


def test_a_finished_run_has_its_figures(mixed: Mixed) -> None:
    summary = mixed.store.read(mixed.sgd).summary
    assert summary is not None
    assert (summary.epochs, summary.steps, summary.train_images) == (2, 38, 1197)
    assert (summary.validation_images, summary.test_images) == (240, 360)


def test_the_summarys_accuracy_is_that_of_the_predictions(mixed: Mixed) -> None:
    found = mixed.store.predictions(mixed.adam)
    share = (found.predicted == found.labels).mean()
    assert mixed.store.read(mixed.adam).summary.test_accuracy == pytest.approx(share, abs=1e-6)


def test_the_misread_digits_are_kept(mixed: Mixed) -> None:
    found = mixed.store.predictions(mixed.sgd)
    wrong = found.indices[found.predicted != found.labels]
    assert set(wrong) <= set(mixed.store.digits(mixed.sgd))


def test_the_weights_give_the_predictions_again(mixed: Mixed, digits_data) -> None:
    from core.learning.evaluation import predict, restore_model

    model = restore_model(mixed.store.read(mixed.sgd).config, mixed.store.weights(mixed.sgd))
    shares = predict(SHORT, model, digits_data.test.pixels.numpy())
    assert shares.argmax(axis=1).tolist() == mixed.store.predictions(mixed.sgd).predicted.tolist()


def test_a_finished_run_has_its_curves(mixed: Mixed) -> None:
    counts = len(mixed.store.steps(mixed.sgd)), len(mixed.store.epochs(mixed.sgd))
    assert counts == (38, 2)


def test_live_lines_have_become_parquet(mixed: Mixed) -> None:
    names = {path.name for path in mixed.store.folder(mixed.sgd).iterdir()}
    assert {"steps.parquet", "epochs.parquet"} <= names
    assert not {"steps.jsonl", "epochs.jsonl"} & names


def test_no_temporary_file_is_left(mixed: Mixed) -> None:
    assert list(mixed.store.folder(mixed.sgd).glob(".*")) == []


def test_the_pair_began_with_the_same_images(mixed: Mixed) -> None:
    first, second = (mixed.store.steps(run_id)["loss"][0] for run_id in mixed.pair)
    assert first == second


def test_a_run_knows_on_what_it_was_trained(mixed: Mixed) -> None:
    environment = mixed.store.read(mixed.sgd).environment
    assert environment is not None
    assert environment.threads == 1


def test_a_runaway_has_diverged(mixed: Mixed) -> None:
    assert state(mixed.store, mixed.runaway) == "diverged"


def test_a_runaway_says_why(mixed: Mixed) -> None:
    reason = mixed.store.read(mixed.runaway).status.reason
    assert reason.endswith("A smaller learning rate usually helps; this run used 100.")


def test_error_txt_holds_the_reason(mixed: Mixed) -> None:
    text = (mixed.store.folder(mixed.runaway) / files.ERROR).read_text()
    assert text == mixed.store.read(mixed.runaway).status.reason + "\n"


def test_a_runaway_keeps_its_curves(mixed: Mixed) -> None:
    losses = mixed.store.steps(mixed.runaway)["loss"]
    assert len(losses) > 0
    assert losses.notna().all()


def test_running_away_in_the_last_step_is_noticed_too(mixed: Mixed) -> None:
    assert state(mixed.store, mixed.late_runaway) == "diverged"
    assert len(mixed.store.steps(mixed.late_runaway)) == 1


def test_a_run_without_its_data_has_failed(mixed: Mixed) -> None:
    assert state(mixed.store, mixed.without_data) == "failed"


def test_a_run_without_its_data_says_why(mixed: Mixed) -> None:
    reason = mixed.store.read(mixed.without_data).status.reason
    assert reason.startswith(f"MNIST is not in {mixed.store.root.parent / 'data'}")


@pytest.mark.parametrize("which", ["sgd", "runaway", "without_data"])
def test_an_ended_run_is_not_cancelled(mixed: Mixed, which: str) -> None:
    with pytest.raises(RunStateError, match="has ended already"):
        cancel(mixed.store, getattr(mixed, which))


def test_tensorboard_finds_article_0s_four_curves(mixed: Mixed) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(mixed.store.folder(mixed.sgd))).Reload()
    assert sorted(events.Tags()["scalars"]) == TAGS


def test_tensorboard_shows_the_numbers_of_the_curves(mixed: Mixed) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(mixed.store.folder(mixed.sgd))).Reload()
    epochs = mixed.store.epochs(mixed.sgd)
    shown = [(event.step, event.value) for event in events.Scalars("Ac/test_accuracy")]
    assert shown == list(zip(epochs["epoch"], epochs["validation_accuracy"], strict=True))


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["core", "core"]])
def test_a_worker_called_wrongly_says_how(arguments: list[str], capsys) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m core.runs.worker RUN_DIR\n"


def test_watched_test_images_go_to_the_same_curves(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    watched = {"test_loss": 0.5, "test_accuracy": 0.75}
    nothing = dict.fromkeys(("validation_loss", "validation_accuracy"))
    epoch = {"epoch": 1, "train_loss": 0.25, "train_accuracy": 1.0} | watched | nothing
    with ScalarWriter(tmp_path) as scalars:
        scalars.write_epoch(epoch)
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [events.Scalars(tag)[0].value for tag in TAGS] == [0.75, 1.0, 0.5, 0.25]
