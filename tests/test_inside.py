"""What happened inside a training: what the page and the command line say of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.cli.show import show_run
from core.config import RunConfig
from core.runs import files
from core.runs.history import HistoryWriter
from core.runs.records import Environment, Run, Status, Summary, new_status
from core.runs.store import RunStore
from core.ui.compare_view import fact_lines
from core.ui.layers_view import layer_lines, layer_table, why_no_lines
from core.ui.recorded import OLDER, Recorded, read_recorded, with_gap
from core.words import early_end, figure, origin, state_detail, weighted_layers

CONFIG = RunConfig(dataset="digits", hidden_sizes=(8,), epochs=3)
EPOCH = {"epoch": 1, "step": 2, "images": 20, "seconds": 0.5, "train_loss": 2.0}
STEP = {"step": 1, "epoch": 1, "images": 10, "seconds": 0.2, "loss": 2.3}


def layer(epoch: int, number: int, **figures: float | None) -> dict[str, float | None]:
    usual = {"gradient_norm": 0.5, "weight_norm": 4.0, "update_ratio": 0.001, "dead_share": None}
    return {"epoch": epoch, "layer": number, **usual, **figures}


def write(folder: Path, name: str, *rows: dict[str, float | None]) -> None:
    with HistoryWriter(folder / f"{name}.jsonl") as writer:
        writer.append(rows)


def recorded(store: RunStore, *rows: dict[str, float | None]) -> Recorded:
    run_id = store.create(CONFIG, name="run")
    write(store.folder(run_id), files.LAYERS, *rows)
    (of_run,) = read_recorded(store, [store.read(run_id)])
    return of_run


def summary(**fields: object) -> Summary:
    usual = {"epochs": 12, "steps": 24, "seconds": 3.0, "train_images": 20, "test_images": 10}
    return Summary(
        **{**usual, "validation_images": 5, "test_loss": 0.5, "test_accuracy": 0.9} | fields
    )


# The store


def test_the_store_returns_what_layers_were_recorded(store: RunStore) -> None:
    table = recorded(store, layer(1, 1, dead_share=0.25), layer(1, 2)).layers
    assert table["layer"].tolist() == [1, 2]
    assert table["dead_share"].tolist()[0] == 0.25
    assert np.isnan(table["dead_share"].tolist()[1])


def test_a_run_of_an_older_version_has_no_layers(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    assert list(store.layers(run_id).columns)[:2] == ["epoch", "layer"]
    assert len(store.layers(run_id)) == 0


# What there is to show


def test_before_anything_is_recorded_nothing_is_blamed_on_a_version(store: RunStore) -> None:
    assert recorded(store).missing == "nothing recorded so far"


def test_a_history_without_these_records_is_of_an_older_version(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    write(store.folder(run_id), files.STEPS, STEP)
    write(store.folder(run_id), files.EPOCHS, EPOCH)
    (of_run,) = read_recorded(store, [store.read(run_id)])
    assert of_run.missing == OLDER


def test_a_run_that_has_made_its_first_steps_has_something_to_show(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    write(store.folder(run_id), files.STEPS, STEP | {"learning_rate": 0.1, "gradient_norm": 2.0})
    (of_run,) = read_recorded(store, [store.read(run_id)])
    assert of_run.missing == ""


# The table and the lines of the layers


def test_the_table_has_the_last_epoch_in_words(store: RunStore) -> None:
    of_run = recorded(
        store,
        layer(1, 1, update_ratio=0.5),
        layer(1, 2),
        layer(2, 2, gradient_norm=1234.5),
        layer(2, 1, update_ratio=0.0000123, dead_share=0.125),
    )
    expected = pd.DataFrame(
        {
            "gradient norm": ["0.5", "1230"],
            "weight norm": ["4", "4"],
            "update ratio": ["0.0000123", "0.001"],
            "dead ReLU units": ["12.5 %", "–"],
        },
        index=pd.Index(["1: fully connected, 8 units", "2: ten outputs"]),
        dtype=object,
    )
    pd.testing.assert_frame_equal(layer_table(of_run), expected)


def test_without_records_the_table_has_no_rows(store: RunStore) -> None:
    assert layer_table(recorded(store)).empty


def test_each_layer_has_a_line_with_a_dash_of_its_own(store: RunStore) -> None:
    of_run = recorded(store, *(layer(epoch, number) for epoch in (1, 2) for number in (1, 2)))
    lines = layer_lines(of_run, "update_ratio")
    assert [line.label for line in lines] == ["1: fully connected, 8 units", "2: ten outputs"]
    assert [line.x.tolist() for line in lines] == [[1, 2], [1, 2]]
    assert len({line.dash for line in lines}) == 2
    assert {line.colour for line in lines} == {of_run.run.info.colour}


def test_a_layer_without_relu_has_no_line_of_dead_units(store: RunStore) -> None:
    of_run = recorded(store, layer(1, 1, dead_share=0.5), layer(1, 2))
    (line,) = layer_lines(of_run, "dead_share", 100)
    assert (line.label, line.raw.tolist()) == ("1: fully connected, 8 units", [50])


@pytest.mark.parametrize(
    ("column", "figures", "said"),
    [
        ("update_ratio", {"weight_norm": 0.0}, "its weights are all 0, so there is nothing to"),
        ("update_ratio", {"weight_norm": None}, "none of its figures was a finite number"),
        ("gradient_norm", {}, "none of its figures was a finite number"),
        ("dead_share", {}, "it has no ReLU units"),
    ],
)
def test_why_recorded_layers_have_no_lines_is_not_blamed_on_a_version(
    store: RunStore, column: str, figures: dict[str, float | None], said: str
) -> None:
    of_run = recorded(store, layer(1, 1, **{column: None}, **figures))
    assert why_no_lines(of_run, column).startswith(said)


def test_layers_that_no_network_of_these_settings_has_go_by_their_number(store: RunStore) -> None:
    assert layer_table(recorded(store, layer(1, 7))).index.tolist() == ["7"]


def test_the_layers_of_a_cnn_are_named_in_the_order_in_which_they_are_recorded() -> None:
    config = RunConfig(model="cnn", channels=(4, 6), hidden_sizes=(32,))
    assert weighted_layers(config) == [
        "1: convolution, 4 patterns",
        "2: convolution, 6 patterns",
        "3: fully connected, 32 units",
        "4: ten outputs",
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.00000123, "0.00000123"), (123456.0, "123000"), (0.0, "0"), (float("nan"), "–")],
)
def test_figures_of_any_size_are_written_without_an_exponent(value: float, written: str) -> None:
    assert figure(value) == written


# How a run stands


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"ended_by": "seconds"}, "ended early after epoch 12: time limit"),
        (
            {"ended_by": "patience", "best_epoch": 7},
            "ended early after epoch 12: nothing got better (best: epoch 7)",
        ),
    ],
)
def test_what_ended_a_run_early_is_said(fields: dict[str, object], words: str) -> None:
    assert early_end(summary(**fields)) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (new_status("queued"), "next"),
        (new_status("queued", attempt=2), "next, attempt 2"),
        (new_status("crashed", reason="It is gone."), "It is gone."),
        (new_status("crashed", attempt=3, reason="It is gone."), "Attempt 3: It is gone."),
        (new_status("finished", attempt=2), ""),
    ],
)
def test_the_attempt_is_said_where_it_helps(store: RunStore, status: Status, words: str) -> None:
    run = store.read(store.create(CONFIG)).model_copy(update={"status": status})
    assert state_detail(run, 0) == words


def test_a_continued_run_says_which_it_continues(store: RunStore) -> None:
    first = store.create(CONFIG, name="first")
    second = store.read(store.create(CONFIG, continued_from=first))
    assert origin(second, store.list()) == "continues “first”"


def test_a_continued_run_says_that_its_beginning_was_deleted(store: RunStore) -> None:
    run = store.read(store.create(CONFIG, continued_from="gone1234567"))
    assert origin(run, store.list()) == "continues a deleted run"


def test_a_continued_run_says_that_its_beginning_cannot_be_read(store: RunStore) -> None:
    first = store.create(CONFIG)
    run = store.read(store.create(CONFIG, continued_from=first))
    (store.folder(first) / files.CONFIG).write_text("{")
    assert origin(run, store.list()) == f"continues {first}, which cannot be read"


# The facts on the Compare page


def trained_on(store: RunStore, name: str, device: str, **fields: object) -> Run:
    environment = Environment(
        python="3", torch="2", device=device, threads=2, platform="Linux x86_64"
    )
    run = store.read(store.create(CONFIG, name=name))
    return run.model_copy(update={"environment": environment, **fields})


def test_one_machine_of_all_runs_is_said_once(store: RunStore) -> None:
    runs = [trained_on(store, name, "cpu") for name in ("a", "b")]
    assert fact_lines(runs, store.list) == [
        "Trained on: processor (CPU), chosen automatically, 2 threads."
    ]


def test_machines_that_differ_are_said_run_by_run(store: RunStore) -> None:
    runs = [trained_on(store, "a", "cpu"), trained_on(store, "b", "cuda")]
    assert fact_lines(runs, store.list) == [
        "a: on processor (CPU), chosen automatically, 2 threads.",
        "b: on NVIDIA card (CUDA), chosen automatically, 2 threads.",
    ]


def test_attempts_and_an_early_end_are_said_of_a_finished_run(store: RunStore) -> None:
    run = trained_on(
        store,
        "a",
        "cpu",
        status=new_status("finished", attempt=2),
        summary=summary(ended_by="seconds"),
    )
    assert fact_lines([run], store.list)[1:] == [
        "a: ended early after epoch 12: time limit; took 2 attempts."
    ]


def test_nothing_is_said_of_a_run_that_has_not_begun(store: RunStore) -> None:
    assert fact_lines([store.read(store.create(CONFIG))], store.list) == []


# The command line


def test_show_writes_the_layers_attempt_and_origin(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    of_run = recorded(store, layer(1, 1), layer(2, 1, dead_share=0.125))
    folder = store.folder(of_run.run.id)
    files.write_json(
        folder / files.CONFIG,
        {**files.read_json(folder / files.CONFIG), "continued_from": "gone1234567"},
    )
    store.write_status(of_run.run.id, new_status("crashed", attempt=2, reason="It is gone."))
    show_run(store.root, of_run.run.id, as_json=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "status crashed: Attempt 2: It is gone." in lines
    assert "origin continues a deleted run (gone1234567)" in lines
    assert lines[-3:] == [
        "layers after epoch 2",
        "layer gradient norm weight norm update ratio dead ReLU units",
        "1: fully connected, 8 units 0.5 4 0.001 12.5 %",
    ]


def test_the_generalisation_gap_is_training_minus_validation_accuracy_in_points() -> None:
    epochs = pd.DataFrame({"train_accuracy": [0.5, 0.99], "validation_accuracy": [0.6, 0.97]})
    assert with_gap(epochs)["gap"].tolist() == pytest.approx([-10, 2])


def test_where_nothing_is_watched_there_is_no_gap() -> None:
    assert with_gap(pd.DataFrame({"train_accuracy": [0.5]}))["gap"].isna().all()
