"""Digit Lab's entry point: `streamlit run dashboard.py`, or `make run`.

Streamlit finds `app` by reading this file, so it must be made here by name.
"""

from core.ui.allocation import keep_memory_together

keep_memory_together()  # before the libraries below start threads

import streamlit as st

from core.ui.middleware import middleware
from core.ui.server import SCRIPT, lifespan, routes

app = st.App(SCRIPT, lifespan=lifespan, routes=routes, middleware=middleware)
