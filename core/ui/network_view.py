"""What a network will be made of, before it is trained: its size and its layers."""

from html import escape

import streamlit as st

from core.config import RunConfig
from core.ui.pieces import scrolling
from core.words import layer_rows


def draw_network(config: RunConfig) -> None:
    """Draw how many weights the network of `config` has, and a button that shows its layers."""
    with st.container(gap="xsmall"):
        st.caption(f"{config.parameter_count:,} adjustable weights (parameters)")
        with st.popover("Layers", icon=":material/layers:", key="layers"):
            st.html(_layer_table(config))


def _layer_table(config: RunConfig) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(what)}</th><td>{escape(shape)}</td>'
        f"<td>{escape(parameters)}</td></tr>"
        for what, shape, parameters in layer_rows(config)
    )
    return (
        '<p class="dl-quiet">What becomes of one image of 28 × 28 pixels, layer by layer.</p>'
        + scrolling(
            '<table class="dl-layers"><thead><tr><th scope="col">layer</th>'
            '<th scope="col">shape</th><th scope="col">parameters</th></tr></thead>'
            f"<tbody>{rows}</tbody>"
            f'<tfoot><tr><th scope="row" colspan="2">together</th>'
            f"<td>{config.parameter_count:,}</td></tr></tfoot></table>"
        )
    )
