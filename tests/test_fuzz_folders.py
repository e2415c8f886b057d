"""What lies on the disk, damaged in every way: a sentence, never a traceback or a hang."""

import pytest

from tests.fuzz import folders
from tests.fuzz.properties import Property


@pytest.mark.parametrize(
    "held",
    [folders.RUNS, folders.REPORTS, folders.DRAWINGS, folders.GROUPS, folders.INDEXES],
    ids=lambda held: held.name.replace(" ", "-"),
)
def test_what_lies_on_the_disk_may_be_anything(held: Property) -> None:
    held.try_quickly()
