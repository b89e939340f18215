"""The arithmetic of a cell, as text, JSON, LaTeX and Markdown."""
