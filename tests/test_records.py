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
