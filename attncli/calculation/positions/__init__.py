"""How tokens get an order: the schemes, and the operations that they add."""
