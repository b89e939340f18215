"""Long sequences: the tail of a plan in tiles, over threads, in bounded memory."""
