"""A run of steps from scores to weights V, block by block of queries, tile by tile of keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import exp, frexp, inf, log
from threading import Event, local
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.layouts import Array
from attncli.calculation.masking import Mask
from attncli.calculation.normalisers import Normalise
from attncli.calculation.operations import DivideByRoot, Multiply, Operation, Same, WeightedSum
from attncli.calculation.pairings import Products, pairing
from attncli.calculation.plan import Step
from attncli.calculation.positioning import Distances
from attncli.calculation.sharing import shared
from attncli.calculation.streams import FACTOR, STREAMS, Stream
from attncli.calculation.tiles import Tile, Visible, at, cut, parts, visible
from attncli.records import record
