"""What a teacher hands out, as documents for people and for a learning platform."""
