"""The scoring functions, which measure how well a query fits a key, and their operations."""
