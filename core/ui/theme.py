"""The colours that the pages draw runs in; they lie lower, where the report takes them from too."""

from core.palette import ACCENT, DASHES, PALETTE, SYMBOLS, run_colour, run_dash, run_symbol

__all__ = ["ACCENT", "DASHES", "PALETTE", "SYMBOLS", "run_colour", "run_dash", "run_symbol"]
