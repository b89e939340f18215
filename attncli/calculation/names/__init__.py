"""The names of matrices and steps, and other spellings of them."""
