"""The choices of a problem: how each is read, its default, and its help."""
