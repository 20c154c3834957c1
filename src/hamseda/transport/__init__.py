"""Adapt the outside world, one foreign library a file."""
