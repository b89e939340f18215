"""What is right in an answer and what is not, and the report on it."""
