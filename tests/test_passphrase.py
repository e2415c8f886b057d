"""The owner's passphrase: kept as a key, checked, refused where it is too short."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.passphrase import PassphraseFile, verifier_of

GOOD = "four chalk words here"


def test_none_is_set_at_first(tmp_path: Path) -> None:
    assert not PassphraseFile(tmp_path / "config").is_set()


def test_one_that_was_set_matches_and_others_do_not(tmp_path: Path) -> None:
    PassphraseFile(tmp_path / "config").set(GOOD)
    verifier = PassphraseFile(tmp_path / "config").verifier()
    assert verifier is not None
    assert verifier.matches(GOOD)
    assert not verifier.matches(GOOD + "!")
    assert not verifier.matches("")


def test_the_passphrase_itself_is_nowhere_in_the_file(tmp_path: Path) -> None:
    PassphraseFile(tmp_path).set(GOOD)
    assert GOOD.encode() not in (tmp_path / "owner.json").read_bytes()


def test_only_this_user_may_read_the_file(tmp_path: Path) -> None:
    PassphraseFile(tmp_path).set(GOOD)
    assert (tmp_path / "owner.json").stat().st_mode & 0o077 == 0


def test_the_same_passphrase_twice_gives_different_keys() -> None:
    assert verifier_of(GOOD).key != verifier_of(GOOD).key


def test_a_space_from_a_phone_keyboard_does_no_harm() -> None:
    assert verifier_of(GOOD).matches(f"{GOOD} ")


@pytest.mark.parametrize("text", ["", "short", "         a         ", "x" * 1_001])
def test_one_that_is_too_short_or_long_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="characters"):
        PassphraseFile(tmp_path).set(text)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kind": "plain"}', "\0", '{"kind": "scrypt"'])
def test_a_damaged_file_lets_nobody_in_and_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner.json").write_text(text)
    with pytest.raises(ConfigError, match="python -m core passphrase"):
        PassphraseFile(tmp_path).verifier()


def test_without_a_folder_it_says_where_to_put_it() -> None:
    with pytest.raises(ConfigError, match="DIGITLAB_PASSPHRASE"):
        PassphraseFile(None).set(GOOD)
