"""`python -m core sweep` as a user types it: real processes on the embedded digits."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from core.runs.groups import GroupStore, readable
from core.runs.store import RunStore
from tests.support.command_line import PATIENCE_SECONDS, start, wait

TINY = ("--set", "epochs=1", "--set", "train_size=100")


def start_sweep(runs: Path, *words: str) -> "subprocess.Popen[str]":
    return start("sweep", *words, "--runs", runs, "--data", runs)


def sweep(runs: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return wait(start_sweep(runs, *words))


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """Two optimizers by two seeds, trained to the end."""
    runs = tmp_path_factory.mktemp("swept")
    return runs, sweep(runs, "article1-sgd", *TINY, "--vary", "optimizer=sgd,adam", "--seeds", "2")


def test_a_sweep_trains_every_combination(
    swept: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    runs, done = swept
    assert done.returncode == 0, done.stderr
    found = readable(RunStore(runs))
    assert sorted((run.config.optimizer, run.config.seed) for run in found) == [
        ("adam", 0), ("adam", 1), ("sgd", 0), ("sgd", 1),
    ]  # fmt: skip
    assert all(run.summary is not None for run in found)


def test_its_first_word_is_how_many_runs(
    swept: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    assert "4 runs; how long cannot be told" in swept[1].stderr


def test_each_ended_run_has_a_line(swept: tuple[Path, "subprocess.CompletedProcess[str]"]) -> None:
    assert all(f"{place}/4 " in swept[1].stderr for place in range(1, 5))


def test_the_table_has_a_row_a_combination_and_the_groups_id_comes_last(
    swept: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    runs, done = swept
    heading, sgd, adam, group = done.stdout.splitlines()
    assert heading.split()[0] == "settings"
    assert (sgd.split()[0], adam.split()[0]) == ("SGD", "Adam")
    assert "2 of 2" in sgd
    assert [found.id for found in GroupStore(runs).list()] == [group]


def test_what_the_interval_means_is_said(
    swept: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    assert "how much the seed matters, not how other test images would" in swept[1].stderr


def test_a_dry_run_of_a_fair_comparison_trains_nothing(tmp_path: Path) -> None:
    done = sweep(tmp_path, "article2-mse", "--fair", "--seeds", "2", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "14 runs" in done.stderr
    assert "One sixth of the training images is held back" in done.stderr
    assert "with the seeds 1, 2" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_as_json_has_raw_numbers(tmp_path: Path) -> None:
    done = sweep(tmp_path, "article1-sgd", "--vary", "lr=1,2,3", "--dry-run", "--json")
    plan = json.loads(done.stdout)
    assert (plan["runs"], plan["seconds"]) == (3, None)
    assert [config["learning_rate"] for config in plan["configs"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "at least one setting"),
        (["--seeds", "501"], "would be 501 runs; at most 500"),
        (["--vary", "lr=1,2", "--max-runs", "1"], "would be 2 runs; at most 1"),
        (["--vary", "lr=much"], "Learning rate must be a number, got much"),
        (["--vary", "lr"], "FIELD=VALUE is needed"),
        (["--vary", "lr=1", "--vary", "learning_rate=2"], "twice"),
        (["--vary", "seed=1,2", "--seeds", "2"], "leave one of them out"),
        (["--vary", "optimizer=adam", "--vary", "momentum=0.5"], "momentum belongs to SGD"),
        (["--rates", "1"], "--rates goes with --fair"),
        (["--fair", "--vary", "lr=1"], "varies the optimizer only"),
        (["--fair", "--rates", "adamw=1"], "which is not compared"),
        (["--fair", "--rates", "sgd=1"], "equally many"),
        (["--seeds", "0"], "at least 1"),
    ],
)
def test_a_bad_sweep_ends_with_2_before_anything_is_made(
    tmp_path: Path, words: list[str], complaint: str
) -> None:
    done = sweep(tmp_path, "article1-sgd", "--set", "dataset=digits", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_mnist_among_the_values_and_missing_is_a_failure_before_anything_is_made(
    tmp_path: Path,
) -> None:
    done = sweep(tmp_path, "article1-sgd", "--vary", "dataset=digits,mnist")
    assert (done.returncode, done.stdout) == (1, "")
    assert "python -m core fetch" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_cancels_what_waits_and_trains_of_the_group(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    long = ("--set", "epochs=10000", "--seeds", "3")
    process = start_sweep(tmp_path, "article1-sgd", *long)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(run.status.step for run in readable(store)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    done = wait(process)
    assert done.returncode == 1
    assert [run.status.state for run in readable(store)] == ["cancelled"] * 3
