"""Offer the library that other programs import to place and take calls."""
