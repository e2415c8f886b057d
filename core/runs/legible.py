"""Text that people or other programs wrote, so that nothing in it hides, commands or turns."""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator

# They turn the direction of what stands after them: a name could make its neighbours unreadable.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def legible(text: str) -> str:
    """Return `text` without what cannot be shown or written: control characters, half letters."""
    return "".join(
        character
        for character in text
        if character in "\n\t"
        or (unicodedata.category(character) not in ("Cc", "Cs") and character not in _TURNING)
    )


# For fields of files that may have been written by hand, past all that cleans what is typed.
Legible = Annotated[str, AfterValidator(legible)]
