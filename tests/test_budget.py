"""What visitors may start: how many runs, epochs and seconds, each and all together."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.access import OWNER, VISITORS_OWN, Action, Actor, acting_as
from core.errors import AccessError, ConfigError, LimitError
from core.runs import files
from core.runs.records import Run, new_status
from core.runs.store import RunStore
from core.runs.visitor_rules import VisitorRules, checked_rules, read_rules, write_rules
from tests.support.workers import LONG, SHORT, work_on

ONE = SHORT  # two epochs


def visitor(name: str) -> Actor:
    return Actor("visitor", VISITORS_OWN | {Action.START_RUNS}, name)


@pytest.fixture
def anna() -> Iterator[Actor]:
    who = visitor("anna")
    with acting_as(who):
        yield who


def allow(store: RunStore, **bounds: int) -> None:
    with acting_as(OWNER):
        write_rules(store.root, VisitorRules(start_runs=True, **bounds))


def end(store: RunStore, run_id: str, *, seconds: float = 0.0) -> None:
    now = time.time()
    status = new_status("finished", started=now - seconds)
    store.write_status(run_id, status)


def info(store: RunStore, run_id: str) -> Run:
    return store.read(run_id)


def test_without_rules_visitors_start_nothing(tmp_path: Path) -> None:
    assert not read_rules(tmp_path).start_runs


def test_damaged_rules_allow_nothing(tmp_path: Path) -> None:
    (tmp_path / ".visitors.json").write_text('{"start_runs": true, "runs_each": "many"}')
    assert not read_rules(tmp_path).start_runs


def test_rules_that_were_changed_hold_at_once(tmp_path: Path) -> None:
    write_rules(tmp_path, VisitorRules(start_runs=True))
    assert read_rules(tmp_path).start_runs
    write_rules(tmp_path, VisitorRules())
    assert not read_rules(tmp_path).start_runs


def test_one_visitor_cannot_have_more_than_all() -> None:
    with pytest.raises(ConfigError, match="more epochs than all"):
        checked_rules(epochs_each=500, epochs_all=100)


def test_a_bound_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="runs_each"):
        checked_rules(runs_each=0)


def test_a_run_says_whose_it_is_and_how_long_it_may_train(store: RunStore, anna: Actor) -> None:
    allow(store, runs_each=2, seconds_each=600)
    run = info(store, store.create(ONE))
    assert (run.info.visitor, run.info.seconds_allowed) == ("anna", 300)


def test_the_owners_runs_have_no_bound(store: RunStore) -> None:
    assert info(store, store.create(ONE)).info.seconds_allowed is None


def test_so_many_runs_at_a_time_and_no_more(store: RunStore, anna: Actor) -> None:
    allow(store, runs_each=2)
    store.create(ONE)
    store.create(ONE)
    with pytest.raises(LimitError, match="you have 2"):
        store.create(ONE)


def test_a_run_that_ended_makes_room(store: RunStore, anna: Actor) -> None:
    allow(store, runs_each=1)
    end(store, store.create(ONE))
    store.create(ONE)


def test_another_visitor_has_a_budget_of_their_own(store: RunStore, anna: Actor) -> None:
    allow(store, runs_each=1)
    store.create(ONE)
    with acting_as(visitor("ben")):
        store.create(ONE)


def test_all_together_have_a_bound_too(store: RunStore) -> None:
    allow(store, runs_each=1, runs_all=2)
    for name in ("anna", "ben"):
        with acting_as(visitor(name)):
            store.create(ONE)
    with acting_as(visitor("cleo")), pytest.raises(LimitError, match="Visitors together"):
        store.create(ONE)


def test_epochs_of_the_day_are_counted_also_of_ended_runs(store: RunStore, anna: Actor) -> None:
    allow(store, epochs_each=5)
    for _ in range(2):
        end(store, store.create(ONE))
    with pytest.raises(LimitError, match="2 epochs; you may start 1 more"):
        store.create(ONE)


def test_epochs_of_all_are_counted(store: RunStore, anna: Actor) -> None:
    allow(store, epochs_each=3, epochs_all=3)
    end(store, store.create(ONE))
    with acting_as(visitor("ben")), pytest.raises(LimitError, match="all visitors together"):
        store.create(ONE)


def test_seconds_that_were_used_are_gone_for_today(store: RunStore, anna: Actor) -> None:
    allow(store, seconds_each=60)
    end(store, store.create(ONE), seconds=55)
    with pytest.raises(LimitError, match="Your time for training"):
        store.create(ONE)


def test_a_large_network_is_refused(store: RunStore, anna: Actor) -> None:
    allow(store, parameters=50_000)
    with pytest.raises(LimitError, match="parameters"):
        store.create(ONE.replace(hidden_sizes=(512, 512)))


def test_keeping_every_epoch_is_refused(store: RunStore, anna: Actor) -> None:
    allow(store)
    with pytest.raises(LimitError, match="every epoch"):
        store.create(ONE.replace(keep_checkpoints=True))


def test_a_refused_run_leaves_nothing_behind(store: RunStore, anna: Actor) -> None:
    allow(store, epochs_each=1)
    with pytest.raises(LimitError):
        store.create(ONE)
    assert store.list() == []


def test_without_the_owners_leave_a_visitor_starts_nothing(store: RunStore) -> None:
    with acting_as(Actor("visitor", VISITORS_OWN, "anna")), pytest.raises(AccessError):
        store.create(ONE)


def test_a_run_whose_time_is_up_ends_with_results(store: RunStore, anna: Actor) -> None:
    allow(store, epochs_each=10_000, epochs_all=10_000)
    run_id = store.create(LONG)
    config = store.folder(run_id) / files.CONFIG
    files.write_json(config, files.read_json(config) | {"seconds_allowed": 1.0})
    work_on(store, run_id)
    run = store.read(run_id)
    assert run.summary is not None
    assert run.summary.ended_by == "seconds"


def test_a_run_that_ends_in_time_has_the_numbers_of_anybodys(store: RunStore) -> None:
    allow(store)
    owners = store.create(ONE)
    with acting_as(visitor("anna")):
        theirs = store.create(ONE)
    for run_id in (owners, theirs):
        work_on(store, run_id)
    assert store.weights_file(owners) == store.weights_file(theirs)
