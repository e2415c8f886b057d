"""Sessions that Streamlit holds: of open pages, and for a while of those that were closed."""

from streamlit import runtime


def held_sessions() -> int:
    """Forget the sessions whose time is over and return how many are left.

    To be called in the server's event loop. Streamlit keeps what a visitor chose, drew and handed
    in for `server.disconnectedSessionTTL` seconds after the page was closed, and then no longer
    gives it out; but it lets go of it only when the next page is closed, so the last class of a day
    would stay in memory until the next day's has gone.
    """
    if not runtime.exists():
        return 0
    manager = runtime.get_instance()._session_mgr
    # There is no public way to them, and the lock is what Streamlit itself takes where it adds one.
    with manager._storage_lock:  # type: ignore[attr-defined]
        expired = manager._session_storage._cache.expire()  # type: ignore[attr-defined]
    for _, info in expired:
        info.session.shutdown()  # lets go of uploads at once, not when Python finds the garbage
    return manager.num_sessions()
