"""The owner's passphrase: kept as a key that scrypt derives from it, never as it is.

scrypt (Percival 2009, RFC 7914) takes 32 MB and about a tenth of a second for each guess, here
with N = 2^15, r = 8, p = 1, as its author suggests for signing in.
"""

import hashlib
import hmac
import json
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError
from core.runs import files

SHORTEST: Final = 10
LONGEST: Final = 1_000
_COST: Final = 2**15
_BLOCK: Final = 8
_MEMORY: Final = 64 * 1024 * 1024
_FILE: Final = "owner.json"


@dataclass(frozen=True)
class Verifier:
    """What a passphrase is checked against; nobody can read the passphrase from it."""

    salt: bytes
    key: bytes

    def matches(self, passphrase: str) -> bool:
        """Tell whether `passphrase` is the one; takes as long either way."""
        return hmac.compare_digest(_derived(passphrase, self.salt), self.key)


def verifier_of(passphrase: str) -> Verifier:
    """Return what to check `passphrase` against. Raises ConfigError if it is too short or long."""
    if len(_one_form(passphrase)) < SHORTEST:
        raise ConfigError(
            f"A passphrase has at least {SHORTEST} characters: several words are easy to remember "
            "and hard to guess."
        )
    if len(passphrase) > LONGEST:
        raise ConfigError(f"A passphrase has at most {LONGEST:,} characters.")
    salt = secrets.token_bytes(16)
    return Verifier(salt, _derived(passphrase, salt))


class PassphraseFile:
    """`owner.json` in the folder of this user's settings, which only this user may read."""

    def __init__(self, folder: Path | None) -> None:
        """Name the folder; None where the system has none, so that nothing can be kept."""
        self._path = folder / _FILE if folder is not None else None

    def is_set(self) -> bool:
        """Tell whether a passphrase was set. Raises ConfigError if the file is damaged."""
        return self.verifier() is not None

    def verifier(self) -> Verifier | None:
        """Return what a passphrase is checked against, None where none was set.

        Raises ConfigError if the file is damaged or cannot be read.
        """
        if self._path is None:
            return None
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return _read(stored)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self._path} cannot be read, so nobody can sign in as owner. Set the passphrase "
                "anew with `python -m core passphrase`."
            ) from error

    def set(self, passphrase: str) -> None:
        """Keep what `passphrase` is checked against, in place of what was there.

        Raises ConfigError if it is too short or long, or the file cannot be written.
        """
        verifier = verifier_of(passphrase)
        if self._path is None:
            raise ConfigError(
                "This user has no folder for settings: name one in DIGITLAB_CONFIG, or put the "
                "passphrase into DIGITLAB_PASSPHRASE."
            )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with files.replacing(self._path) as temporary:
                temporary.touch(mode=0o600)
                temporary.write_text(json.dumps(_stored(verifier)) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"The passphrase cannot be kept in {self._path.parent} ({error.strerror})."
            ) from error


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        _one_form(passphrase).encode("utf-8", "replace"),
        salt=salt,
        n=_COST,
        r=_BLOCK,
        p=1,
        maxmem=_MEMORY,
        dklen=32,
    )


def _one_form(passphrase: str) -> str:
    # Keyboards differ in how they write an accented letter, and phones add a space at the end.
    return unicodedata.normalize("NFKC", passphrase[: LONGEST + 1]).strip()


def _stored(verifier: Verifier) -> dict[str, Any]:
    return {
        "kind": "scrypt",
        "cost": [_COST, _BLOCK, 1],
        "salt": verifier.salt.hex(),
        "key": verifier.key.hex(),
    }


def _read(stored: Any) -> Verifier:
    if stored["kind"] != "scrypt" or stored["cost"] != [_COST, _BLOCK, 1]:
        raise ValueError("another kind of key")
    found = Verifier(bytes.fromhex(stored["salt"]), bytes.fromhex(stored["key"]))
    if len(found.key) != 32 or len(found.salt) < 16:
        raise ValueError("a key of another length")
    return found
