"""The command line as a user types it: real processes, real training on the embedded digits."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.config import RunConfig
from core.recipes import RECIPES
from tests.support.command_line import PATIENCE_SECONDS, start, wait

ESCAPE = "\x1b[31m"
# Weight decay makes each weight 99 times as large in every step.
TOO_BIG_STEPS = ("--set", "lr=100", "--set", "weight_decay=1", "--set", "batch=16")


class Trained(NamedTuple):
    """A folder with a run by SGD, one by Adam and a damaged one, and how Adam's was trained."""

    runs: Path
    sgd: str
    adam: str
    shown: "subprocess.CompletedProcess[str]"
    diverged: "subprocess.CompletedProcess[str]"


def digitlab(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return wait(start(*words))


def answer(*words: str | Path) -> Any:
    done = digitlab(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def last_line(text: str) -> str:
    return text.splitlines()[-1]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    runs, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("data")
    folders = ("--runs", runs, "--data", data)
    # All at the same time: one of the first two keeps the queue and trains the other's run too.
    processes = [
        start(*folders, "train", "article1-sgd", "--set", "epochs=1", "--name", f"{ESCAPE}SGD"),
        start("train", "article1-adam", "--set", "epochs=2", "--threads", "1", *folders),
        start("train", "article2-mse", *TOO_BIG_STEPS, "--runs", data, "--data", data),
    ]
    sgd, adam, diverged = map(wait, processes)
    assert (sgd.returncode, adam.returncode) == (0, 0), sgd.stderr + adam.stderr
    (runs / "damaged").mkdir()
    (runs / "damaged" / "status.json").write_text("{")
    return Trained(runs, last_line(sgd.stdout), last_line(adam.stdout), adam, diverged)


@pytest.fixture(scope="module")
def listed(trained: Trained) -> dict[str, Any]:
    """What `runs --json` says, by id in its order."""
    return {run["id"]: run for run in answer("runs", "--runs", trained.runs)}


def test_recipes_lists_every_recipe() -> None:
    shown = digitlab("recipes").stdout
    assert all(f"\n{name} " in shown for name in RECIPES)


def test_recipes_as_json_hold_their_configs() -> None:
    configs = {recipe["name"]: recipe["config"] for recipe in answer("recipes")}
    assert configs["article1-sgd"] == RECIPES["article1-sgd"].config.model_dump(mode="json")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "required: COMMAND"),
        (["trian"], "invalid choice: 'trian'"),
        (["train"], "required: RECIPE"),
        (["train", "article1-adm"], "Did you mean article1-adam?"),
        (["train", "article1-sgd", "--set", "lr"], "FIELD=VALUE is needed"),
        (["train", "article1-sgd", "--set", "lrr=1"], "there is no setting called lrr"),
        (["train", "article1-sgd", "--set", "lr=-1"], "learning rate must be above 0, got -1"),
        (["train", "article1-sgd", "--set", "epochs=two"], "epochs must be a whole number"),
        (["train", "article1-adam", "--set", "momentum=0.9"], "momentum belongs to SGD"),
        (["train", "article1-sgd", "--threads", "0"], "whole number from 1"),
        (["fetch", "--mirror", "ftp://example.org"], "must begin with https://"),
    ],
)
def test_bad_usage_ends_with_2_and_one_line(words: list[str], complaint: str) -> None:
    done = digitlab(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_of_two_changes_to_one_setting_the_last_holds() -> None:
    done = digitlab("train", "article1-sgd", "--set", "lr=0.1", "--set", "learning_rate=-2")
    assert "got -2" in done.stderr


def test_mnist_asked_for_and_missing_is_a_failure(tmp_path: Path) -> None:
    done = digitlab("train", "article1-sgd", "--set", "dataset=mnist", "--data", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "python -m core fetch" in done.stderr


def test_fetch_without_a_server_fails_in_one_sentence(tmp_path: Path) -> None:
    done = digitlab("fetch", "--mirror", "http://127.0.0.1:9", "--data", tmp_path)
    assert done.returncode == 1
    assert "MNIST could not be fetched" in last_line(done.stderr)


def test_train_writes_the_id_alone_on_stdout(trained: Trained) -> None:
    assert trained.shown.stdout == f"{trained.adam}\n"
    assert (trained.runs / trained.adam / "summary.json").exists()


def test_train_says_that_it_takes_the_embedded_digits(trained: Trained) -> None:
    assert "so this trains on the embedded digits" in trained.shown.stderr


def test_train_ends_with_the_test_accuracy(trained: Trained) -> None:
    assert re.search(r"\d % ±\d.* of 360 test images", last_line(trained.shown.stderr))


def test_progress_off_a_terminal_is_few_lines(trained: Trained) -> None:
    assert "epoch 2/2" in trained.shown.stderr
    assert len(re.split(r"[\r\n]+", trained.shown.stderr)) < 10


def test_runs_are_listed_newest_first(trained: Trained, listed: dict[str, Any]) -> None:
    whole = [run_id for run_id in listed if run_id != "damaged"]
    assert whole == sorted((trained.sgd, trained.adam), reverse=True)


def test_runs_as_json_hold_raw_numbers(trained: Trained, listed: dict[str, Any]) -> None:
    adam = listed[trained.adam]
    assert (adam["status"], adam["learning_rate"]) == ("finished", 0.001)
    assert 0 < adam["test_accuracy"] < 1


def test_a_damaged_run_is_listed_with_the_reason(listed: dict[str, Any]) -> None:
    assert listed["damaged"]["status"] == "unreadable"
    assert "config.json is missing" in listed["damaged"]["reason"]
    assert listed["damaged"]["test_accuracy"] is None


def test_no_control_character_of_a_name_reaches_the_terminal(trained: Trained) -> None:
    shown = digitlab("runs", "--runs", trained.runs).stdout
    assert ESCAPE not in shown
    assert "[31mSGD" in shown


def test_no_runs_at_all_is_no_failure(tmp_path: Path) -> None:
    assert answer("runs", "--runs", tmp_path / "none") == []


def test_runs_in_a_file_fails_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = digitlab("runs", "--runs", tmp_path / "file")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_show_takes_the_beginning_of_an_id_and_holds_every_epoch(trained: Trained) -> None:
    run = answer("show", trained.adam[:-1], "--runs", trained.runs)
    assert (run["id"], run["config"]["optimizer"]) == (trained.adam, "adam")
    assert [row["epoch"] for row in run["epochs"]] == [1, 2]


def test_show_writes_the_settings_in_words_and_what_to_type(trained: Trained) -> None:
    shown = digitlab("show", trained.sgd, "--runs", trained.runs).stdout
    assert re.search(r"^  hidden layers +128, 256 +hidden_sizes$", shown, re.MULTILINE)
    assert re.search(r"^  model +all pixels at once \(MLP\) +model$", shown, re.MULTILINE)


def test_show_leaves_out_settings_that_mean_nothing(trained: Trained) -> None:
    shown = digitlab("show", trained.adam, "--runs", trained.runs).stdout
    assert "beta1" in shown
    assert "momentum" not in shown


def test_show_of_a_recipe_has_its_layers() -> None:
    shown = digitlab("show", "article3-sgd").stdout
    assert re.search(r"^  momentum +0\.9 +momentum$", shown, re.MULTILINE)
    assert re.search(r"\(convolution\) +32 × 14 × 14 +12,832$", shown, re.MULTILINE)
    assert re.search(r"^  together +417,482$", shown, re.MULTILINE)


def test_show_of_a_recipe_as_json_holds_its_config() -> None:
    shown = answer("show", "article1-adam")
    assert shown["config"] == RECIPES["article1-adam"].config.model_dump(mode="json")


def test_help_explains_every_setting_with_its_source() -> None:
    shown = digitlab("train", "--help").stdout
    assert all(f"\n  {field}" in shown for field in RunConfig.model_fields)
    assert shown.count("      Source: ") == len(RunConfig.model_fields)


def test_momentum_falls_away_with_sgd(tmp_path: Path) -> None:
    changes = ("--set", "optimizer=adam", "--set", "epochs=1")
    done = digitlab("train", "article2-mse", *changes, "--runs", tmp_path, "--data", tmp_path)
    run = answer("show", last_line(done.stdout), "--runs", tmp_path)
    assert (run["config"]["optimizer"], run["config"]["momentum"]) == ("adam", 0)


def test_show_names_the_runs_that_begin_alike(trained: Trained) -> None:
    done = digitlab("show", trained.adam[:4], "--runs", trained.runs)
    assert done.returncode == 1
    assert "2 runs begin with" in done.stderr
    assert trained.sgd in done.stderr


def test_show_of_an_unknown_id_fails_in_one_line(trained: Trained) -> None:
    done = digitlab("show", "nothing", "--runs", trained.runs)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "There is no run 'nothing'" in done.stderr


def test_compare_begins_with_the_verdict(trained: Trained) -> None:
    done = digitlab("compare", trained.sgd, trained.adam, "--runs", trained.runs)
    assert done.stdout.startswith("Adam 0.001, MLP reads ")
    assert "optimizer" in done.stdout


def test_compare_as_json_names_the_winner(trained: Trained) -> None:
    figures = answer("compare", trained.sgd, trained.adam, "--runs", trained.runs)
    ((pair,),) = (verdict["pairs"] for verdict in figures["verdicts"])
    assert pair["better"] == pair["b"]
    assert figures["differences"]["optimizer"] == {trained.sgd: "sgd", trained.adam: "adam"}
    assert pair["corrected_p_value"] < 0.05


def test_a_run_that_diverges_fails_with_the_reason_last(trained: Trained) -> None:
    assert trained.diverged.returncode == 1
    assert "diverged" in last_line(trained.diverged.stderr)


def test_a_run_that_diverges_keeps_its_curve(trained: Trained) -> None:
    runs = Path(trained.diverged.args[-1])
    steps = runs / last_line(trained.diverged.stdout) / "steps.jsonl"
    assert json.loads(steps.read_text().splitlines()[0])["step"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_cancels_the_run(tmp_path: Path) -> None:
    words = ("train", "article1-adam", "--set", "epochs=5000", "--runs", tmp_path)
    process = start(*words, "--data", tmp_path)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not list(tmp_path.glob("*/epochs.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    done = wait(process)
    assert (done.returncode, last_line(done.stderr)) == (1, "Cancelled.")
    status = json.loads((tmp_path / last_line(done.stdout) / "status.json").read_text())
    assert status["state"] == "cancelled"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_reader_that_leaves_early_sees_no_complaint() -> None:
    process = start("train", "--help")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(PATIENCE_SECONDS) in (0, 1)
