"""Laws that must hold for any answer, so that no key is needed to check it."""
