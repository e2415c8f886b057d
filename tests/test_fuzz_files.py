"""Pictures, zip files and command lines of any kind end in an answer or a sentence."""

import pytest

from tests.fuzz.command_lines import COMMANDS
from tests.fuzz.pictures import MANY, PICTURE
from tests.fuzz.properties import Property
from tests.fuzz.zips import ZIPS


@pytest.mark.parametrize(
    "held", [PICTURE, MANY, ZIPS, COMMANDS], ids=lambda held: held.name.replace(" ", "-")
)
def test_what_is_handed_in_may_be_anything(held: Property) -> None:
    held.try_quickly()
