"""The score board: right answers, intervals and the verdict, as statsmodels has them too."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from core.errors import RunUnreadableError
from core.field_test.answers import AnswerBook, DrawingAnswers
from core.field_test.records import Drawing, UnreadableDrawing
from core.field_test.scores import (
    beside,
    judge,
    left_out,
    score,
    score_text,
    with_taken_out,
)
from core.field_test.store import DrawingStore
from core.runs.records import Run
from core.runs.store import RunStore
from tests.support.drawings import NO_LIMITS, keep
from tests.support.finished_runs import finished

Images = npt.NDArray[np.uint8]


@pytest.fixture
def pair(store: RunStore) -> list[Run]:
    return [finished(store, 0.9, name="A"), finished(store, 0.9, name="B", optimizer="adam")]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> list[Drawing]:
    return keep(DrawingStore(tmp_path_factory.mktemp("drawings"), NO_LIMITS), 12)


def answering(right: npt.NDArray[np.bool_]) -> DrawingAnswers:
    labels = np.arange(len(right), dtype=np.int64) % 10
    read = np.where(right, labels, (labels + 1) % 10)
    return DrawingAnswers(labels, read, np.ones(len(right), dtype=np.float32))


def says(digit: int) -> npt.NDArray[np.float32]:
    return np.eye(10, dtype=np.float32)[digit] * 0.7 + 0.03


@pytest.mark.parametrize(("right", "count"), [(45, 50), (0, 7), (7, 7), (186, 191)])
def test_a_score_has_wilsons_interval(pair: list[Run], right: int, count: int) -> None:
    found = score(pair[0], answering(np.arange(count) < right))
    assert (found.right, found.count) == (right, count)
    assert found.interval == pytest.approx(proportion_confint(right, count, method="wilson"))
    assert f"{right} of {count} right" in score_text(found)


def test_no_drawing_is_no_score(pair: list[Run]) -> None:
    found = score(pair[0], answering(np.zeros(0, dtype=np.bool_)))
    assert found.share is None
    assert found.interval is None
    assert score_text(found) == "no drawing yet"
    assert judge([(run, answering(np.zeros(0, dtype=np.bool_))) for run in pair], {}) is None


def test_the_verdict_is_the_paired_one_of_the_compare_page(pair: list[Run]) -> None:
    numbers = np.arange(200)
    a, b = answering(numbers < 190), answering((numbers < 160) | (numbers > 196))
    names = {pair[0].id: "A", pair[1].id: "B"}
    found = judge([(pair[0], a), (pair[1], b)], names)
    assert found is not None
    assert found.sentences[0].startswith("A reads 95.0 of 100 drawings, B 81.5.")
    assert found.images == 200
    (only,) = found.pairs
    table = [[160, 30], [3, 7]]
    assert only.comparison.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)


def test_runs_that_differ_in_the_seed_alone_are_models_of_their_own(store: RunStore) -> None:
    runs = [finished(store, 0.9, name=f"seed {seed}", seed=seed) for seed in (0, 1)]
    runs.append(finished(store, 0.8, name="other", optimizer="adam"))
    numbers = np.arange(190)
    # Both seeds read as many right: over seeds there is no spread to judge the gap by.
    said = [answering(numbers >= 2), answering(numbers < 188), answering(numbers >= 30)]
    found = judge(list(zip(runs, said, strict=True)), {run.id: run.name for run in runs})
    assert found is not None
    assert [standing.side.name for standing in found.standings] == ["seed 0", "seed 1", "other"]
    winners = {(pair.a, pair.b): pair.winner for pair in found.pairs}
    assert winners == {(0, 1): None, (0, 2): "a", (1, 2): "a"}


def test_few_drawings_cannot_tell(pair: list[Run]) -> None:
    a, b = answering(np.arange(5) < 5), answering(np.arange(5) < 3)
    found = judge([(pair[0], a), (pair[1], b)], {pair[0].id: "A", pair[1].id: "B"})
    assert found is not None
    assert found.sentences[0].startswith("Cannot tell yet")


@pytest.mark.parametrize("runs", [2, 3])
@pytest.mark.parametrize("right", [0, 4, 40])
def test_the_verdict_speaks_of_drawings_only(store: RunStore, runs: int, right: int) -> None:
    made = [finished(store, 0.9, name=f"run {number}", seed=number) for number in range(runs)]
    said = [answering(np.arange(50) >= number * right // 2) for number in range(runs)]
    found = judge(list(zip(made, said, strict=True)), {run.id: run.name for run in made})
    assert found is not None
    tables = [f"{one.note} {one.table.to_string(max_colwidth=None)}" for one in found.statistics]
    told = " ".join([*found.sentences, found.caveat, *tables])
    assert "drawing" in told
    assert "test image" not in told
    assert "test digit" not in told


def test_a_single_run_gets_a_score_and_no_verdict(pair: list[Run]) -> None:
    assert judge([(pair[0], answering(np.ones(9, dtype=np.bool_)))], {pair[0].id: "A"}) is None


def test_what_does_not_count_is_said(tmp_path: Path) -> None:
    store = DrawingStore(tmp_path, NO_LIMITS)
    kept = keep(store, 5)
    assert left_out(store.listed(), 0) == ""
    store.mark(kept[0].id, mistake=True)
    store.mark(kept[1].id, mistake=True, hidden=True)
    store.mark(kept[2].id, hidden=True)
    (tmp_path / "damaged.json").write_text("{}")
    assert any(isinstance(one, UnreadableDrawing) for one in store.listed())
    store.discard([kept[3].id])
    assert left_out(store.listed(), len(store.binned())) == (
        "Not counted: 1 that its maker called a mistake of their own, 2 hidden by the owner, "
        "1 deleted (in the bin) and 1 that cannot be read."
    )
    assert [one.id for one in store.counted()] == [kept[4].id]


def test_what_marking_and_hiding_do_to_the_scores_is_said(
    pair: list[Run], kept: list[Drawing]
) -> None:
    counted = score(pair[0], answering(np.ones(9, dtype=np.bool_)))
    every = score(pair[0], answering(np.arange(10) < 9))
    marked, hidden = replace(kept[0], mistake=True), replace(kept[1], hidden=True)
    told = with_taken_out([("A", counted, every)], [*kept, marked])
    assert told.endswith("With the marked drawings counted too: A 90.0 %.")
    told = with_taken_out([("A", counted, every)], [*kept, hidden])
    assert told.endswith("With the hidden drawings counted too: A 90.0 %.")
    told = with_taken_out([("A", counted, every)], [*kept, marked, hidden])
    assert told.endswith("With the marked and hidden drawings counted too: A 90.0 %.")
    assert with_taken_out([("A", counted, counted)], kept) == ""


def test_a_run_that_fails_in_between_takes_no_other_runs_score(pair: list[Run]) -> None:
    counted, every = answering(np.ones(9, dtype=np.bool_)), answering(np.arange(10) < 7)
    ((own, of_all),) = beside([(run, counted) for run in pair], [(pair[1], every)])
    assert own.run is of_all.run is pair[1]
    assert (own.right, of_all.right) == (9, 7)


def test_a_run_is_asked_once_for_each_drawing(pair: list[Run], kept: list[Drawing]) -> None:
    book, asked = AnswerBook(), []

    def ask(run: Run, images: Images) -> npt.NDArray[np.float32]:
        asked.append((run.id, len(images)))
        return np.tile(says(kept[0].label), (len(images), 1))

    first = book.answers(pair[0], 1, kept[:5], ask)
    assert (first.predicted == kept[0].label).all()
    assert first.sure == pytest.approx([0.73] * 5)
    assert list(first.labels) == [one.label for one in kept[:5]]
    assert book.unread(pair[0], 1, kept) == 7
    book.answers(pair[0], 1, list(reversed(kept)), ask)
    book.answers(pair[0], 1, kept, ask)
    book.answers(pair[1], 1, kept, ask)
    book.answers(pair[0], 2, kept, ask)  # its weights are others now
    a, b = pair[0].id, pair[1].id
    assert asked == [(a, 5), (a, 7), (b, 12), (a, 12)]


def test_answers_stand_in_the_order_of_the_drawings(pair: list[Run], kept: list[Drawing]) -> None:
    def ask(run: Run, images: Images) -> npt.NDArray[np.float32]:
        known = {one.digit.tobytes(): one.label for one in kept}
        return np.stack([says(known[image.tobytes()]) for image in images])

    book = AnswerBook()
    book.answers(pair[0], 1, kept[4:7], ask)
    some = [kept[6], kept[1], kept[4]]
    assert book.answers(pair[0], 1, some, ask).right.all()


def test_a_run_that_cannot_answer_says_why_and_is_asked_again(
    pair: list[Run], kept: list[Drawing]
) -> None:
    def fail(run: Run, images: Images) -> npt.NDArray[np.float32]:
        raise RunUnreadableError("Its weights are damaged.")

    book = AnswerBook()
    for odd in (np.nan, np.inf):
        with pytest.raises(RunUnreadableError, match="no finite number"):
            book.answers(pair[0], 1, kept, lambda _run, _images, odd=odd: says(3)[None] * odd)
    with pytest.raises(RunUnreadableError, match="damaged"):
        book.answers(pair[0], 1, kept, fail)
    found = book.answers(pair[0], 1, kept, lambda _, images: np.stack([says(3)] * len(images)))
    assert (found.predicted == 3).all()
