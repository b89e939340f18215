"""The saturation of softmax, as tables with bars, JSON and CSV."""
