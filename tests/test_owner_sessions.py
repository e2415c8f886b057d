"""Signing in by the passphrase: tokens, their end, and a bound on wrong tries."""

import pytest

from core.errors import AccessError
from core.passphrase import verifier_of
from core.ui.owner_sessions import OwnerSessions, Throttle

GOOD = "four chalk words here"
VERIFIER = verifier_of(GOOD)


@pytest.fixture
def sessions() -> OwnerSessions:
    return OwnerSessions(VERIFIER)


def test_the_right_passphrase_gives_a_token_that_is_known(sessions: OwnerSessions) -> None:
    assert sessions.knows(sessions.sign_in(GOOD))


def test_a_wrong_one_gives_none(sessions: OwnerSessions) -> None:
    with pytest.raises(AccessError, match="not the owner's"):
        sessions.sign_in("four chalk words there")


@pytest.mark.parametrize("token", [None, "", "x", "é", "\udcff"])
def test_other_tokens_are_not_known(sessions: OwnerSessions, token: str | None) -> None:
    sessions.sign_in(GOOD)
    assert not sessions.knows(token)


def test_each_browser_gets_a_token_of_its_own(sessions: OwnerSessions) -> None:
    assert sessions.sign_in(GOOD) != sessions.sign_in(GOOD)


def test_who_signed_out_is_known_no_longer(sessions: OwnerSessions) -> None:
    token, other = sessions.sign_in(GOOD), sessions.sign_in(GOOD)
    sessions.sign_out(token)
    assert (sessions.knows(token), sessions.knows(other)) == (False, True)


def test_a_token_ends(sessions: OwnerSessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ui.owner_sessions.SECONDS", -1)
    assert not sessions.knows(sessions.sign_in(GOOD))


def test_without_a_passphrase_nobody_signs_in_and_is_told_what_to_do() -> None:
    with pytest.raises(AccessError, match="python -m core passphrase"):
        OwnerSessions(None).sign_in("")


def test_after_some_wrong_tries_even_the_right_one_must_wait(sessions: OwnerSessions) -> None:
    for _ in range(8):
        with pytest.raises(AccessError, match="not the owner's"):
            sessions.sign_in("wrong")
    with pytest.raises(AccessError, match="Wait a minute"):
        sessions.sign_in(GOOD)


def test_right_ones_use_up_no_tries(sessions: OwnerSessions) -> None:
    for _ in range(20):
        sessions.sign_in(GOOD)


def test_tries_come_back_with_time() -> None:
    throttle = Throttle(left=0.0)
    throttle.at -= 15.0
    throttle.take()
    with pytest.raises(AccessError):
        throttle.take()
