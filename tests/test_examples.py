"""The finished runs that come with the project."""

import pytest

from core.config import RunConfig
from core.recipes import find_recipe
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT

pytestmark = pytest.mark.alone

EXAMPLES = {
    "example-sgd": "article1-sgd",
    "example-adam": "article1-adam",
    "example-champion": "champion",
}
ARTICLE_SAYS = {"example-sgd": 87, "example-adam": 97}


@pytest.fixture(scope="module")
def shipped() -> RunStore:
    return RunStore(PROJECT_ROOT / "runs")


def test_the_pair_takes_at_most_two_megabytes_and_the_champion_one_and_a_half() -> None:
    def size(name: str) -> int:
        return sum(file.stat().st_size for file in (PROJECT_ROOT / "runs" / name).rglob("*"))

    assert size("example-sgd") + size("example-adam") <= 2_000_000
    assert size("example-champion") <= 1_500_000


@pytest.mark.parametrize("name", EXAMPLES)
def test_they_are_recipes_as_they_stand(shipped: RunStore, name: str) -> None:
    assert shipped.read(name).config == find_recipe(EXAMPLES[name]).config


@pytest.mark.parametrize("name", EXAMPLES)
def test_they_are_finished_and_marked_as_examples(shipped: RunStore, name: str) -> None:
    run = shipped.read(name)
    assert run.info.example
    assert run.summary is not None


@pytest.mark.parametrize("name", ARTICLE_SAYS)
def test_they_reach_what_article_1_prints(shipped: RunStore, name: str) -> None:
    summary = shipped.read(name).summary
    assert summary is not None
    assert summary.final_validation_accuracy is not None
    # The article cuts percents to whole numbers.
    assert abs(int(100 * summary.final_validation_accuracy) - ARTICLE_SAYS[name]) <= 1


def test_the_champion_misreads_fewer_than_one_image_in_two_hundred(shipped: RunStore) -> None:
    summary = shipped.read("example-champion").summary
    assert summary is not None
    assert summary.test_accuracy > 0.995


@pytest.mark.parametrize("name", EXAMPLES)
def test_their_answers_add_up_to_their_accuracy(shipped: RunStore, name: str) -> None:
    answers, summary = shipped.predictions(name), shipped.read(name).summary
    assert summary is not None
    right = (answers.predicted == answers.labels).mean()
    assert right == pytest.approx(summary.test_accuracy)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_misread_digit_can_be_shown(shipped: RunStore, name: str) -> None:
    answers, digits = shipped.predictions(name), shipped.digits(name)
    misread = answers.indices[answers.predicted != answers.labels].tolist()
    assert set(misread) <= digits.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_their_models_can_be_loaded(shipped: RunStore, name: str) -> None:
    from core.learning.evaluation import restore_model

    config: RunConfig = shipped.read(name).config
    model = restore_model(config, shipped.weights(name))
    assert sum(values.numel() for values in model.parameters()) == config.parameter_count
