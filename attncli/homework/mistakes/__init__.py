"""Mistakes that people make, by the part of the calculation where they are made."""
