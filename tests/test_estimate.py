"""core.runs.estimate: how long runs will take, from recorded ones."""

import time

import pytest

from core.config import RunConfig
from core.runs.estimate import START_SECONDS, estimated_seconds, spoken_estimate
from core.runs.records import Run, RunInfo, Status, Summary

# Both were measured one after the other on the same machine, one thread each.
SMALL = RunConfig(dataset="digits", epochs=20)
SMALL_SECONDS = 0.94
LARGE = RunConfig(
    dataset="mnist", epochs=1, optimizer="adam", learning_rate=0.001, batch_size=512,
    hidden_sizes=(512, 256),
)  # fmt: skip
LARGE_SECONDS = 3.3


def finished(
    config: RunConfig,
    seconds: float,
    *,
    start: float = 0,
    example: bool = False,
    epochs: int | None = None,
) -> Run:
    now = time.time()
    ended = now + start + seconds if start else now
    summary = Summary(
        epochs=config.epochs if epochs is None else epochs,
        steps=1,
        seconds=seconds,
        train_images=1,
        validation_images=0,
        test_images=1,
        test_loss=0,
        test_accuracy=0,
    )
    info = RunInfo(config=config, name="recorded", created=now, example=example)
    status = Status(state="finished", heartbeat=ended)
    return Run(id="recorded", info=info, status=status, summary=summary)


def training_seconds(config: RunConfig, runs: list[Run]) -> float:
    seconds = estimated_seconds([config], runs, slots=1)
    assert seconds is not None
    return seconds - START_SECONDS


def within_a_factor_of_two(estimate: float, truth: float) -> bool:
    return truth / 2 <= estimate <= truth * 2


def test_a_large_run_is_foreseen_from_a_small_one() -> None:
    seconds = training_seconds(LARGE, [finished(SMALL, SMALL_SECONDS)])
    assert within_a_factor_of_two(seconds, LARGE_SECONDS)


def test_a_small_run_is_foreseen_from_a_large_one() -> None:
    seconds = training_seconds(SMALL, [finished(LARGE, LARGE_SECONDS)])
    assert within_a_factor_of_two(seconds, SMALL_SECONDS)


def test_a_run_like_one_that_finished_takes_as_long() -> None:
    runs = [finished(SMALL, 50), finished(LARGE, LARGE_SECONDS)]
    near = [finished(SMALL, 50.0) for _ in range(5)]
    assert training_seconds(SMALL, runs + near) == pytest.approx(50, rel=0.1)


def test_a_run_that_ended_early_counts_as_the_epochs_it_trained() -> None:
    long = SMALL.replace(epochs=1000)
    ended_early = finished(long, 1.0, epochs=10)
    assert training_seconds(long, [ended_early]) == pytest.approx(100, rel=0.2)


def test_a_run_that_ended_early_is_as_near_as_what_it_trained() -> None:
    # Of one kind and size but for the epochs: the five nearest decide.
    alike = [finished(SMALL, 50.0) for _ in range(5)]
    ended_early = [finished(SMALL, 1.0, epochs=1) for _ in range(5)]
    assert training_seconds(SMALL, ended_early + alike) == pytest.approx(50, rel=0.1)


def test_a_slower_machine_is_foreseen_to_take_longer() -> None:
    fast = training_seconds(LARGE, [finished(SMALL, SMALL_SECONDS)])
    slow = training_seconds(LARGE, [finished(SMALL, 3 * SMALL_SECONDS)])
    assert 2 < slow / fast < 3


def test_two_slots_halve_the_time_of_many_runs() -> None:
    runs, configs = [finished(SMALL, 10)], [SMALL] * 8
    one = estimated_seconds(configs, runs, slots=1)
    assert one == pytest.approx(2 * estimated_seconds(configs, runs, slots=2))


def test_two_runs_on_many_slots_take_as_long_as_one() -> None:
    runs = [finished(SMALL, 10)]
    alone = estimated_seconds([SMALL], runs, slots=8)
    assert estimated_seconds([SMALL, SMALL], runs, slots=8) == pytest.approx(alone)


def test_a_time_limit_bounds_the_estimate() -> None:
    limited = SMALL.replace(max_seconds=5)
    assert training_seconds(limited, [finished(SMALL, 500)]) == 5


def test_a_start_takes_as_long_as_that_of_the_run_that_waited_least() -> None:
    runs = [finished(SMALL, 10, start=25), finished(SMALL, 10, start=8)]
    assert estimated_seconds([SMALL], runs, slots=1) == pytest.approx(18, rel=0.05)


def test_nothing_can_be_told_before_a_run_has_finished() -> None:
    assert estimated_seconds([SMALL], [], slots=1) is None


def test_shipped_examples_do_not_tell_how_fast_this_machine_is() -> None:
    assert estimated_seconds([SMALL], [finished(SMALL, 1, example=True)], slots=1) is None


def test_the_sentence_says_that_it_is_an_estimate() -> None:
    assert spoken_estimate(12, 240) == "12 runs, about 4 min on this computer (an estimate)."


def test_the_sentence_says_when_nothing_can_be_told() -> None:
    assert "cannot be told before" in spoken_estimate(12, None)
