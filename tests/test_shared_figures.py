"""Figures that are made once for all visitors."""

import json

import numpy as np
import plotly.graph_objects as go

from core.ui.shared_figures import shared_figure

made: list[str] = []


def bars(values: np.ndarray, *, name: str) -> go.Figure:
    made.append(name)
    return go.Figure(go.Bar(y=values.tolist(), name=name), layout={"title": {"text": name}})


def figure(*values: int, name: str) -> str:
    return shared_figure(bars, np.array(values), name=name).text


def test_the_same_figure_is_made_once() -> None:
    assert figure(1, 2, name="once") is figure(1, 2, name="once")
    assert made.count("once") == 1


def test_another_value_is_another_figure() -> None:
    assert json.loads(figure(1, 2, name="value"))["data"][0]["y"] == [1, 2]
    assert json.loads(figure(1, 3, name="value"))["data"][0]["y"] == [1, 3]


def test_arrays_of_the_same_bytes_and_another_type_are_told_apart() -> None:
    one = shared_figure(bars, np.array([1], dtype=np.int64), name="type").text
    two = shared_figure(bars, np.array([1]).view(np.float64), name="type").text
    assert one != two


def test_a_figure_knows_its_title() -> None:
    assert shared_figure(bars, np.array([1]), name="title").title == "title"
