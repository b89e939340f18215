"""The operations of attention and of layers, one subject in each file."""
