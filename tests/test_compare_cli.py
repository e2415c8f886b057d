"""`python -m core compare`: any number of runs and groups, the judgement of the Compare page."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from core.analysis.judgement import judgements
from core.analysis.paired import compare_predictions
from core.cli.app import main
from core.runs import files
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_sweep
from core.runs.groups import GroupStore
from core.runs.records import new_status
from core.runs.store import RunStore
from core.words import distinct_names
from tests.support.answers import end_with_answers
from tests.support.groups import TINY

Answer = tuple[int, str, str]
Compare = Callable[..., Answer]


@pytest.fixture
def compare(store: RunStore, capsys: pytest.CaptureFixture[str]) -> Compare:
    """`compare` in this process: exit code, answer, complaint."""

    def call(*words: str) -> Answer:
        code = main(["compare", *words, "--runs", str(store.root)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def figures(compare: Compare, *words: str) -> Any:
    code, out, err = compare(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def finished(store: RunStore, right: int, name: str = "", images: int = 360, **changes: Any) -> str:
    """Make a run that read so many test images right; return its id."""
    run_id = store.create(TINY.switch(**changes), name=name)
    end_with_answers(store, run_id, right, images)
    return run_id


def by_three_optimizers(store: RunStore) -> list[str]:
    """Two runs of each of three optimizers, with the seeds 0 and 1."""
    right = {"sgd": (200, 210), "adam": (330, 334), "rmsprop": (325, 340)}
    return [
        finished(store, count, name=f"{optimizer}, seed {seed}", optimizer=optimizer, seed=seed)
        for optimizer, counts in right.items()
        for seed, count in enumerate(counts)
    ]


def test_the_first_line_is_the_sentence_of_the_compare_page(
    store: RunStore, compare: Compare
) -> None:
    ids = by_three_optimizers(store)
    runs = [store.read(run_id) for run_id in ids]
    found = [(run, store.predictions(run.id)) for run in runs]
    (page,) = judgements(found, distinct_names(runs))
    assert compare(*ids)[1].splitlines()[: len(page.sentences)] == list(page.sentences)


def test_seeds_of_the_same_settings_are_one_side(store: RunStore, compare: Compare) -> None:
    found = figures(compare, *by_three_optimizers(store))
    sides = found["verdicts"][0]["sides"]
    assert [(side["name"], side["seeds"]) for side in sides] == [
        ("sgd (2 seeds)", [0, 1]), ("adam (2 seeds)", [0, 1]), ("rmsprop (2 seeds)", [0, 1]),
    ]  # fmt: skip
    assert sides[1]["accuracy"] == pytest.approx(332 / 360)


def test_pairs_of_more_than_two_sides_are_corrected(store: RunStore, compare: Compare) -> None:
    ids = [finished(store, right, learning_rate=right / 1000) for right in (300, 310, 330)]
    (verdict,) = figures(compare, *ids)["verdicts"]
    raw = sorted(pair["comparison"]["p_value"] for pair in verdict["pairs"])
    corrected = sorted(pair["corrected_p_value"] for pair in verdict["pairs"])
    assert corrected[0] == pytest.approx(min(1, 3 * raw[0]))
    assert "Holm 1979" in compare(*ids)[1]


def test_two_single_runs_are_compared_image_by_image(store: RunStore, compare: Compare) -> None:
    ids = finished(store, 300), finished(store, 330, optimizer="adam")
    a, b = map(store.predictions, ids)
    expected = asdict(compare_predictions(a.labels, a.predicted, b.predicted))
    (pair,) = figures(compare, *ids)["verdicts"][0]["pairs"]
    assert pair["comparison"] == json.loads(json.dumps(expected))
    assert pair["corrected_p_value"] == pair["comparison"]["p_value"]


def test_what_differs_is_listed_by_run(store: RunStore, compare: Compare) -> None:
    ids = finished(store, 300), finished(store, 330, optimizer="adam")
    found = figures(compare, *ids)
    assert found["differences"]["optimizer"] == dict(zip(ids, ("sgd", "adam"), strict=True))
    assert "What differs" in compare(*ids)[1].replace("what", "What")


def test_an_unfair_comparison_is_said_to_be_one(store: RunStore, compare: Compare) -> None:
    ids = finished(store, 300), finished(store, 330, epochs=3)
    assert "different numbers of epochs" in compare(*ids)[1]
    assert any(
        "different numbers of epochs" in one for one in figures(compare, *ids)["reservations"]
    )


def test_runs_on_other_images_get_a_verdict_of_their_own(store: RunStore, compare: Compare) -> None:
    here = [finished(store, right, learning_rate=right / 1000) for right in (300, 330)]
    there = [finished(store, right, "", 500, learning_rate=right / 1000) for right in (301, 331)]
    found = figures(compare, *here, *there)
    assert [verdict["test_images"] for verdict in found["verdicts"]] == [360, 500]
    assert "Not all of these runs were judged on the same test images" in found["reservations"][0]


def test_two_runs_on_other_images_cannot_be_compared(store: RunStore, compare: Compare) -> None:
    code, out, err = compare(finished(store, 300), finished(store, 300, images=500, seed=1))
    assert (code, out) == (1, "")
    assert "No two of these runs were judged on the same test images" in err


def test_one_run_is_too_few(store: RunStore, compare: Compare) -> None:
    only = finished(store, 300)
    for words in ([only], [only, only]):
        code, out, err = compare(*words)
        assert (code, out) == (2, "")
        assert only in err
        assert "name" in err


def test_more_than_a_hundred_are_too_many(
    store: RunStore, compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.cli.compare.MOST_RUNS", 2)
    ids = [finished(store, 300, seed=seed) for seed in range(3)]
    assert compare(*ids) == (2, "", "These are 3 runs: up to 2 can be compared.\n")


def test_a_run_that_has_not_finished_is_named(store: RunStore, compare: Compare) -> None:
    waiting = store.create(TINY.switch(seed=1), name="later")
    code, _, err = compare(finished(store, 300), waiting)
    assert (code, err) == (
        1, f"later ({waiting}) has not finished (waiting): only finished runs can be compared.\n",
    )  # fmt: skip


def test_an_id_that_is_none_is_named(store: RunStore, compare: Compare) -> None:
    code, _, err = compare(finished(store, 300), "nothing")
    assert code == 1
    assert "There is no run 'nothing'" in err


def test_damaged_answers_are_a_failure_in_one_line(store: RunStore, compare: Compare) -> None:
    ids = finished(store, 300), finished(store, 330, seed=1)
    (store.folder(ids[0]) / files.PREDICTIONS).write_bytes(b"nothing")
    code, out, err = compare(*ids)
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_no_control_character_of_a_name_reaches_the_terminal(
    store: RunStore, compare: Compare
) -> None:
    ids = finished(store, 300, name="\x1b[31mred"), finished(store, 330, optimizer="adam")
    assert "\x1b" not in compare(*ids)[1]


def test_runs_of_one_name_are_told_apart(store: RunStore, compare: Compare) -> None:
    ids = [finished(store, 300 + place, "alike", learning_rate=0.1 + place) for place in range(3)]
    sides = figures(compare, *ids)["verdicts"][0]["sides"]
    assert len({side["name"] for side in sides}) == 3


# Groups


@pytest.fixture
def swept(store: RunStore, groups: GroupStore) -> str:
    """A sweep over two optimizers and two seeds, of which the last run was cancelled."""
    varied = {"optimizer": ("sgd", "adam"), "seed": (0, 1)}
    group = plan_sweep(TINY, varied, name="Two ways", limit=500)
    *ids, last = launch_group(store, groups, group)
    for right, run_id in zip((300, 310, 330), ids, strict=True):
        end_with_answers(store, run_id, right)
    store.write_status(last, new_status("cancelled"))
    return group.id


def test_a_group_stands_for_its_finished_runs(swept: str, compare: Compare) -> None:
    assert len(figures(compare, swept)["runs"]) == 3
    assert "Two ways: 3 runs of 4 finished; only those are compared." in compare(swept)[2]


def test_a_group_and_a_run_are_compared_together(
    store: RunStore, swept: str, compare: Compare
) -> None:
    other = finished(store, 340, optimizer="rmsprop")
    assert figures(compare, "two WAYS", other)["runs"][-1]["id"] == other


def test_a_name_of_two_groups_is_refused_with_their_ids(
    groups: GroupStore, swept: str, compare: Compare
) -> None:
    group = groups.find(swept)
    assert group is not None
    groups.write(group.model_copy(update={"id": "another"}))
    code, _, err = compare("Two ways")
    assert code == 1
    assert "2 groups are called 'Two ways'" in err
    assert swept in err


def test_a_group_without_a_finished_run_is_named(
    store: RunStore, groups: GroupStore, compare: Compare
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    launch_group(store, groups, group)
    code, _, err = compare(group.id)
    assert code == 1
    assert "has no finished run to compare" in err
