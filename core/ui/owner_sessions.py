"""Who has signed in as owner by the passphrase: a random token for each browser, in memory."""

import functools
import hashlib
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from core.errors import AccessError
from core.passphrase import PassphraseFile, Verifier, verifier_of
from core.ui.services import services

SECONDS: Final = 12 * 3_600
_TRIES: Final = 8.0  # wrong passphrases at once, of all who try together
_SECONDS_A_TRY: Final = 10.0  # until there is one more
_MOST: Final = 1_000


@dataclass
class Throttle:
    """Lets so many wrong passphrases pass and then one every few seconds.

    For all together: where visitors come from tells nothing behind a proxy, and cookies can be
    thrown away. `left` is refilled as time goes by.
    """

    left: float = _TRIES
    at: float = field(default_factory=time.monotonic)

    def take(self) -> None:
        """Take one try. Raises AccessError where there is none left."""
        now = time.monotonic()
        self.left = min(_TRIES, self.left + (now - self.at) / _SECONDS_A_TRY)
        self.at = now
        if self.left < 1:
            raise AccessError(
                "Too many wrong passphrases were tried. Wait a minute, then try again."
            )
        self.left -= 1

    def give_back(self) -> None:
        """Give back a try that was right."""
        self.left = min(_TRIES, self.left + 1)


class OwnerSessions:
    """The tokens of browsers whose user knew the passphrase; for use from any thread.

    They end after 12 hours, with `sign_out`, and with this process.
    """

    def __init__(self, verifier: Verifier | None) -> None:
        self._verifier = verifier
        self._ends: dict[bytes, float] = {}  # by the token's hash: a dump of memory lets nobody in
        self._throttle = Throttle()
        self._lock = threading.Lock()
        self._checking = threading.Lock()  # each check takes 32 MB

    @property
    def possible(self) -> bool:
        """Whether there is a passphrase to sign in with."""
        return self._verifier is not None

    def sign_in(self, passphrase: str) -> str:
        """Return a new token. Raises AccessError if the passphrase is wrong or tried too often."""
        if self._verifier is None:
            raise AccessError(
                "No passphrase has been set, so nobody can sign in. On the computer that runs "
                "Digit Lab: `python -m core passphrase`, then start it anew."
            )
        with self._lock:
            self._throttle.take()
        with self._checking:
            right = self._verifier.matches(passphrase)
        if not right:
            raise AccessError("That is not the owner's passphrase.")
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._throttle.give_back()
            self._forget_ended()
            self._ends[_hashed(token)] = time.monotonic() + SECONDS
        return token

    def knows(self, token: str | None) -> bool:
        """Tell whether the token was given out and still counts."""
        if not token:
            return False
        with self._lock:
            return self._ends.get(_hashed(token), float("-inf")) > time.monotonic()

    def sign_out(self, token: str | None) -> None:
        """Let the token count no longer."""
        with self._lock:
            self._ends.pop(_hashed(token or ""), None)

    def _forget_ended(self) -> None:
        now = time.monotonic()
        alive = {token: end for token, end in self._ends.items() if end > now}
        # The newest, should somebody who knows the passphrase sign in without end.
        self._ends = dict(sorted(alive.items(), key=lambda item: item[1])[-_MOST:])


@functools.cache
def owner_sessions() -> OwnerSessions:
    """Return those of this process. Raises ConfigError if the passphrase's file is damaged."""
    return OwnerSessions(_known_verifier())


@functools.cache
def secret(name: str) -> Any:
    """Return what `.streamlit/secrets.toml` says of `name` in `[digitlab]`, None if nothing.

    As it was when it was first asked: Streamlit looks for the file each time, one after another,
    and who acts is asked hundreds of times a second.
    """
    if not st.secrets.load_if_toml_exists():
        return None
    section = st.secrets.get("digitlab", {})
    return section.get(name) if isinstance(section, Mapping) else None


def _known_verifier() -> Verifier | None:
    settings = services().settings
    written = settings.passphrase or secret("passphrase")
    if written:
        return verifier_of(str(written))
    return PassphraseFile(settings.config).verifier()


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
