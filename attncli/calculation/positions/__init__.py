"""Positional encodings, which give the tokens an order: the schemes and their operations."""
