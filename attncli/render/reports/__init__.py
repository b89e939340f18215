"""The report on an answer, as tables, JSON and Markdown."""
