"""Mistakes in weights: softmax and the other normalisers."""
