"""The arithmetic of a cell, as text, JSON and documents."""
