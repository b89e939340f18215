"""The steps of one attention, and of layers made of several."""
