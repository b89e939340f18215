"""How saturated softmax is, as tables with bars, JSON and CSV."""
