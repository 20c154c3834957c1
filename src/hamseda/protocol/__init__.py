"""Decide what each side does next: state machines fed with messages and time."""
