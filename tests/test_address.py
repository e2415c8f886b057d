"""The parameters of the address: what a page wrote outlives what the browser sends too late."""

import time
from collections.abc import Sequence

import pytest
from streamlit.testing.v1 import AppTest

from core.ui import address


def shown() -> AppTest:
    """A page with two lists and a fold, tied to the address, and a button that sets both lists."""

    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from core.ui import address
        from core.ui.folds import draw_fold
        from core.ui.linked_controls import draw_select

        context = get_script_run_ctx()
        assert context is not None
        context.is_history_navigation = st.session_state.pop("by_the_back_button", False)
        if "page" in st.session_state:
            context.set_mpa_v2_page(st.session_state["page"])
        words = {"red": "red", "green": "green", "blue": "blue"}
        draw_select("near", "Near", words, "red", width=100)
        draw_select("far", "Far", words, "red", width=100)
        draw_fold("more", "More", lambda: None)
        st.text(f"{address.read('near', 'red')} {address.read_all('far')}")
        both = {"near": "blue", "far": ["blue", "green"]}
        st.button("Both", on_click=address.write_all, args=(both,))
        st.button("Neither", on_click=address.write_all, args=(dict.fromkeys(both, ""),))

        def move() -> None:
            # As the switch to a page does, which takes all other parameters away.
            address.note_move({"far": "blue"})
            st.query_params.from_dict({"far": "blue"})

        st.button("Move", on_click=move)

    return AppTest.from_function(script, default_timeout=60).run()


def choose(page: AppTest, name: str, word: str) -> None:
    next(box for box in page.selectbox if box.label == name.title()).select(word).run()
    assert not page.exception


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def chosen(page: AppTest) -> Sequence[str]:
    return [box.value for box in page.selectbox]


def arrive_late(page: AppTest, **parameters: str) -> None:
    """Have the browser send an address that it had before."""
    page.query_params.clear()
    page.query_params.update(parameters)


def test_a_choice_stands_in_the_address_and_the_default_leaves_it() -> None:
    page = shown()
    choose(page, "near", "green")
    assert page.query_params == {"near": "green"}
    choose(page, "near", "red")
    assert page.query_params == {}


def test_a_second_choice_with_the_old_address_undoes_nothing() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page)
    choose(page, "far", "blue")
    assert chosen(page) == ["green", "blue"]
    assert page.query_params == {"near": "green", "far": "blue"}


def test_a_late_address_is_put_right_without_a_choice_too() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page)
    page.run()
    assert chosen(page) == ["green", "red"]
    assert page.query_params == {"near": "green"}


def test_a_parameter_taken_away_does_not_come_back_with_a_late_address() -> None:
    page = shown()
    page.query_params["near"] = "green"
    page.run()
    choose(page, "near", "red")
    arrive_late(page, near="green")
    choose(page, "far", "blue")
    assert chosen(page) == ["red", "blue"]
    assert page.query_params == {"far": "blue"}


def test_of_several_choices_on_their_way_the_last_counts() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page)
    choose(page, "near", "blue")
    arrive_late(page, near="green")
    choose(page, "far", "green")
    assert chosen(page) == ["blue", "green"]
    arrive_late(page)
    page.run()
    assert page.query_params == {"near": "blue", "far": "green"}


def test_a_choice_taken_back_at_once_stays_taken_back() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page)
    choose(page, "near", "red")
    arrive_late(page, near="green")
    page.run()
    assert chosen(page)[0] == "red"
    assert page.query_params == {}


def test_what_was_never_there_was_meant_and_wins() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page, near="blue")
    page.run()
    assert chosen(page)[0] == "blue"
    assert page.query_params == {"near": "blue"}


def test_the_back_button_right_after_a_choice_wins() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page)
    page.session_state["by_the_back_button"] = True
    page.run()
    assert chosen(page)[0] == "red"
    assert page.query_params == {}
    # For good, and not only for that moment.
    choose(page, "far", "blue")
    assert page.query_params == {"far": "blue"}


def test_what_the_back_button_left_alone_is_still_kept() -> None:
    page = shown()
    choose(page, "far", "blue")
    choose(page, "near", "green")
    arrive_late(page, far="blue")
    page.session_state["by_the_back_button"] = True
    page.run()
    arrive_late(page)
    page.run()
    assert page.query_params == {"far": "blue"}


def test_another_page_does_not_get_what_this_one_wrote() -> None:
    page = shown()
    choose(page, "near", "green")
    arrive_late(page)
    page.session_state["page"] = "another"
    page.run()
    assert page.query_params == {}
    choose(page, "far", "blue")
    assert page.query_params == {"far": "blue"}


def test_parameters_of_others_stay_where_they_are() -> None:
    page = shown()
    page.query_params["foreign"] = ["1", "2"]
    choose(page, "near", "green")
    arrive_late(page, foreign="3")
    choose(page, "far", "blue")
    assert page.query_params == {"foreign": "3", "near": "green", "far": "blue"}


def test_what_the_page_sets_itself_is_kept_with_all_its_values() -> None:
    page = shown()
    press(page, "Both")
    assert page.query_params == {"near": "blue", "far": ["blue", "green"]}
    arrive_late(page)
    page.run()
    assert page.text[0].value == "blue ['blue', 'green']"
    assert page.query_params == {"near": "blue", "far": ["blue", "green"]}


def test_what_the_page_takes_away_itself_stays_away() -> None:
    page = shown()
    press(page, "Both")
    press(page, "Neither")
    arrive_late(page, near="blue")
    page.run()
    assert chosen(page)[0] == "red"
    assert page.query_params == {}


def test_a_page_opened_anew_with_other_parameters_keeps_them() -> None:
    page = shown()
    choose(page, "near", "green")
    press(page, "Move")
    assert chosen(page) == ["red", "blue"]
    arrive_late(page, near="green")
    page.run()
    assert chosen(page) == ["red", "blue"]
    assert page.query_params == {"far": "blue"}


def test_after_a_while_the_address_counts_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    page = shown()
    choose(page, "near", "green")
    later = time.monotonic() + 3_600
    monkeypatch.setattr(address.time, "monotonic", lambda: later)
    arrive_late(page)
    page.run()
    assert chosen(page)[0] == "red"
