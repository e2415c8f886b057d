"""What a run says of itself beyond what lies on disk."""

import pytest

from core.recipes import find_recipe
from core.runs.records import Run, RunInfo, new_status
from tests.support.summaries import summary_of

SUMMARY = summary_of(1.0, seconds=40.0)


def finished_after(seconds: float) -> Run:
    status = new_status("finished")
    info = RunInfo(
        config=find_recipe("article1-sgd").config, name="run", created=status.heartbeat - seconds
    )
    return Run(id="run", info=info, status=status, summary=SUMMARY)


@pytest.mark.parametrize(
    ("waited", "counted"),
    [
        (47.0, 47.0),  # the start of its process took 7 seconds
        (3_600.0, 70.0),  # it lay in the queue for an hour
        (10.0, 40.0),  # the clock was set back meanwhile
    ],
)
def test_the_wait_for_a_result_counts_the_start_but_not_the_queue(
    waited: float, counted: float
) -> None:
    assert finished_after(waited).seconds_to_result == pytest.approx(counted)


def test_a_run_that_has_not_finished_took_no_time_yet() -> None:
    run = finished_after(47.0).model_copy(update={"summary": None})
    assert run.seconds_to_result is None


def half_way(**changes: object) -> Run:
    run = finished_after(47.0)
    now = run.status.heartbeat
    status = new_status("running", started=now - 30, step=100, steps=1_000)
    info = run.info.model_copy(update={"config": run.config.replace(**changes)})
    return run.model_copy(update={"status": status, "info": info, "summary": None})


def test_the_time_left_is_reckoned_by_the_steps_so_far() -> None:
    assert half_way().seconds_left == pytest.approx(270, rel=0.01)


def test_the_time_left_is_at_most_what_the_time_limit_leaves() -> None:
    assert half_way(max_seconds=60).seconds_left == pytest.approx(30, rel=0.01)
