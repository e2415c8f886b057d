"""Digit Lab: compare how small neural networks learn to read handwritten digits."""
