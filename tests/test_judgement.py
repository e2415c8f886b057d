"""The verdict on any number of runs: what is compared how, corrected for how many, in which words.

Runs are written by hand; what they answered on the test images is made up to fit the fact.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from statsmodels.stats.multitest import multipletests

from core.analysis.judgement import Judgement, judgements
from core.analysis.paired import compare_predictions
from core.analysis.ranking import ranked
from core.analysis.several import HOLM_NOTE, every_pair, holm
from core.config import RunConfig
from core.runs.records import Run, RunInfo, new_status
from core.words import distinct_names

IMAGES = 10_000
LABELS = np.arange(IMAGES) % 10
_numbers = itertools.count()


@dataclass(frozen=True)
class Answered:
    """Labels and answers of a run that reads its first so many images wrong."""

    labels: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]


def wrong_on(places: Sequence[int] | range) -> Answered:
    predicted = LABELS.copy()
    chosen = np.array(list(places), dtype=np.int64)
    predicted[chosen] = (predicted[chosen] + 1) % 10
    return Answered(LABELS, predicted)


def entry(name: str, answered: Answered, **settings: Any) -> tuple[Run, Answered]:
    run = Run(
        id=f"run{next(_numbers):08d}",
        info=RunInfo(config=RunConfig(**settings), name=name, created=0.0),
        status=new_status("finished"),
    )
    return run, answered


def over_seeds(name: str, wrong: Sequence[int], **settings: Any) -> list[tuple[Run, Answered]]:
    return [
        entry(f"{name}, seed {seed}", wrong_on(range(count)), seed=seed, **settings)
        for seed, count in enumerate(wrong)
    ]


def judge(*entries: tuple[Run, Answered]) -> list[Judgement]:
    return judgements(entries, distinct_names([run for run, _ in entries]))


def only(*entries: tuple[Run, Answered]) -> Judgement:
    (judgement,) = judge(*entries)
    return judgement


ADAM = {"optimizer": "adam"}
ADAMW = {"optimizer": "adamw"}
RMSPROP = {"optimizer": "rmsprop"}


@pytest.mark.parametrize(
    "p_values", [(0.01, 0.04, 0.03), (0.5, 0.001, 0.2, 0.02, 0.04), (0.04,), (0.9, 0.9), (0, 1)]
)
def test_holms_correction_is_statsmodels(p_values: tuple[float, ...]) -> None:
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(list(expected))


def test_holms_correction_of_a_published_example() -> None:
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm") is 0.04 0.06 0.06 0.06.
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])


def test_a_pair_that_is_sure_alone_may_not_be_among_many() -> None:
    alone = compare_predictions(LABELS, wrong_on(range(6)).predicted, LABELS)
    assert alone.winner == "b"
    pairs = every_pair(
        4,
        lambda a, b: alone if (a, b) == (0, 1) else compare_predictions(LABELS, LABELS, LABELS),
    )
    first = pairs[0]
    assert first.p_value == pytest.approx(min(1.0, 6 * alone.p_value))
    assert first.winner is None


def test_two_single_runs_are_compared_over_the_test_images() -> None:
    found = only(entry("SGD", wrong_on(range(1_200))), entry("Adam", wrong_on(range(220)), **ADAM))
    assert found.sentences == (
        "Adam reads 97.8 of 100 test digits, SGD 88.0. "
        "The gap of 9.8 points is far larger than chance.",
    )
    assert "another seed may give another result" in found.caveat


def test_while_one_cannot_tell_the_images_needed_are_said() -> None:
    found = only(
        entry("SGD", wrong_on(range(220))),
        entry("Adam", wrong_on(range(10, 225)), **ADAM),
    )
    assert found.sentences[0].startswith("Cannot tell yet")
    assert found.sentences[1] == (
        "About 47,000 test images would be needed to tell, if the gap stays as it is."
    )
    table = found.statistics[0].table.set_index("figure")
    assert table.loc["test images needed to tell", "value"] == "about 47,000"


def test_a_gap_of_nothing_is_never_told_by_more_images() -> None:
    found = only(entry("SGD", wrong_on(range(220))), entry("Adam", wrong_on(range(220)), **ADAM))
    assert found.sentences[1].startswith("As long as the gap is 0")


def test_runs_that_differ_in_the_seed_alone_are_compared_as_one_side() -> None:
    found = only(
        *over_seeds("SGD", (1_200, 1_230, 1_180)),
        *over_seeds("Adam", (220, 235, 228), **ADAM),
    )
    assert found.sentences == (
        "Adam (3 seeds) reads 97.7 of 100 test digits on average, SGD (3 seeds) 88.0. "
        "The gap of 9.7 points is far larger than the luck of the seeds.",
    )
    assert "it does not cover other test images" in found.caveat


def test_a_single_run_against_several_seeds_reads_naturally() -> None:
    found = only(*over_seeds("Adam", (220, 235, 228), **ADAM), entry("SGD", wrong_on(range(1_200))))
    assert found.sentences[0].startswith(
        "Adam (3 seeds) reads 97.7 of 100 test digits on average, SGD, a single run, 88.0."
    )
    assert "taken to be that of the other side" in found.caveat


def test_runs_of_one_side_alone_say_what_the_seed_does() -> None:
    found = only(*over_seeds("Adam", (220, 250, 235), **ADAM))
    assert found.sentences == (
        "These 3 runs differ only in their seed. They read 97.7 of 100 test digits on average, "
        "from 97.5 to 97.8.",
    )
    assert "add a run with other settings" in found.caveat


def test_two_seeds_of_one_side_are_compared_as_runs_and_said_to_differ_by_chance() -> None:
    found = only(*over_seeds("Adam", (220, 350), **ADAM))
    assert found.sentences[0].startswith("Adam, seed 0 reads 97.8 of 100 test digits")
    assert found.sentences[1].startswith("They differ only in their seed")


def test_the_same_training_done_twice_counts_once() -> None:
    again = [entry(name, wrong_on(range(220)), **ADAM) for name in ("first", "second")]
    found = only(*again, entry("SGD", wrong_on(range(1_200))))
    assert found.sentences[0].startswith("first reads 97.8 of 100 test digits, SGD 88.0.")
    assert "first and second have the same settings and the same seed" in found.caveat


def test_only_the_same_training_twice_gives_no_verdict() -> None:
    found = only(*(entry(name, wrong_on(range(220))) for name in ("first", "second")))
    assert found.sentences == (
        "first and second have the same settings and the same seed: that is one training done "
        "again, and counts once.",
    )


def test_of_many_sides_the_best_is_named_with_those_it_beats() -> None:
    found = only(
        entry("SGD", wrong_on(range(1_200))),
        entry("Adam", wrong_on(range(220)), **ADAM),
        entry("AdamW", wrong_on(range(900)), **ADAMW),
    )
    assert found.sentences == (
        "Adam reads most: 97.8 of 100 test digits. The gaps to AdamW (91.0) and SGD (88.0) are "
        "larger than chance would explain.",
    )


def test_of_many_sides_those_that_may_be_as_good_are_named_too() -> None:
    found = only(
        entry("SGD", wrong_on(range(1_200))),
        entry("Adam", wrong_on(range(220)), **ADAM),
        entry("AdamW", wrong_on(range(10, 235)), **ADAMW),
    )
    assert found.sentences[0] == (
        "Adam reads most: 97.8 of 100 test digits. The gap to SGD (88.0) is larger than chance "
        "would explain; whether it is better than AdamW (97.8), one cannot tell yet."
    )
    assert found.sentences[1].endswith(
        "test images would be needed to tell Adam from AdamW alone, if the figures stay as they "
        "are."
    )


def best_only_by_its_seeds(*more: tuple[Run, Answered]) -> Judgement:
    """SGD has the higher mean over its two seeds, Adam reads more with each of them."""
    return only(
        *over_seeds("Adam", (350, 348, 600, 598, 602), **ADAM),
        *over_seeds("SGD", (450, 449)),
        *over_seeds("AdamW", (1_000, 990, 995), **ADAMW),
        *more,
    )


def test_a_side_that_wins_over_shared_seeds_is_told_apart_from_those_that_cannot_be_told() -> None:
    assert best_only_by_its_seeds().sentences == (
        "Cannot tell yet which is best: SGD (2 seeds) reads most: 95.5 of 100 test digits on "
        "average. The gap to AdamW (3 seeds) (90.0) is larger than chance would explain. But over "
        "the seeds that both have, Adam (5 seeds) reads more than SGD (2 seeds), by more than "
        "chance would explain.",
    )


def test_the_sentence_and_the_table_of_pairs_name_the_same_side() -> None:
    pairs = best_only_by_its_seeds().statistics[1].table.set_index("pair")
    assert pairs.loc["Adam (5 seeds) − SGD (2 seeds)", "better one"] == "Adam (5 seeds)"


def test_those_that_cannot_be_told_are_still_named_beside_one_that_wins() -> None:
    found = best_only_by_its_seeds(entry("RMSprop", wrong_on(range(451)), **RMSPROP))
    assert (
        "would explain; whether it is better than RMSprop (95.5), one cannot"
        in (found.sentences[0])
    )
    assert found.sentences[0].count("Adam (5 seeds)") == 1


def test_the_ranking_says_who_reads_more_over_shared_seeds() -> None:
    rows = ranked(best_only_by_its_seeds())
    assert [(row.standing.side.name, row.place) for row in rows] == [
        ("SGD (2 seeds)", "best"),
        ("Adam (5 seeds)", "ahead"),
        ("AdamW (3 seeds)", "worse"),
    ]


def test_of_many_sides_that_are_alike_none_is_named_best() -> None:
    found = only(
        entry("SGD", wrong_on(range(5, 226))),
        entry("Adam", wrong_on(range(220)), **ADAM),
        entry("AdamW", wrong_on(range(10, 232)), **ADAMW),
    )
    assert found.sentences[0].startswith("Cannot tell yet which is best: Adam reads most")


def test_a_best_side_of_a_single_run_is_no_average() -> None:
    found = only(
        *over_seeds("SGD", (1_200, 1_230, 1_180)),
        *over_seeds("AdamW", (900, 910, 890), **ADAMW),
        entry("Adam", wrong_on(range(220)), **ADAM),
    )
    assert found.sentences[0].startswith("Adam reads most: 97.8 of 100 test digits. The gaps to")


def test_every_pair_of_many_sides_is_listed_and_corrected() -> None:
    found = only(
        *over_seeds("SGD", (1_200, 1_230, 1_180)),
        *over_seeds("Adam", (220, 235, 228), **ADAM),
        *over_seeds("AdamW", (226, 224, 221), **ADAMW),
        entry("RMSprop", wrong_on(range(300)), **RMSPROP),
    )
    sides, pairs = found.statistics
    assert list(sides.table["side"]) == [
        "SGD (3 seeds)",
        "Adam (3 seeds)",
        "AdamW (3 seeds)",
        "RMSprop",
    ]
    assert len(pairs.table) == 6
    assert pairs.note == HOLM_NOTE
    assert pairs.table["how (source)"].str.contains("Crawford and Howell 1998").sum() == 3


def test_a_side_of_several_seeds_shows_mean_interval_and_spread() -> None:
    found = only(*over_seeds("Adam", (220, 250, 235), **ADAM))
    row = found.statistics[0].table.iloc[0]
    assert (row["seeds"], row["accuracy"], row["spread in points"]) == (
        "0 to 2",
        "97.7 % (95 %: 97.3 to 98.0)",
        "0.15",
    )


def test_of_very_many_pairs_only_those_with_the_best_are_listed() -> None:
    entries = [
        entry(f"run {rate}", wrong_on(range(200 + 40 * place)), learning_rate=rate)
        for place, rate in enumerate(np.linspace(0.01, 0.9, 20).round(3).tolist())
    ]
    assert len(only(*entries).statistics[1].table) == 19


def test_a_sentence_names_only_the_first_of_very_many() -> None:
    entries = [
        entry(f"run {rate}", wrong_on(range(200 + 100 * place)), learning_rate=rate)
        for place, rate in enumerate(np.linspace(0.01, 0.9, 20).round(3).tolist())
    ]
    assert "and 15 more are larger" in only(*entries).sentences[0]


def test_runs_on_other_test_images_get_a_verdict_of_their_own() -> None:
    shuffled = Answered(LABELS[::-1].copy(), LABELS[::-1].copy())
    found = judge(
        entry("SGD", wrong_on(range(1_200))),
        entry("Adam", wrong_on(range(220)), **ADAM),
        entry("digits SGD", shuffled, dataset="digits"),
        entry("digits Adam", shuffled, dataset="digits", **ADAM),
    )
    assert [judgement.sentences[0].startswith("Adam") for judgement in found] == [True, False]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_runs_get_no_verdict(count: int) -> None:
    assert judge(*[entry("SGD", wrong_on(range(1_200)))][:count]) == []
