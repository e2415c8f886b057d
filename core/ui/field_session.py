"""What one visitor of the field test is doing: what was asked for, and what was drawn last."""

import secrets
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from core.field_test.limits import SessionCount
from core.field_test.prompts import Prompts

PAD: Final = "field_pad"
_STATE: Final = "field_test"


@dataclass
class FieldSession:
    """One visit. `answered` is the id of the drawing whose answers are shown, None while drawing.

    Nothing of this is ever written down.
    """

    prompts: Prompts = field(default_factory=lambda: Prompts(secrets.randbits(64)))
    count: SessionCount = field(default_factory=SessionCount)
    answered: str | None = None
    problem: str = ""  # why the last press of Done kept nothing


def field_session() -> FieldSession:
    """Return the visit of whoever looks at the page."""
    session: FieldSession = st.session_state.setdefault(_STATE, FieldSession())
    return session
