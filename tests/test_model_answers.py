"""What chosen runs say of images: the same as their models, quickly, and problems as sentences."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.learning.data import LabelledData
from core.learning.evaluation import predict, restore_model
from core.runs import files
from core.runs.records import Run
from core.runs.results import write_weights
from core.runs.store import RunStore
from core.settings import core_count
from core.ui import trained
from core.ui.model_answers import make_ready, probabilities_of
from core.ui.one_core import one_core_each
from core.ui.services import services
from tests.support.trained_runs import CNN, MLP, SOFTMAX, trained_run, use_runs


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, digits_data: LabelledData
) -> Iterator[list[Run]]:
    """A CNN, an MLP and a softmax regression, which this process's pages show."""
    folder = tmp_path_factory.mktemp("answers") / "runs"
    store = RunStore(folder)
    made = [
        trained_run(store, digits_data, name=name, **settings)
        for name, settings in (("CNN", CNN), ("MLP", MLP), ("Softmax", SOFTMAX))
    ]
    with pytest.MonkeyPatch.context() as patch:
        use_runs(patch, folder)
        yield made
    services.cache_clear()


def folder_of(run: Run) -> Path:
    return services().store.folder(run.id)


def test_answers_are_those_of_the_models(runs: list[Run], digits_data: LabelledData) -> None:
    images = digits_data.test.pixels[:30].numpy()
    found, problems = probabilities_of(runs, images)
    assert problems == []
    assert list(found) == [run.id for run in runs]
    for run in runs:
        model = restore_model(run.config, services().store.weights(run.id))
        assert found[run.id].dtype == np.float32
        assert found[run.id] == pytest.approx(predict(run.config, model, images), abs=1e-6)


def test_no_image_gives_no_rows(runs: list[Run]) -> None:
    found, problems = probabilities_of(runs, np.empty((0, 28, 28), dtype=np.uint8))
    assert [rows.shape for rows in found.values()] == [(0, 10)] * 3
    assert problems == []


def test_no_run_says_nothing(digits_data: LabelledData) -> None:
    assert probabilities_of([], digits_data.test.pixels[:2].numpy()) == ({}, [])


def test_a_run_that_is_gone_gets_a_sentence_and_the_others_answer(
    runs: list[Run], digits_data: LabelledData
) -> None:
    gone = trained_run(services().store, digits_data, name="Gone", **SOFTMAX)
    services().store.delete(gone.id)
    found, problems = probabilities_of([gone, *runs], digits_data.test.pixels[:1].numpy())
    assert list(found) == [run.id for run in runs]
    assert len(problems) == 1
    assert problems[0].startswith("Gone cannot answer. There is no run")


@pytest.mark.parametrize("damage", ["missing", "torn", "of another model"])
def test_damaged_weights_get_a_sentence(
    runs: list[Run], digits_data: LabelledData, damage: str
) -> None:
    run = trained_run(services().store, digits_data, name="Hurt", **SOFTMAX)
    path = folder_of(run) / files.WEIGHTS
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:100])
    else:
        write_weights(folder_of(run), {"1.weight": np.zeros((3, 3), dtype=np.float32)})
    found, problems = probabilities_of([run, runs[0]], digits_data.test.pixels[:1].numpy())
    assert list(found) == [runs[0].id]
    assert [problem.split(".")[0] for problem in problems] == ["Hurt cannot answer"]


def test_answers_without_end_get_a_sentence(runs: list[Run], digits_data: LabelledData) -> None:
    run = trained_run(services().store, digits_data, name="Endless", **SOFTMAX)
    weights = services().store.weights(run.id)
    write_weights(folder_of(run), {k: np.full_like(v, 3e38) for k, v in weights.items()})
    found, problems = probabilities_of([run], digits_data.test.pixels[:1].numpy())
    assert found == {}
    assert problems == ["Endless cannot answer. Its saved weights answer with no finite number."]


def test_eight_runs_answer_a_stroke_in_a_moment(runs: list[Run], digits_data: LabelledData) -> None:
    eight = [*runs, *runs, *runs][:8]
    image = digits_data.test.pixels[:1].numpy()
    probabilities_of(eight, image)
    seconds = []
    for _ in range(9):
        start = time.process_time()  # of all threads; what else runs on the machine is left out
        probabilities_of(eight, image)
        seconds.append(time.process_time() - start)
    assert sorted(seconds)[4] < 0.1


