"""The verdict of a fair comparison: on its final runs, the same everywhere, only at the end."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from core.analysis.final_verdict import (
    all_finals,
    final_judgement,
    final_runs,
    no_verdict_sentence,
)
from core.analysis.judgement import Judgement
from core.cli.group_results import group_figures, write_group
from core.errors import RunError
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_sweep
from core.runs.groups import Group, GroupStore, readable, runs_of
from core.runs.records import State, new_status
from core.runs.store import RunStore
from core.ui.groups_view import to_compare
from core.words import distinct_names
from tests.support.answers import end_with_answers
from tests.support.command_line import start, wait
from tests.support.dashboard import Dashboard, running
from tests.support.groups import TINY, end_all, fair, look, now


def with_finals(store: RunStore, groups: GroupStore, seeds: int = 3) -> Group:
    """Launch a fair comparison and end its search; return it with its final runs waiting."""
    group = fair(store, groups, seeds)
    end_all(store, group)
    look(store, groups)
    look(store, groups)
    return now(groups, group)


def end_finals(store: RunStore, group: Group, *, sgd: list[int], adam: list[int]) -> None:
    right = {"sgd": iter(sgd), "adam": iter(adam)}
    for run in sorted(runs_of(group, readable(store), "final"), key=lambda run: run.id):
        end_with_answers(store, run.id, next(right[run.config.optimizer]))


def lose(store: RunStore, run_id: str, state: State = "diverged") -> None:
    store.write_status(run_id, new_status(state, reason="The loss ran away."))


def lose_some_sgd(store: RunStore, group: Group) -> list[str]:
    """End the finals of three seeds, those of SGD diverged but for the first; return the lost."""
    by_seed = sorted(runs_of(group, readable(store), "final"), key=lambda run: run.config.seed)
    sgd = [run.id for run in by_seed if run.config.optimizer == "sgd"]
    for run in by_seed:
        if run.id in sgd[1:]:
            lose(store, run.id)
        else:
            end_with_answers(store, run.id, 330 + run.config.seed)
    return sgd[1:]


def judged(store: RunStore, group: Group) -> Judgement:
    finals = all_finals(group, readable(store))
    names = distinct_names(finals)
    return final_judgement(finals, lambda run: store.predictions(run.id), names)


def sentences(store: RunStore, group: Group) -> tuple[str, ...]:
    return judged(store, group).sentences


def test_there_is_no_verdict_before_the_last_final_run_has_ended(
    store: RunStore, groups: GroupStore
) -> None:
    group = with_finals(store, groups)
    first, *others = runs_of(group, readable(store), "final")
    for run in others:
        end_with_answers(store, run.id, 300)
    assert "when the last final run has ended" in no_verdict_sentence(group, readable(store))
    end_with_answers(store, first.id, 300)
    assert no_verdict_sentence(group, readable(store)) == ""


def test_the_verdict_names_the_better_optimizer_over_the_seeds(
    store: RunStore, groups: GroupStore
) -> None:
    group = with_finals(store, groups)
    end_finals(store, group, sgd=[300, 301, 303], adam=[330, 332, 331])
    (sentence,) = sentences(store, group)
    assert sentence.startswith("Adam 0.001 (3 seeds) reads 91.9 of 100 test digits on average")
    assert "luck of the seeds" in sentence


def test_a_gap_within_the_spread_cannot_be_told_yet(store: RunStore, groups: GroupStore) -> None:
    group = with_finals(store, groups)
    end_finals(store, group, sgd=[300, 330, 320], adam=[325, 310, 331])
    assert sentences(store, group)[0].startswith("Cannot tell yet: ")


def test_search_runs_do_not_count(store: RunStore, groups: GroupStore) -> None:
    group = with_finals(store, groups, seeds=2)
    end_finals(store, group, sgd=[300, 301], adam=[330, 332])
    assert {run.info.role for run in final_runs(group, readable(store))} == {"final"}


def test_one_optimizer_alone_has_no_verdict(store: RunStore, groups: GroupStore) -> None:
    group = with_finals(store, groups, seeds=2)
    for run in runs_of(group, readable(store), "final"):
        if run.config.optimizer == "adam":
            lose(store, run.id)
        else:
            end_with_answers(store, run.id, 300)
    assert "at least two optimizers" in no_verdict_sentence(group, readable(store))


def test_finals_that_diverged_are_named_beside_the_verdict(
    store: RunStore, groups: GroupStore
) -> None:
    group = with_finals(store, groups)
    lost = lose_some_sgd(store, group)
    names = distinct_names(all_finals(group, readable(store)))
    told = "; ".join(f"{names[run_id]}, ran away (diverged)" for run_id in lost)
    caveat = judged(store, group).caveat
    assert caveat.endswith(f"Without a result, and so not in these figures: {told}.")


@pytest.mark.parametrize("state", ["failed", "cancelled", "crashed"])
def test_a_final_that_came_to_nothing_otherwise_is_named_too(
    store: RunStore, groups: GroupStore, state: State
) -> None:
    group = with_finals(store, groups)
    first, *others = runs_of(group, readable(store), "final")
    lose(store, first.id, state)
    for run in others:
        end_with_answers(store, run.id, 330 + run.config.seed)
    assert judged(store, group).caveat.endswith(f", {state}.")


def test_a_verdict_that_leaves_nothing_out_says_nothing_of_it(
    store: RunStore, groups: GroupStore
) -> None:
    group = with_finals(store, groups)
    end_finals(store, group, sgd=[300, 301, 303], adam=[330, 332, 331])
    assert "Without a result" not in judged(store, group).caveat


def test_the_command_line_names_the_lost_finals(
    store: RunStore, groups: GroupStore, capsys: pytest.CaptureFixture[str]
) -> None:
    group = with_finals(store, groups)
    lose_some_sgd(store, group)
    write_group(store, group, readable(store))
    assert capsys.readouterr().out.count("ran away (diverged)") == 2


def test_compare_is_opened_with_the_lost_finals_too(store: RunStore, groups: GroupStore) -> None:
    group = with_finals(store, groups)
    lose_some_sgd(store, group)
    ids, label = to_compare(group, readable(store))
    assert ids == [run.id for run in all_finals(group, readable(store))]
    assert label == "Compare the finals"


def test_lost_finals_alone_are_nothing_to_compare(store: RunStore, groups: GroupStore) -> None:
    group = with_finals(store, groups)
    for run in runs_of(group, readable(store), "final"):
        lose(store, run.id)
    assert to_compare(group, readable(store))[0] == []


@pytest.mark.parametrize(("seeds", "apart"), [(1, 1), (2, 2), (2, 1)])
def test_finals_judged_on_other_images_have_no_verdict(
    store: RunStore, groups: GroupStore, seeds: int, apart: int
) -> None:
    group = with_finals(store, groups, seeds=seeds)
    finals = all_finals(group, readable(store))
    adam_last = sorted(finals, key=lambda run: run.config.optimizer == "adam")
    for run in adam_last[:apart]:
        end_with_answers(store, run.id, 150, images=200)
    for run in adam_last[apart:]:
        end_with_answers(store, run.id, 300)
    with pytest.raises(RunError, match="not judged on the same test images"):
        judged(store, group)


def test_a_sweep_has_no_verdict_and_no_sentence_about_one(
    store: RunStore, groups: GroupStore, capsys: pytest.CaptureFixture[str]
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    launch_group(store, groups, group)
    end_all(store, group)
    assert no_verdict_sentence(group, readable(store)) == ""
    write_group(store, now(groups, group), readable(store))
    assert "verdict" not in capsys.readouterr().err


def test_answers_that_cannot_be_read_cost_the_verdict_alone(
    store: RunStore, groups: GroupStore, capsys: pytest.CaptureFixture[str]
) -> None:
    group = with_finals(store, groups, seeds=2)
    end_finals(store, group, sgd=[300, 301], adam=[330, 332])
    damaged = final_runs(group, readable(store))[0]
    (store.folder(damaged.id) / "predictions.npz").write_bytes(b"nothing")
    figures = group_figures(store, group, readable(store))
    assert figures["verdict"] is None
    assert len(figures["rows"]) == 2
    assert "There is no verdict: " in capsys.readouterr().err


# A real one


class Compared(NamedTuple):
    """A fair comparison trained to its end by the command line, and what that wrote."""

    runs: Path
    done: "subprocess.CompletedProcess[str]"

    @property
    def group(self) -> str:
        return self.done.stdout.splitlines()[-1]

    @property
    def verdict(self) -> str:
        return self.done.stdout.splitlines()[0]

    def compare(self, *words: str) -> Any:
        done = wait(start("compare", *words, "--json", "--runs", self.runs))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    runs = tmp_path_factory.mktemp("compared")
    tiny = ("--set", "epochs=1", "--set", "train_size=200")
    words = ("--fair", "--rates", "0.01,0.003", "--seeds", "2", "--name", "A fair one")
    done = wait(start("sweep", "article1-sgd", *tiny, *words, "--runs", runs, "--data", runs))
    assert done.returncode == 0, done.stderr
    return Compared(runs, done)


def test_the_command_line_begins_with_the_verdict(compared: Compared) -> None:
    assert "of 100 test digits" in compared.verdict
    assert "(2 seeds)" in compared.verdict


def test_compare_takes_the_groups_id_and_says_the_same(compared: Compared) -> None:
    found = compared.compare(compared.group)
    assert found["verdicts"][0]["sentences"][0] == compared.verdict
    assert sorted(run["seed"] for run in found["runs"]) == [1, 1, 2, 2]


def test_compare_takes_the_groups_name_in_any_case(compared: Compared) -> None:
    by_name = compared.compare("a FAIR one")
    assert by_name["verdicts"] == compared.compare(compared.group)["verdicts"]


@pytest.fixture(scope="module")
def shown(
    compared: Compared, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("shown")
    yield from running(browser, Dashboard(compared.runs, folder / "data", folder / "log"))


@pytest.mark.browser
def test_the_runs_page_says_it_too_and_leads_to_the_same_on_compare(
    page: Page, shown: Dashboard, compared: Compared
) -> None:
    page.goto(shown.url)
    expect(page.locator(".dl-verdict")).to_contain_text(compared.verdict, timeout=30_000)
    page.get_by_role("button", name="Compare the finals").click()
    expect(page.get_by_role("heading", name="How they learned")).to_be_visible(timeout=30_000)
    expect(page.locator(".dl-verdict")).to_contain_text(compared.verdict)
