"""Mistakes in positions: embeddings, sinusoids, rotations, distances."""
