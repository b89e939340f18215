"""Mistakes in layers: residual sums, norms, feed-forwards, stacks."""
