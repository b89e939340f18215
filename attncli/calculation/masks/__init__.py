"""Masks, which decide the keys that each query may attend: the rules and the operation."""
