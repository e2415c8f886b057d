"""What every page says when the disk of the runs is full, or when other things keep runs back."""

import streamlit as st

from core.access import is_owner
from core.ui.services import services
from core.words import as_text


def draw_disk_notice() -> None:
    """Draw what is wrong with the disk: to everybody where nothing starts, else to the owner."""
    if services().queue.notice and is_owner():
        st.warning(as_text(services().queue.notice), icon=":material/folder_off:")
    disk = services().store.disk
    if disk is None:
        return
    use = disk.look()
    if use.state == "stopped":
        st.error(as_text(use.sentence), icon=":material/hard_drive:")
    elif use.state == "warning" and is_owner():
        st.warning(as_text(use.sentence), icon=":material/hard_drive:")
