"""Forward sealed frames between the lines of a room and keep nothing."""
