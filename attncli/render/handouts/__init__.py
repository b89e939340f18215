"""The handouts for a class as documents for people, and for a learning platform."""
