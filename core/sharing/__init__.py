"""Letting others in: under which addresses, how far a link reaches, and its QR code."""
