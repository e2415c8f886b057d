"""Files and folders as they are typed."""

import argparse
from pathlib import Path


def folder(text: str) -> Path:
    """Return a folder's whole path, whether it is there or not."""
    return _typed(text, "folder").resolve()


def file(text: str) -> Path:
    """Return a file's path, whether it is there or not."""
    return _typed(text, "file name")


def _typed(text: str, what: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"a {what} is needed")
    if "\0" in text:
        raise argparse.ArgumentTypeError(f"no {what} holds a null character, got {text!r}")
    return Path(text).expanduser()
