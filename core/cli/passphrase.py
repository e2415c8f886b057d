"""`passphrase`: the owner's, asked for in the terminal and never shown there."""

import getpass
import sys
from typing import Final

from core.cli.text import note, say
from core.errors import ConfigError
from core.passphrase import PassphraseFile
from core.settings import Settings

_TRIES: Final = 3


def set_passphrase(settings: Settings) -> int:
    """Ask for a new passphrase and keep it. Raises ConfigError without a terminal to ask in."""
    if not sys.stdin.isatty():
        raise ConfigError(
            "The passphrase is asked for in a terminal, so that it stands in no file and no list "
            "of processes. Call this there, or set DIGITLAB_PASSPHRASE."
        )
    if not _ask(PassphraseFile(settings.config)):
        raise ConfigError("No passphrase was entered; nothing has changed.")
    say("The passphrase is set.")
    if settings.passphrase:
        note("DIGITLAB_PASSPHRASE is set too, and goes before it.")
    return 0


def offer_to_set(settings: Settings) -> None:
    """At the first share, ask for a passphrase; whoever enters none goes on without."""
    if can_sign_in(settings) or not sys.stdin.isatty():
        return
    say("By a passphrase, Digit Lab will know you as its owner. Press Enter to go on without.")
    _ask(PassphraseFile(settings.config))


def can_sign_in(settings: Settings) -> bool:
    """Tell whether there is a passphrase to sign in by. Raises ConfigError if it is damaged."""
    return bool(settings.passphrase) or PassphraseFile(settings.config).is_set()


def _ask(file: PassphraseFile) -> bool:
    for _ in range(_TRIES):
        passphrase = getpass.getpass("New passphrase: ")
        if not passphrase:
            return False
        if getpass.getpass("Once more: ") != passphrase:
            note("These are not the same.")
            continue
        try:
            file.set(passphrase)
        except ConfigError as error:
            note(str(error))
        else:
            return True
    raise ConfigError(f"No passphrase was set after {_TRIES} tries. Start again.")
