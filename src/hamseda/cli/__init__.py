"""Parse a command line, call the library, print the result."""
