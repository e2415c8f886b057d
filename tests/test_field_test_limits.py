"""The field test takes so many drawings of one visitor and of all, and asks for all digits."""

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LimitError
from core.field_test.limits import Limits, SessionCount, Taken, check_room
from core.field_test.prompts import Prompts
from core.field_test.store import DrawingStore
from tests.support.drawings import NO_LIMITS, keep

PLENTY = 10**12


def test_one_visitor_has_to_wait_after_many_in_a_minute() -> None:
    count, limits = SessionCount(), Limits(session_minute=3)
    for _ in range(3):
        count.check(limits)
        count.note()
    with pytest.raises(LimitError, match="within a minute"):
        count.check(limits)
    count.kept = [moment - 61 for moment in count.kept]
    count.check(limits)


def test_one_visitor_is_thanked_at_the_end() -> None:
    count, limits = SessionCount(), Limits(session=2)
    count.kept = [-1_000.0, -900.0]
    with pytest.raises(LimitError, match="Thank you"):
        count.check(limits)


def test_all_visitors_together_have_limits() -> None:
    limits, now = Limits(minute=3, day=5, in_all=8), 1_000_000.0
    check_room(Taken([now - 30] * 2, 0, PLENTY), limits, now)
    with pytest.raises(LimitError, match="within a minute"):
        check_room(Taken([now - 30] * 3, 0, PLENTY), limits, now)
    with pytest.raises(LimitError, match="tomorrow"):
        check_room(Taken([now - 7_000] * 5, 0, PLENTY), limits, now)
    check_room(Taken([now - 90_000] * 5, 0, PLENTY), limits, now)
    with pytest.raises(LimitError, match="8 drawings, as many as it takes"):
        check_room(Taken([now - 90_000] * 8, 0, PLENTY), limits, now)


def test_drawings_of_a_clock_that_went_ahead_count_for_no_minute_and_no_day() -> None:
    limits, now = Limits(minute=3, day=5), 1_000_000.0
    check_room(Taken([now + 1] * 5, 0, PLENTY), limits, now)
    with pytest.raises(LimitError, match="within a minute"):
        check_room(Taken([*[now + 1] * 5, *[now] * 3], 0, PLENTY), limits, now)


def test_the_disk_has_limits_too() -> None:
    with pytest.raises(LimitError, match="300 MB"):
        check_room(Taken([], 300_000_000, PLENTY), Limits(), 0)
    with pytest.raises(LimitError, match="nearly full"):
        check_room(Taken([], 0, 1_000), Limits(), 0)


def test_the_store_refuses_what_is_too_much_whoever_asks(tmp_path: Path) -> None:
    store = DrawingStore(tmp_path, Limits(minute=3))
    keep(store, 3)
    with pytest.raises(LimitError, match="3 digits within a minute"):
        keep(DrawingStore(tmp_path, Limits(minute=3)), 1)
    assert len(store.listed()) == 3


def test_deleted_and_damaged_drawings_count_until_they_are_gone_for_good(tmp_path: Path) -> None:
    store = DrawingStore(tmp_path, replace(NO_LIMITS, in_all=3))
    one, _ = keep(store, 2)
    store.discard([one.id])
    (tmp_path / "damaged.json").write_text("{}")
    with pytest.raises(LimitError, match="as many as it takes"):
        keep(store, 1)
    store.discard(["damaged"])
    assert store.empty_bin() == 2
    keep(store, 1)


def test_the_bytes_on_the_disk_are_counted(tmp_path: Path) -> None:
    store = DrawingStore(tmp_path, replace(NO_LIMITS, folder_bytes=2_000))
    keep(store, 1)
    with pytest.raises(LimitError, match="on the disk"):
        keep(store, 1)


def test_every_ten_prompts_ask_for_each_digit_once() -> None:
    for seed in range(50):
        prompts = Prompts(seed)
        asked = [prompts.current] + [prompts.advance() for _ in range(99)]
        for start in range(0, 100, 10):
            assert sorted(asked[start : start + 10]) == list(range(10))


def test_no_digit_is_asked_for_twice_in_a_row() -> None:
    for seed in range(200):
        prompts = Prompts(seed)
        asked = [prompts.current] + [prompts.advance() for _ in range(60)]
        assert all(one != other for one, other in itertools.pairwise(asked))


def test_visitors_are_asked_in_different_orders_and_the_same_seed_in_the_same() -> None:
    firsts = Counter(Prompts(seed).current for seed in range(2_000))
    assert set(firsts) == set(range(10))
    assert max(firsts.values()) < 270  # 200 each, give or take five standard deviations
    one, other = Prompts(5), Prompts(5)
    assert [one.advance() for _ in range(30)] == [other.advance() for _ in range(30)]
