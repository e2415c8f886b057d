"""Which runs belong together: those that differ in nothing but the seed."""

import pytest

from core.analysis.sides import one_of_each_first, side_names, sides
from core.config import RunConfig

SGD, ADAM = RunConfig(optimizer="sgd"), RunConfig(optimizer="adam")


def test_runs_that_differ_in_the_seed_alone_are_one_side() -> None:
    found = sides({"a": SGD, "b": SGD.replace(seed=1), "c": SGD.replace(seed=2)})
    assert found == [("a", "b", "c")]


def test_runs_that_differ_otherwise_are_sides_of_their_own() -> None:
    assert sides({"a": SGD, "b": ADAM, "c": SGD.replace(epochs=9)}) == [("a",), ("b",), ("c",)]


def test_sides_stand_in_the_order_of_their_first_runs() -> None:
    assert sides({"a": ADAM, "b": SGD, "c": ADAM.replace(seed=4)}) == [("a", "c"), ("b",)]


def test_runs_of_the_same_seed_are_one_side_too() -> None:
    assert sides({"a": SGD, "b": SGD}) == [("a", "b")]


def test_of_many_runs_one_of_each_side_comes_first() -> None:
    configs = {"a": SGD, "b": SGD.replace(seed=1), "c": ADAM, "d": SGD.replace(seed=2)}
    assert one_of_each_first(configs) == ["a", "c", "b", "d"]


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (["Adam, seed 1", "Adam, seed 20"], "Adam (2 seeds)"),
        (["Adam (seed 1)", "Adam (seed 2)"], "Adam (2 seeds)"),
        (["Adam", "Adam", "Adam"], "Adam (3 seeds)"),
        (["Adam", "My other one", "Third"], "Adam (a1) and 2 more"),
        (["seed 1", "seed 2"], "seed 1 (a1) and 1 more"),
    ],
)
def test_a_side_is_called_what_its_runs_have_in_common(names: list[str], called: str) -> None:
    runs = [(name, f"{name} (a{place})") for place, name in enumerate(names, start=1)]
    assert side_names([runs]) == [called]


def test_a_single_run_is_called_as_no_other_is() -> None:
    assert side_names([[("Adam", "Adam (x)")], [("Adam", "Adam (y)")]]) == ["Adam (x)", "Adam (y)"]


def test_sides_whose_names_are_alike_are_told_apart() -> None:
    first = [("Adam", "Adam (u)"), ("Adam", "Adam (v)")]
    second = [("Adam", "Adam (x)"), ("Adam", "Adam (y)")]
    assert side_names([first, second]) == ["Adam (u) and 1 more", "Adam (x) and 1 more"]
