"""The glance: runs read once for all who look at the same moment, and never older than a change."""

import json

import pytest

from core.config import RunConfig
from core.errors import RunNotFoundError
from core.runs import files
from core.runs.bin import discard, restore
from core.runs.records import Run, new_status
from core.runs.store import RunStore
from core.ui.glance import Glance
from tests.support.clock import Clock

SECONDS = 0.25


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def glance(store: RunStore, clock: Clock) -> Glance:
    return Glance(store, SECONDS, clock)


def write_step(store: RunStore, run_id: str, step: int) -> None:
    """Write how far a run is, as its own process does: this one does not know of it."""
    path = store.folder(run_id) / files.STATUS
    status = json.loads(path.read_text())
    path.write_text(json.dumps({**status, "step": step}))


def cancelled(store: RunStore) -> str:
    """Make a run that has ended, which may be moved to the bin."""
    run_id = store.create(RunConfig())
    store.write_status(run_id, new_status("cancelled"))
    return run_id


def ids(glance: Glance) -> list[str]:
    return [run.id for run in glance.list()]


def test_a_run_is_read_once_for_all_who_look_at_a_moment(store: RunStore, glance: Glance) -> None:
    run_id = store.create(RunConfig())
    first = glance.read(run_id)
    write_step(store, run_id, 7)
    assert glance.read(run_id) is first


def test_a_moment_later_it_is_read_anew(store: RunStore, glance: Glance, clock: Clock) -> None:
    run_id = store.create(RunConfig())
    glance.read(run_id)
    write_step(store, run_id, 7)
    clock.now += SECONDS
    assert glance.read(run_id).status.step == 7


def test_the_list_is_read_anew_a_moment_later(
    store: RunStore, glance: Glance, clock: Clock
) -> None:
    run_id = store.create(RunConfig())
    glance.list()
    write_step(store, run_id, 7)
    clock.now += SECONDS
    (run,) = glance.list()
    assert isinstance(run, Run)
    assert run.status.step == 7


def test_a_new_run_is_there_at_once(store: RunStore, glance: Glance) -> None:
    assert ids(glance) == []
    run_id = store.create(RunConfig())
    assert ids(glance) == [run_id]


def test_a_run_in_the_bin_is_gone_at_once(store: RunStore, glance: Glance) -> None:
    run_id = cancelled(store)
    assert ids(glance) == [run_id]
    glance.read(run_id)
    discard(store, run_id)
    assert ids(glance) == []
    with pytest.raises(RunNotFoundError):
        glance.read(run_id)


def test_a_run_taken_back_is_there_at_once(store: RunStore, glance: Glance) -> None:
    run_id = cancelled(store)
    discard(store, run_id)
    assert ids(glance) == []
    assert restore(store, run_id) == run_id
    assert ids(glance) == [run_id]


def test_a_run_that_is_not_there_is_an_error_each_time(glance: Glance) -> None:
    for _ in range(2):
        with pytest.raises(RunNotFoundError):
            glance.read("nothing")
