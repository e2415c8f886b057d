"""The entry point for Streamlit Community Cloud, which sets neither environment nor options.

It must be chosen as the app's main file; see docs/deploy.md.
"""

import os
import sys
from pathlib import Path

# Streamlit looks for modules beside this file alone.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.setdefault("DIGITLAB_SHARE", "1")
# What the proxy in front calls it is not known from here, and nobody is the owner by an address.
os.environ.setdefault("DIGITLAB_HOSTS", "*")

from core.ui.allocation import keep_memory_together

keep_memory_together()  # before the libraries below start threads

import streamlit as st

from core.ui.middleware import middleware
from core.ui.server import SCRIPT, lifespan, routes

app = st.App(SCRIPT, lifespan=lifespan, routes=routes, middleware=middleware)
