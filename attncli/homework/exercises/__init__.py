"""Exercises: documents of numbers for calculating by hand, and the worth of an exercise."""
