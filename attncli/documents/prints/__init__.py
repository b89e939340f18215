"""Matrices as programs print them: pasted text, LaTeX, tables and notebooks."""
