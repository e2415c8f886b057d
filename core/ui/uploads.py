"""How much memory the files take that visitors have handed in."""

from streamlit import runtime
from streamlit.runtime.stats import CACHE_MEMORY_FAMILY


def upload_bytes() -> int:
    """Return the bytes of all uploads that Streamlit holds, of all sessions together."""
    if not runtime.exists():
        return 0
    kept = runtime.get_instance().uploaded_file_mgr
    stats = kept.get_stats() if hasattr(kept, "get_stats") else {}
    return sum(getattr(one, "byte_length", 0) for one in stats.get(CACHE_MEMORY_FAMILY, ()))
