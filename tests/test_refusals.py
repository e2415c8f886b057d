"""Who met a limit: counted by kind, for the owner."""

import pytest

from core.errors import AccessError, DataError, DiskLimitError, LimitError
from core.ui import refusals
from core.ui.refusals import Refusals
from tests.support.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Refusals:
    return Refusals(clock)


def test_refusals_are_counted_by_kind_the_most_frequent_first(ledger: Refusals) -> None:
    for kind in ("disk", "uploads", "uploads"):
        ledger.note(kind, f"{kind}.")
    assert [(one.kind, one.count) for one in ledger.recent()] == [("uploads", 2), ("disk", 1)]


def test_a_visitor_who_tries_again_is_one_visitor(ledger: Refusals) -> None:
    for visitor in ("a", "a", "b"):
        ledger.note("uploads", "Too much.", visitor)
    assert ledger.recent()[0].visitors == 2


def test_after_an_hour_a_refusal_is_no_longer_recent(ledger: Refusals, clock: Clock) -> None:
    ledger.note("disk", "Full.")
    clock.now = 3_700.0
    assert ledger.recent() == []


def test_totals_are_kept(ledger: Refusals, clock: Clock) -> None:
    ledger.note("disk", "Full.")
    clock.now = 3_700.0
    assert ledger.totals() == {"disk": 1}


def test_the_owner_reads_it_in_a_sentence(ledger: Refusals) -> None:
    ledger.note("disk", "The disk is full.")
    ledger.note("disk", "The disk is full.")
    assert ledger.summary() == (
        "Visitors met a limit 2 times in the last hour: The disk is full. (2×)"
    )


def test_while_nobody_met_a_limit_there_is_nothing_to_say(ledger: Refusals) -> None:
    assert ledger.summary() == ""


def test_a_flood_of_refusals_takes_bounded_memory(ledger: Refusals) -> None:
    for _ in range(10_000):
        ledger.note("sessions", "Full.")
    assert (ledger.recent()[0].count, ledger.totals()) == (2_000, {"sessions": 10_000})


@pytest.mark.parametrize(
    ("error", "kind"),
    [(DiskLimitError("x"), "disk"), (LimitError("x"), "limit"), (AccessError("x"), "role")],
)
def test_errors_of_limits_are_noted(monkeypatch, ledger: Refusals, error, kind: str) -> None:
    monkeypatch.setattr(refusals, "refusals", ledger)
    refusals.note_error(error)
    assert ledger.totals() == {kind: 1}


def test_other_errors_are_not_noted(monkeypatch, ledger: Refusals) -> None:
    monkeypatch.setattr(refusals, "refusals", ledger)
    refusals.note_error(DataError("x"))
    assert ledger.totals() == {}
