"""The teacher's own gradebook, as a learning platform exports it and reads it back, filled in."""
