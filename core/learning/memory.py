"""How the C library hands out memory while training."""

import ctypes
import sys
from typing import Final

# From glibc's malloc.h.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_NEVER: Final = 2**30


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, and tell whether that could be set.

    Every step of a CNN frees and asks again for megabytes. By default glibc hands such blocks
    back to the system each time, and fetching their pages again takes a quarter of a step. Other
    C libraries are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(option, _NEVER) == 1 for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD))
