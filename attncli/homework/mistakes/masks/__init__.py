"""Mistakes in masks: matrices, rules, several at a time."""
