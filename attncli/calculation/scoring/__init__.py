"""How well a query fits a key: the scoring functions and their operations."""
