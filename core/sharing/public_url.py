"""The public address of a dashboard behind a proxy or tunnel."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from core.errors import ConfigError

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


@dataclass(frozen=True)
class PublicUrl:
    """A public address in its parts; `path` begins with a slash, or is empty."""

    url: str
    host: str
    path: str


def read_public_url(text: str) -> PublicUrl:
    """Return the parts of a link such as https://lab.example.org/lab. Raises ConfigError."""
    wrong = ConfigError(f"A public link looks like https://lab.example.org/lab, got {text!r}.")
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise wrong from error
    odd = parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or odd:
        raise wrong
    if not _PATH.fullmatch(parts.path):
        raise wrong
    path = parts.path.rstrip("/")
    return PublicUrl(f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}", host, path)
