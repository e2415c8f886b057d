"""Share: the link of this very view, who can open it, who one is here, and the owner's rules."""

import functools
from html import escape
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st

from core.access import is_owner
from core.errors import ConfigError
from core.sharing.addresses import shareable_addresses
from core.sharing.qr import qr_address
from core.sharing.reach import reach_of
from core.ui.actor_middleware import cookie_path
from core.ui.components import asset
from core.ui.identity import oidc_is_set_up
from core.ui.listening import is_local_host, is_shared
from core.ui.owner_sessions import owner_sessions
from core.ui.refusals import refusals
from core.ui.rules_form import draw_rules
from core.ui.sign_in import SIGN_IN_ROUTE, draw_sign_out

_share_link = st.components.v2.component(
    "digitlab_share_link",
    css=asset("share_link.css"),
    js=asset("share_link.js"),
    isolate_styles=False,
)


@st.fragment
def draw_share() -> None:
    """Draw the button; what is behind it is worked out only once it is opened."""
    with st.popover(
        "Share", icon=":material/share:", width="content", key="share", on_change="rerun"
    ) as opened:
        if not opened.open:
            return
        _draw_link(*this_view())
        if is_shared():
            _draw_who()


def this_view() -> tuple[str, str]:
    """Return the link that others open to see what is seen here, and a sentence who can."""
    asked = urlsplit(st.context.url or "")
    pairs = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    query = urlencode([(name, value) for name, value in pairs if not name.startswith("embed")])
    place = asked.netloc
    if is_shared() and is_local_host(asked.hostname or ""):
        # That name would lead others to their own computer.
        place = _seen_from_outside(asked.port) or place
    link = urlunsplit((asked.scheme or "http", place, asked.path, query, ""))
    listening = "" if is_shared() else "localhost"
    return link, reach_of(urlsplit(link).hostname or "", listening)


def _draw_link(link: str, who_can: str) -> None:
    _share_link(key="share_link", data={"link": link})
    code = _qr(link)
    if code:
        st.html(
            f'<img class="dl-qr" src="{code}" alt="The same link as a QR code for a phone\'s '
            'camera">'
        )
    else:
        st.caption("The link is too long for a QR code: copy it, or choose fewer runs.")
    st.html(f"<p>{escape(who_can)}</p>")


def _draw_who() -> None:
    here = urlsplit(st.context.url or "")
    following = urlunsplit(("", "", here.path or "/", urlencode(_pairs()), ""))
    if is_owner():
        st.html("<p>You are signed in as the <b>owner</b>: only you can change what is here.</p>")
        draw_rules()
        met = refusals.summary()
        if met:
            st.html(f'<p class="dl-quiet">{escape(met)}</p>')
        if st.user.get("email"):
            if st.button("Sign out", key="oidc_sign_out"):
                st.logout()
        else:
            draw_sign_out(following)
        return
    st.html(
        "<p>You are a <b>visitor</b>: you can look at everything, compare, draw and take part in "
        "the field test.</p>"
    )
    if owner_sessions().possible:
        form = f"{cookie_path().rstrip('/')}{SIGN_IN_ROUTE}?next={quote(following)}"
        st.html(
            f'<p><a class="dl-link" href="{escape(form)}" target="_self">Sign in as owner</a></p>'
        )
    if oidc_is_set_up() and st.button("Sign in with your account", key="oidc_sign_in"):
        st.login()


def _pairs() -> list[tuple[str, str]]:
    return [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]


@functools.lru_cache(maxsize=4)
def _seen_from_outside(port: int | None) -> str:
    found = shareable_addresses(port or 80)
    return urlsplit(found[0].url).netloc if found else ""


@functools.lru_cache(maxsize=256)
def _qr(link: str) -> str:
    try:
        return qr_address(link)
    except ConfigError:
        return ""
