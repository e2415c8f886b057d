"""What a tampered browser says is read or passed over, never believed and never a traceback."""

import pytest

from tests.fuzz import messages
from tests.fuzz.properties import Property


@pytest.mark.parametrize("held", messages.ALL, ids=lambda held: held.name.replace(" ", "-"))
def test_what_a_browser_says_may_be_anything(held: Property) -> None:
    held.try_quickly()
