"""How much memory the files take that visitors have handed in, and what stands for one too many.

Streamlit's upload field shows of a refusal no more than its number. So in place of a file that is
not taken, the field gets a short one that says why, and whoever reads it raises that sentence.
"""

from typing import Final

from streamlit import runtime
from streamlit.runtime.stats import CACHE_MEMORY_FAMILY
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import LimitError

_REFUSED: Final = b"digit-lab-refused-this-file\n"
_LONGEST: Final = 500


def upload_bytes() -> int:
    """Return the bytes of all uploads that Streamlit holds, of all sessions together."""
    if not runtime.exists():
        return 0
    kept = runtime.get_instance().uploaded_file_mgr
    stats = kept.get_stats() if hasattr(kept, "get_stats") else {}
    return sum(getattr(one, "byte_length", 0) for one in stats.get(CACHE_MEMORY_FAMILY, ()))


def stand_in(sentence: str) -> bytes:
    """Return what an upload field gets in place of a file that is refused with `sentence`."""
    return _REFUSED + sentence.encode()[:_LONGEST]


def content_of(file: UploadedFile) -> bytes:
    """Return what a visitor has handed in. Raises LimitError where it was not taken."""
    check_taken(file)
    return file.getvalue()


def check_taken(file: UploadedFile) -> None:
    """Raise LimitError with the sentence if the file is only one that stands for another."""
    if file.size <= len(_REFUSED) + _LONGEST and file.getvalue().startswith(_REFUSED):
        raise LimitError(file.getvalue()[len(_REFUSED) :].decode("utf-8", "replace"))
