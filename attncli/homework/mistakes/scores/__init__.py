"""Mistakes in scores: products, additive scoring, the scale, the soft cap."""
