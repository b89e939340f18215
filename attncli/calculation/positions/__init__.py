"""Positional encodings, which give tokens an order: the schemes and their operations."""
