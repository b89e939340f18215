"""Matrices as text: JSON and CSV."""
