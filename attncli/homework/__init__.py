"""Check homework: answers, verdicts, and the mistakes that explain wrong numbers."""
