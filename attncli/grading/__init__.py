"""Grading a class: many answers in several processes, or on a cluster."""
