"""Data, models, training and evaluation. Torch lives here; no run file is touched."""
