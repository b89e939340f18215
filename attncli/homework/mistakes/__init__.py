"""The catalogue of mistakes; importing it fills `MISTAKES`, in the order of the calculation."""

from attncli.homework.catalogue import MISTAKES, Mistake
from attncli.homework.mistakes import heads, masks, projections, scores, softmax

__all__ = ["MISTAKES", "Mistake", "heads", "masks", "projections", "scores", "softmax"]
