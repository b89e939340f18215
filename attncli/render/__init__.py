"""Results as text, for people and for programs. Only this package imports rich."""
