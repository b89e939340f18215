"""Analyses of a finished calculation: warnings, comparisons, predictions, saturation."""
