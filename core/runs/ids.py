"""The ids of new runs and groups."""

import secrets
import threading
import time
from typing import Final

# Crockford's base 32: sorts like the number and has no letters that look alike.
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"

_numbering = threading.Lock()
_last_number = 0


def new_run_id() -> str:
    """Return 11 URL-safe characters that sort by creation: milliseconds, then chance.

    Within a process each id sorts after the one before, also within a millisecond.
    """
    global _last_number
    with _numbering:
        number = time.time_ns() // 1_000_000 << 10 | secrets.randbits(10)
        number = _last_number = max(number, _last_number + 1)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(10, -1, -1))
