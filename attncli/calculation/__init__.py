"""The calculation itself: it knows nothing of files, terminals or homework."""
