"""Masks, which decide the keys that a query may attend: the rules and the operation."""
