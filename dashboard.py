"""Digit Lab's entry point: `streamlit run dashboard.py`, or `make run`."""

from core.ui.server import app

__all__ = ["app"]
