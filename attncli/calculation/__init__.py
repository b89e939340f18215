"""The calculation itself, independent of files, terminals and homework."""
