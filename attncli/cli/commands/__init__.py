"""The commands, one file each, named as the user calls it."""