def test_runs_too_large_to_be_kept_together_are_announced(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not answered(runs, 4).info
    monkeypatch.setattr(trained, "_MOST_BYTES", 2**17)
    assert "too large to be kept in memory together" in answered(runs, 4).info[0].value


def test_a_run_that_is_gone_takes_neither_the_pad_nor_the_others(runs: list[Run]) -> None:
    def script(ids: list[str]) -> None:
        from types import SimpleNamespace

        from core.ui.draw_view import draw_pad_and_answers

        draw_pad_and_answers([SimpleNamespace(id=run_id) for run_id in ids])

    ids = [*(run.id for run in runs), "gone"]
    page = AppTest.from_function(script, kwargs={"ids": ids}, default_timeout=60).run()
    assert [button.label for button in page.button][:2] == ["Undo", "Clear"]
    assert "no run 'gone'" in page.warning[0].value
    assert drawn(page).count("It waits for a digit.") == len(runs)


def test_work_for_pages_stays_on_one_core() -> None:
    threads = one_core_each(lambda _: torch.get_num_threads(), range(2 * core_count()))
    assert threads == [1] * (2 * core_count())


def test_work_for_pages_leaves_the_number_of_threads_of_others() -> None:
    before = torch.get_num_threads()
    one_core_each(lambda _: torch.ones(3).sum(), range(3))
    assert torch.get_num_threads() == before


def test_one_page_never_takes_all_the_threads() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def work(_: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1

    one_core_each(work, range(12))
    assert 1 <= most[0] <= core_count()


def test_the_models_of_the_first_visitor_are_made_ready(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("core.ui.model_answers.trained_model", lambda run_id: read.append(run_id))
    make_ready()
    assert len(read) == 1  # no SGD with an Adam of the same recipe: the newest alone


def answered(runs: list[Run], place: int | None) -> AppTest:
    """A page with what the runs say of a test image, or of nothing."""

    def script(ids: list[str], place: int | None) -> None:
        from pathlib import Path

        from core.drawing import Digit
        from core.learning.data import load
        from core.ui.model_answers import draw_model_answers
        from core.ui.services import services

        images = load("digits", Path("unused")).test.pixels.numpy()
        digit = None if place is None else Digit(images[place], False)
        chosen = [services().store.read(run_id) for run_id in ids]
        draw_model_answers(chosen, digit, "Draw a digit." if digit is None else "")

    ids = [run.id for run in runs]
    page = AppTest.from_function(script, kwargs={"ids": ids, "place": place}, default_timeout=60)
    page.run()
    assert not page.exception
    return page


def drawn(page: AppTest) -> str:
    """All HTML of a page."""
    return " ".join(element.proto.body for element in page.get("html"))


def test_each_run_has_a_card_with_its_answer(runs: list[Run], digits_data: LabelledData) -> None:
    text = drawn(answered(runs, 4))
    found, _ = probabilities_of(runs, digits_data.test.pixels[4:5].numpy())
    for run in runs:
        assert f"{run.name} says" in text
        assert f'data-answer="{int(found[run.id][0].argmax())}"' in text


def test_the_percentages_are_called_a_claim(runs: list[Run]) -> None:
    assert "own claim (softmax probability), not a measured chance" in drawn(answered(runs, 4))


def test_without_a_digit_the_cards_wait_and_the_reason_is_said(runs: list[Run]) -> None:
    text = drawn(answered(runs, None))
    assert text.count("It waits for a digit.") == 3
    assert "Draw a digit." in text


def test_a_run_that_cannot_answer_is_a_warning_beside_the_others(
    runs: list[Run], digits_data: LabelledData
) -> None:
    run = trained_run(services().store, digits_data, name="Hurt *me*", **SOFTMAX)
    (folder_of(run) / files.WEIGHTS).write_bytes(b"torn")
    page = answered([run, *runs], 4)
    assert [warning.value.split(" cannot")[0] for warning in page.warning] == [r"Hurt \*me\*"]
    assert drawn(page).count("dl-said") == 3
