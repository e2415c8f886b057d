"""core.drawing.corrections and what is made of it: boxes set by hand, digits typed, numbers."""

import pytest
from PIL import Image

from core.analysis.number_agreement import number_agreement
from core.drawing.corrections import correct, settled
from core.drawing.numbers import in_lines
from core.drawing.scene import Scene, find_digits
from core.ui.picture_boxes import MOST_BOXES, parse_edit
from tests.support.pictures import difference, seven

SIZE = (840, 600)
PAPER = (4, 4, 60, 60)  # a box with nothing in it


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Three sevens on one line and one below."""
    sheet = Image.new("RGB", SIZE, (255, 255, 255))
    one = seven((0, 0, 0), (255, 255, 255), side=260)
    for place in ((20, 20), (290, 20), (560, 20), (20, 320)):
        sheet.paste(one, place)
    found = find_digits(sheet)
    assert [each.line for each in found.found] == [0, 0, 0, 1]
    return found


def marks_of(scene: Scene) -> list[tuple[tuple[int, int, int, int], int | None]]:
    return [(each.box, None) for each in scene.found]


def test_boxes_as_they_were_found_keep_their_digits(scene: Scene) -> None:
    corrected = correct(scene, marks_of(scene))
    assert [each.box for each in corrected.scene.found] == [each.box for each in scene.found]
    for now, before in zip(corrected.scene.found, scene.found, strict=True):
        assert now.digit is before.digit


def test_a_box_that_is_not_there_is_read_no_more(scene: Scene) -> None:
    marks = marks_of(scene)
    corrected = correct(scene, [marks[3], marks[2], marks[0]])
    assert [each.box for each in corrected.scene.found] == [marks[at][0] for at in (0, 2, 3)]
    assert [each.line for each in corrected.scene.found] == [0, 0, 1]


def test_a_box_set_by_hand_is_read_in_its_place(scene: Scene) -> None:
    marks = marks_of(scene)
    left, top, right, bottom = marks[1][0]
    wider = (left - 3, top - 3, right + 3, bottom + 3)
    corrected = correct(scene, [*marks[:1], *marks[2:], (wider, None)])
    assert corrected.scene.found[1].box == wider
    assert difference(corrected.scene.found[1].digit.image, scene.found[1].digit.image) < 5


def test_a_digit_known_from_a_correction_before_is_not_prepared_again(scene: Scene) -> None:
    left, top, right, bottom = scene.found[0].box
    wider = (left - 3, top - 3, right + 3, bottom + 3)
    first = correct(scene, [(wider, None)])
    again = correct(scene, [(wider, 4)], first.scene.found)
    assert again.scene.found[0].digit is first.scene.found[0].digit


def test_a_box_with_nothing_in_it_is_set_apart(scene: Scene) -> None:
    corrected = correct(scene, [*marks_of(scene), (PAPER, None)])
    assert corrected.empty == (PAPER,)
    assert len(corrected.scene.found) == 4


def test_without_any_box_nothing_is_read(scene: Scene) -> None:
    assert correct(scene, []).scene.found == ()
    assert correct(scene, [(PAPER, None)]).scene.found == ()


def test_the_number_is_what_was_typed_else_what_all_answer(scene: Scene) -> None:
    marks = marks_of(scene)
    corrected = correct(scene, [(marks[0][0], 9), *marks[1:]])
    assert settled(corrected, [[7, 7, 7, 7], [7, 7, 1, 7]]) == ["97?", "7"]
    assert settled(corrected, [[1, 2, 3, 4]]) == ["923", "4"]
    assert settled(corrected, []) == ["9??", "?"]


# Numbers


def test_zeros_in_front_stay() -> None:
    assert in_lines([0, 0, 1], [0, 0, 7]) == ["00", "7"]


@pytest.mark.parametrize(
    ("readings", "lines", "sentence"),
    [
        ([], [], ""),
        ([("Adam", [1, 7])], ["17"], "It reads 17."),
        ([("Adam", [1, 7]), ("SGD", [1, 7])], ["17"], "Both read 17."),
        ([(name, [1, 7, 2]) for name in "abc"], ["17", "2"], "All 3 runs read 17 and 2."),
        (
            [("Adam", [1, 7]), ("SGD", [1, 1])],
            ["17"],
            "They disagree about digit 2 (Adam says 7, SGD says 1).",
        ),
        (
            [("a", [7]), ("b", [1]), ("c", [7]), ("d", [7])],
            ["7"],
            "They disagree about digit 1 (3 runs say 7, 1 run says 1).",
        ),
        (
            [("Adam", [1, 2, 3, 4]), ("SGD", [1, 7, 8, 9])],
            ["1234"],
            "They disagree about 3 of 4 digits: those in boxes with a dashed frame.",
        ),
    ],
)
def test_what_numbers_add_up_to_is_a_sentence(readings, lines, sentence) -> None:
    assert number_agreement(readings, lines) == sentence


# What the browser sends


def sent(**values: object) -> dict[str, object]:
    box = {"box": [10, 10, 50, 60], "right": None}
    return {"of": "picture", "revision": 3, "marks": [box], "chosen": 0, **values}


def test_what_was_done_in_the_browser_arrives() -> None:
    edit = parse_edit(sent(marks=[{"box": [10, 10, 50, 60], "right": 4}]), "picture", SIZE)
    assert edit is not None
    assert (edit.revision, edit.marks) == (3, (((10, 10, 50, 60), 4),))
    assert edit.chosen == (10, 10, 50, 60)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "edit",
        [],
        sent(of="another"),
        sent(revision=None),
        sent(revision=True),
        sent(revision=10**30),
        sent(chosen="0"),
        sent(marks=None),
        sent(marks=["box"]),
        sent(marks=[{"box": [10, 10, 50], "right": None}]),
        sent(marks=[{"box": [10, 10, 50, 6.5], "right": None}]),
        sent(marks=[{"box": [50, 10, 10, 60], "right": None}]),
        sent(marks=[{"box": [-1, 10, 50, 60], "right": None}]),
        sent(marks=[{"box": [10, 10, 50, SIZE[1] + 1], "right": None}]),
    ],
)
def test_anything_else_from_the_browser_counts_as_nothing(value: object) -> None:
    assert parse_edit(value, "picture", SIZE) is None


@pytest.mark.parametrize("right", [-1, 10, "4", True, 4.5])
def test_what_is_no_digit_is_not_taken_for_the_right_one(right: object) -> None:
    edit = parse_edit(sent(marks=[{"box": [10, 10, 50, 60], "right": right}]), "picture", SIZE)
    assert edit is not None
    assert edit.marks[0][1] is None


def test_more_boxes_than_anybody_sets_are_cut_off() -> None:
    many = [{"box": [0, 0, 10, 10 + at], "right": None} for at in range(MOST_BOXES + 50)]
    edit = parse_edit(sent(marks=many, chosen=-1), "picture", (400, 400))
    assert edit is not None
    assert len(edit.marks) == MOST_BOXES
    assert edit.chosen is None
