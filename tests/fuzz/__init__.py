"""Hostile examples of all that comes from outside, and what must hold for each of them.

A `Property` is made of a hypothesis strategy and a check. `tests/test_fuzz_*.py` tries some
examples of each, always the same ones; `benchmarks/soak/fuzz.py` tries as many as there is time
for, always others.
"""
