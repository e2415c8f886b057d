"""Finding runs by words and conditions, and putting them in an order."""

import pytest

from core.analysis.run_query import LONGEST, read_query
from core.analysis.run_values import sort_keys, sorted_by
from core.config import RunConfig
from core.errors import ConfigError
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT

SHIPPED = RunStore(PROJECT_ROOT / "runs")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list[Run]:
    """The two examples, and one that waits: a CNN with notes and tags."""
    store = RunStore(tmp_path_factory.mktemp("runs"))
    cnn = RunConfig(model="cnn", channels=(4, 8), optimizer="rmsprop", learning_rate=0.02)
    waiting = store.read(store.create(cnn, name="Night run"))
    info = waiting.info.model_copy(update={"notes": "for Monday's class", "tags": ("demo", "7b")})
    examples = [SHIPPED.read("example-sgd"), SHIPPED.read("example-adam")]
    return [*examples, waiting.model_copy(update={"info": info})]


def found(text: str, runs: list[Run]) -> list[str]:
    query = read_query(text)
    return [run.name.split()[0] for run in runs if query.matches(run)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["SGD", "Adam", "Night"]),
        ("adam", ["Adam"]),
        ("ADAM article", ["Adam"]),
        ("queued", ["Night"]),
        ("waiting", ["Night"]),
        ("state=waiting", ["Night"]),
        ("monday", ["Night"]),
        ("demo 7b", ["Night"]),
        ("rmsprop", ["Night"]),
        ("mnist adam sgd", []),
        ("optimizer=adam", ["Adam"]),
        ("optimizer!=adam", ["SGD", "Night"]),
        ("lr>0.01", ["Night"]),
        ("lr >= 0.001  lr < 0.02", ["SGD", "Adam"]),
        ("learning_rate=1e-3", ["SGD", "Adam"]),
        ("channels=4,8", ["Night"]),
        ('model="cnn"', ["Night"]),
        ("test>90", ["Adam"]),
        ("test<90%", ["SGD"]),
        ("train_size=none", ["SGD", "Adam", "Night"]),
        ("state=finished", ["SGD", "Adam"]),
        ("batch=64 article dropout=0.5", ["SGD", "Adam"]),
        ("nesterov=no", ["SGD", "Adam", "Night"]),
    ],
)
def test_a_search_finds(text: str, expected: list[str], runs: list[Run]) -> None:
    assert found(text, runs) == expected


def test_a_run_without_a_result_meets_no_condition_on_it(runs: list[Run]) -> None:
    assert found("test>=0", runs) == ["SGD", "Adam"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour=3", "neither a setting nor a result"),
        ("lr>much", "needs a number after >"),
        ("x" * (LONGEST + 1), "shorten it"),
    ],
)
def test_what_cannot_be_understood_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_query(text)


def test_runs_are_sorted_by_a_result_and_those_without_stand_last(runs: list[Run]) -> None:
    falling = sorted_by(runs, "test", falling=True)
    assert [run.name.split()[0] for run in falling] == ["Adam", "SGD", "Night"]
    assert sorted_by(runs, "test", falling=False)[-1] is runs[2]


@pytest.mark.parametrize("key", sort_keys())
def test_runs_can_be_sorted_by_everything(key: str, runs: list[Run]) -> None:
    assert len(sorted_by(runs, key, falling=True)) == len(runs)
