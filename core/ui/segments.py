"""A choice of a few words, as buttons in a row, tied to the address."""

from collections.abc import Mapping

import streamlit as st

from core.ui.links import linked, write_link


def draw_segments(
    name: str, label: str, options: Mapping[str, str], default: str, help_text: str = ""
) -> str:
    """Draw the buttons and return which is chosen.

    `options` maps what stands in the link, under `name`, to what stands on the button.
    """
    chosen = st.segmented_control(
        label,
        list(options),
        key=linked(name, list(options), default),
        format_func=lambda value: options[value],
        on_change=write_link,
        args=(name, default),
        required=True,
        help=help_text or None,
    )
    return chosen or default
