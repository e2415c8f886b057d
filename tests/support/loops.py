"""Coroutines, run to their end from a test."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_to_end(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns.

    It runs in a thread of its own: a browser of an earlier test may have left an event loop in
    this one, and two do not run in one thread.
    """
    with ThreadPoolExecutor(1) as own_thread:
        return own_thread.submit(asyncio.run, coroutine).result()
