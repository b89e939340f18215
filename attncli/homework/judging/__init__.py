"""The judgement of an answer, cell by cell and step by step, and the report on it."""
