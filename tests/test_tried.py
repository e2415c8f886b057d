"""Which settings were tried, and what came of them."""

import pytest

from core.analysis.tried import tried, varied_fields
from core.config import RunConfig
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT

SGD = RunConfig(optimizer="sgd")


@pytest.fixture(scope="module")
def examples() -> list[Run]:
    store = RunStore(PROJECT_ROOT / "runs")
    return [store.read("example-sgd"), store.read("example-adam")]


def test_runs_are_judged_on_validation_images(examples: list[Run]) -> None:
    rows, judged = tried(examples)
    assert judged == "validation"
    assert rows[0].accuracy == examples[0].summary.final_validation_accuracy


def test_where_one_has_no_validation_images_all_are_judged_on_the_test_images(
    examples: list[Run],
) -> None:
    bare = examples[0].summary.model_copy(update={"final_validation_accuracy": None})
    rows, judged = tried([examples[0].model_copy(update={"summary": bare}), examples[1]])
    assert judged == "test"
    assert [row.accuracy for row in rows] == [run.summary.test_accuracy for run in examples]


def test_a_run_that_waits_is_no_row(tmp_path) -> None:
    store = RunStore(tmp_path)
    assert tried([store.read(store.create(SGD))])[0] == []


def test_the_seed_is_no_setting_that_was_varied() -> None:
    assert varied_fields([SGD, SGD.replace(seed=1)]) == []


def test_settings_that_differ_were_varied() -> None:
    other = SGD.replace(learning_rate=0.5, epochs=3)
    assert set(varied_fields([SGD, other])) == {"learning_rate", "epochs"}


def test_what_means_nothing_beside_the_others_was_not_varied() -> None:
    adam = SGD.switch(optimizer="adam")
    momentum = SGD.replace(momentum=0.9)
    assert "momentum" not in varied_fields([adam, momentum])
    assert "momentum" in varied_fields([adam, momentum, SGD])
