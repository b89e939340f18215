"""What a teacher hands out: the mistakes at each step, and variants for a class."""
