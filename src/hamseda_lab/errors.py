"""Say what the lab cannot do here, and what would let it."""


class LabError(Exception):
    """Tell that this machine does not let the lab work; the message says what is missing."""
