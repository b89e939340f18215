"""Matrices in a grid of cells, and the readers of workbooks."""
