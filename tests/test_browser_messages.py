"""core.ui.browser_messages: what a tampered browser says is passed over."""

from typing import Any

import pytest

from core.ui.browser_messages import TableAnswer, read_click, read_opened, read_table_answer

ROWS: list[dict[str, Any]] = [
    {"id": "a", "ids": ["a"]},
    {"id": "fold-1", "ids": ["a", "b"], "fold": {"key": "1"}},
]


def test_what_stands_in_the_table_counts() -> None:
    answer = read_table_answer(["a", "b"], {"run": "a", "kind": "open"}, ROWS)
    assert answer == TableAnswer(["a", "b"], "open", "a")


@pytest.mark.parametrize("chosen", [5, "a", {"a": 1}, [["a"]], [{}], ["gone"], None, [None]])
def test_a_choice_of_anything_else_chooses_nothing(chosen: object) -> None:
    assert read_table_answer(chosen, None, ROWS).chosen == []


@pytest.mark.parametrize(
    "action",
    [
        7,
        ["a"],
        {"run": ["a"], "kind": "open"},
        {"run": "a", "kind": ["open"]},
        {"run": "a", "kind": "train"},
        {"run": "fold-1", "kind": "delete"},
        {"run": "gone", "kind": "delete"},
    ],
)
def test_an_action_of_another_kind_does_nothing(action: object) -> None:
    answer = read_table_answer([], action, ROWS)
    assert (answer.action, answer.run_id) == (None, None)


@pytest.mark.parametrize("opened", [3, [], {"index": True}, {"index": 1.0}, {"index": [1]}, None])
def test_a_digit_is_opened_by_a_whole_number_alone(opened: object) -> None:
    assert read_opened(opened, [1]) is None


def test_a_click_is_a_place_or_nothing() -> None:
    assert read_click({"x": 1, "y": 2}) == {"x": 1, "y": 2}
    assert read_click([1, 2]) is None
