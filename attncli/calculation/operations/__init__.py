"""The operations of an attention and of a layer, one subject a file."""
