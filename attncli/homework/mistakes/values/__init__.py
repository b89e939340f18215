"""Mistakes in projections, heads, caches, and sums of values."""
