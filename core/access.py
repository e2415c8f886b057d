"""Who may do what: the one place that decides, asked by every function that changes something.

There are two roles. The owner may do everything. A visitor may look, compare, draw, and take part
in the field test; and start runs where the owner allows it. Whatever a page hides or disables is
a courtesy: the functions themselves refuse.

Who is acting is never handed through: a process says once how to find out (`ask`), the dashboard
by the session or the request that runs in this thread. A process that never says is the owner's
own: the command line, a worker.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, ParamSpec, TypeAlias, TypeVar

from core.errors import AccessError

Role: TypeAlias = Literal["owner", "visitor"]
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Action(StrEnum):
    """What can be done to something that stays; the words complete "Only the owner may …"."""

    START_RUNS = "start runs"
    START_GROUPS = "start sweeps and fair comparisons"
    GO_ON = "resume or continue runs"
    CANCEL = "cancel runs"
    LABEL = "rename, tag, star or archive runs"
    DELETE = "delete runs, or take them back"
    IMPORT = "take in runs from a file"
    EXPORT = "export runs"
    FETCH = "fetch MNIST"
    DRAW = "draw for the field test"
    CURATE = "hide, delete or take back drawings"
    EXPORT_DRAWINGS = "export drawings"
    SET_RULES = "change what visitors may do"


EVERYTHING: Final = frozenset(Action)
# Without any leave of the owner's.
VISITORS_OWN: Final = frozenset({Action.DRAW})


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a role and, of visitors, a pseudonym that tells one browser from another.

    The pseudonym is no identity: whoever clears the cookies gets another one. It is empty for the
    owner, and for visitors who send no cookie, who count together as one.
    """

    role: Role
    may: frozenset[Action]
    visitor: str = ""


OWNER: Final = Actor("owner", EVERYTHING)
NOBODY: Final = Actor("visitor", frozenset())

# Every function that changes something, by module and name, with what it asks for: a test calls
# each as a visitor.
GUARDED: Final[dict[str, Action]] = {}

_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)
_find: Callable[[], Actor] = lambda: OWNER  # noqa: E731 - replaced by `ask`


def ask(find: Callable[[], Actor]) -> None:
    """From now on, find out by `find` who acts in a thread where `acting_as` does not say it."""
    global _find
    _find = find


def actor() -> Actor:
    """Return whoever acts in this thread at this moment."""
    return _acting.get() or _find()


def is_owner() -> bool:
    """Tell whether the owner acts."""
    return actor().role == "owner"


@contextmanager
def acting_as(who: Actor) -> Iterator[None]:
    """Let `who` act within the block: a request's sender, or the process itself as its owner."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def refusal(action: Action, *, by: str | None = None) -> str:
    """Return in a sentence why whoever acts may not; empty where they may.

    `by` is the pseudonym of the visitor whose own thing is concerned, which they may do it to.
    """
    who = actor()
    if action in who.may or (by and by == who.visitor):
        return ""
    return f"Only the owner of this Digit Lab may {action}. Is that you? Sign in under Share."


def require(action: Action, *, by: str | None = None) -> None:
    """Raise AccessError where whoever acts may not; `by` as `refusal` has it."""
    sentence = refusal(action, by=by)
    if sentence:
        raise AccessError(sentence)


def needs(action: Action) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Return a decorator: the function raises AccessError before it does anything."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @functools.wraps(function)
        def guarded(*arguments: _P.args, **named: _P.kwargs) -> _T:
            require(action)
            return function(*arguments, **named)

        return asks(action)(guarded)

    return decorate


def asks(action: Action) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Return a decorator for a function that asks for itself, because it must look first."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        GUARDED[f"{function.__module__}.{function.__qualname__}"] = action
        return function

    return decorate
