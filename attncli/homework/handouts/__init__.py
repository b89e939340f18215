"""The handouts for a class: the mistakes at each step, and the variants of an exercise."""
