"""How often live parts of pages are redrawn, for one who looks on and for a class."""

from core.ui.pace import AskingPace, Pace
from tests.support.clock import Clock


def of_a_class(pace: Pace, pages: int, cost: float = 0.01) -> float:
    return [pace.note(page, cost, 1.0) for page in range(pages)][-1]


def test_one_page_is_redrawn_as_often_as_it_wants() -> None:
    assert of_a_class(Pace(share=0.1), 1) == 1.0


def test_a_hundred_pages_take_no_more_than_their_share_of_a_core() -> None:
    seconds = of_a_class(Pace(share=0.1), 100)
    # In steps of one and a half.
    assert 0.1 / 1.5 <= 100 * 0.01 / seconds <= 0.1 * 1.5


def test_parts_that_want_to_be_redrawn_seldomer_stay_so() -> None:
    pace = Pace(share=0.1)
    of_a_class(pace, 100)
    assert pace.note("seldom", 0.01, 5.0) > of_a_class(pace, 100)


def test_pages_that_were_left_no_longer_count() -> None:
    clock = Clock()
    pace = Pace(share=0.1, clock=clock)
    of_a_class(pace, 100)
    clock.now = 120.0
    assert of_a_class(pace, 1) == 1.0


def test_no_page_waits_longer_than_a_quarter_of_a_minute() -> None:
    assert of_a_class(Pace(share=0.01), 500) < 1.5 * 15


def asked_by(pace: AskingPace, clock: Clock, pages: int, seconds: float) -> tuple[float, int]:
    """Let so many pages ask as often as they are told; return the last pause, and all answers."""
    due = [clock.now + place / pages for place in range(pages)]
    end, answers, told = clock.now + seconds, 0, 0.0
    while min(due) < end:
        place = due.index(min(due))
        clock.now = due[place]
        told = pace.note()
        due[place] += told
        answers += 1
    return told, answers


def test_one_page_may_ask_every_second() -> None:
    clock = Clock()
    assert asked_by(AskingPace(clock=clock), clock, 1, 30.0)[0] == 1.0


def test_a_class_asks_no_more_often_together_than_it_may() -> None:
    clock = Clock()
    pace = AskingPace(a_second=10.0, clock=clock)
    asked_by(pace, clock, 50, 30.0)
    told, answers = asked_by(pace, clock, 50, 60.0)
    assert 5.0 <= told <= 6.5
    assert answers / 60.0 <= 10.0


def test_after_a_class_has_left_one_page_may_ask_often_again() -> None:
    clock = Clock()
    pace = AskingPace(clock=clock)
    asked_by(pace, clock, 50, 30.0)
    clock.now += 60.0
    assert asked_by(pace, clock, 1, 5.0)[0] == 1.0


def test_no_page_is_told_to_wait_for_longer_than_ten_seconds() -> None:
    clock = Clock()
    assert asked_by(AskingPace(clock=clock), clock, 500, 60.0)[0] == 10.0
