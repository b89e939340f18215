"""A class: the grades of its students, and what they got wrong together."""
