"""An attention calculator: from inputs and weights to every intermediate matrix."""

__version__ = "0.1.0"
