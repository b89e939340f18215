"""The names of matrices and steps, and the other names that people use for them."""
