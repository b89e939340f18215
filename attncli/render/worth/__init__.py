"""The worth of an exercise, for people and as data."""
