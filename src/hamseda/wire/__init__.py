"""Turn bytes into frozen values and back, one message family a file."""
