"""The names of matrices and steps, and the words that people write for them."""
