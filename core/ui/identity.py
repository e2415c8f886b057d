"""Who looks at the page or sends a request: the owner, or a visitor under a pseudonym."""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.access import NOBODY, OWNER, VISITORS_OWN, Action, Actor
from core.runs.visitor_rules import read_rules
from core.ui.listening import came_through_proxy, is_shared
from core.ui.owner_sessions import owner_sessions, secret
from core.ui.services import services

OWNER_COOKIE: Final = "digitlab_owner"
VISITOR_COOKIE: Final = "digitlab_visitor"
_USER_COOKIE: Final = "_streamlit_user"
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")


def session_actor() -> Actor:
    """Return who acts in a thread that runs a page's script.

    In any other thread, and where the browser has gone meanwhile, nobody who may do anything: the
    dashboard's own threads say by themselves that they act for the owner.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return NOBODY
    client = runtime.get_instance().get_client(context.session_id)
    if client is None or client.client_context is None:
        return NOBODY
    cookies = client.client_context.cookies
    if st.context.is_embedded:
        # A page that frames this one can lead its reader's clicks: never the owner's.
        return _visitor(cookies)
    headers = {name.lower(): value for name, value in client.client_context.headers}
    return actor_of(headers, cookies, context.user_info)


def request_actor(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Actor:
    """Return who sends a request; `headers` have names in lower case."""
    return actor_of(headers, cookies, _signed_in_user(cookies))


def actor_of(
    headers: Mapping[str, str], cookies: Mapping[str, str], user: Mapping[str, Any]
) -> Actor:
    """Return who stands behind a connection; `user` is what an OIDC provider says of them."""
    if not is_shared() and not came_through_proxy(headers):
        return OWNER
    if owner_sessions().knows(cookies.get(OWNER_COOKIE)) or is_owner_address(user):
        return OWNER
    return _visitor(cookies)


def _visitor(cookies: Mapping[str, str]) -> Actor:
    may = VISITORS_OWN
    if read_rules(services().settings.runs).start_runs:
        may |= {Action.START_RUNS}
    return Actor("visitor", may, pseudonym(cookies.get(VISITOR_COOKIE, "")))


def is_owner_address(user: Mapping[str, Any]) -> bool:
    """Tell whether somebody signed in by OIDC with an address that the secrets name as owner's.

    The provider must say that it has verified the address: at some, anybody may enter any.
    """
    if not user.get("is_logged_in"):
        return False
    address = str(user.get("email") or "").strip().casefold()
    verified = user.get("email_verified") in (True, "true") or bool(secret("accept_unverified"))
    return verified and address in _owner_addresses()


def oidc_is_set_up() -> bool:
    """Tell whether the secrets name an OIDC provider and at least one owner."""
    return bool(_owner_addresses()) and "auth" in st.secrets


def pseudonym(cookie: str) -> str:
    """Return what a visitor's runs are kept under: nobody gets the cookie back from it."""
    if not _COOKIE.fullmatch(cookie):
        return ""
    return hashlib.sha256(cookie.encode()).hexdigest()[:16]


@functools.cache
def _owner_addresses() -> frozenset[str]:
    listed = secret("owners") or ()
    listed = [listed] if isinstance(listed, str) else listed
    return frozenset(str(one).strip().casefold() for one in listed) - {""}


def _signed_in_user(cookies: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what Streamlit's signed cookie says of a user, nothing where it is not Streamlit's."""
    if _USER_COOKIE not in cookies or not _owner_addresses():
        return {}
    # Streamlit has no public way to read it outside of a script.
    from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

    found = _get_signed_cookie_with_chunks(dict(cookies), _USER_COOKIE)
    try:
        user = json.loads(found) if found else {}
    except ValueError:
        return {}
    return user if isinstance(user, dict) else {}
