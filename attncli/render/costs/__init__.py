"""Costs, as tables, JSON and CSV."""
