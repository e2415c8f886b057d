"""Where the results of `make soak` stand."""

from typing import Final

from benchmarks.measuring import write_between
from core.settings import PROJECT_ROOT

DOCUMENT: Final = PROJECT_ROOT / "docs" / "reliability.md"


def write(name: str, text: str) -> None:
    """Replace the section `name` of docs/reliability.md. Raises ValueError without its markers."""
    write_between(DOCUMENT, name, text)
