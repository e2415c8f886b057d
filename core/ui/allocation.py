"""How the server takes memory from the system, where its C library is glibc (most of Linux)."""

import ctypes
from collections.abc import Callable
from typing import Final

# What malloc is told, by the numbers of malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ALLOCATION: Final = {
    _M_ARENA_MAX: 1,
    _M_MMAP_THRESHOLD: 256 * 1024,  # bytes
    _M_TRIM_THRESHOLD: 8 * 1024 * 1024,  # bytes
}


def keep_memory_together() -> None:
    """Let all threads allocate from one place, and large arrays from the system itself.

    To be called before the libraries start their threads: a place that is there stays in use. Each
    script of a page has a thread of its own, and by default their objects lie scattered over many
    places: of what a class took, nearly all stayed, because on almost every page of memory
    something small was still in use. Does nothing where the C library is another.
    """
    mallopt = glibc("mallopt")
    if mallopt is not None:
        for parameter, value in _ALLOCATION.items():
            mallopt(parameter, value)


def glibc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc, None where the C library is another."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, TypeError, AttributeError):  # Windows, macOS, musl
        return None
    return found
