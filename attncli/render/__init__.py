"""Traces to text. Only this room knows rich."""
