"""Laws that must hold of any answer, so that no key is needed to check it."""
