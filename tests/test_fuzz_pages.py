"""Addresses of pages and routes with anything in them end in a page or a plain refusal."""

from collections.abc import Iterator

import pytest

from tests.fuzz.pages import ADDRESSES, ROUTES, folds, pages_over_examples, parameters
from tests.fuzz.properties import Property


@pytest.fixture(scope="module", autouse=True)
def _pages() -> Iterator[None]:
    with pages_over_examples():
        yield


def test_the_parameters_are_found_in_the_code() -> None:
    known = {"runs", "open", "part", "axis", "smooth", "q", "sort", "rows", "digit", "sure", "way"}
    assert known | {"drawing", "kind", "map", "m", "page", "by", "cols"} <= set(parameters())
    assert {"how", "inside", "files", "drawings"} <= set(folds())


@pytest.mark.parametrize("held", [ADDRESSES, ROUTES], ids=lambda held: held.name.replace(" ", "-"))
def test_an_address_may_be_anything(held: Property) -> None:
    held.try_quickly()
