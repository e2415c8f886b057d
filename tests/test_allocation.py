"""All threads of the server allocate from one place."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc has places for threads"
)

PLACES = """
import ctypes, sys, threading
from core.ui.allocation import keep_memory_together

if sys.argv[1] == "together":
    keep_memory_together()
together = threading.Barrier(8)

def allocate():
    held = [bytearray(5_000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


def places(how: str) -> int:
    """Return from how many places eight threads of a process allocate."""
    ran = subprocess.run(
        [sys.executable, "-c", PLACES, how], capture_output=True, text=True, check=True
    )
    return ran.stdout.count("<heap nr=")


def test_by_default_threads_allocate_from_many_places() -> None:
    assert places("as ever") > 2


def test_told_so_they_allocate_from_one() -> None:
    assert places("together") == 1
