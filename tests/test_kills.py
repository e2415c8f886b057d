"""A short siege: dashboards and workers killed while a queue of runs trains."""

import pytest

from benchmarks.soak.kills import Aftermath, lay_siege


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    return lay_siege(tmp_path_factory.mktemp("siege"), kills=6, runs=4, epochs=8, seed=3)


def test_whatever_is_killed_every_run_ends_whole_and_with_the_same_numbers(
    aftermath: Aftermath,
) -> None:
    assert {wanted: wrong for wanted, wrong in aftermath.checks.items() if wrong} == {}


def test_something_was_killed_while_it_trained(aftermath: Aftermath) -> None:
    assert aftermath.siege.kills["worker"] + aftermath.siege.kills["both"] > 0
