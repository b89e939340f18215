"""Questions about a finished calculation: warnings, comparisons, predictions, saturation."""
