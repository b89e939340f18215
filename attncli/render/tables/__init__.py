"""Tables: their columns, and their places beside and below one another on a screen."""
