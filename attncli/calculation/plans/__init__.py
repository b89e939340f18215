"""The plans of one attention, and of layers, which consist of several plans."""
