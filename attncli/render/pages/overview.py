"""A small picture of all weights, below a table that shows only some of them."""

from __future__ import annotations

import base64
import struct
import zlib
from math import ceil

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.render.heat import Heat
from attncli.render.pages.elements import Html, element
from attncli.render.pages.heat_styles import STEPS
from attncli.words import shape_text

MOST_DOTS = 128  # of each side: a dot of a larger matrix stands for a block of cells
PIXELS = 256  # of the longer side of the picture on the screen


def draw_overview(cells: Array, heat: Heat) -> Html:
    """Return a picture of a matrix in the colours of its heat map, and a text on it.

    It is an image, so that it is seen without scripts, in colours for light and for dark screens.
    """
    block = tuple(ceil(size / MOST_DOTS) for size in cells.shape)
    dots = _color_numbers(_largest_of_blocks(cells, block), heat)
    text = f"All {shape_text(cells.shape)} cells"
    if max(block) > 1:
        text += f": a dot shows the largest of {shape_text(block)}"
    height, width = (round(PIXELS * side / max(dots.shape)) for side in dots.shape)
    light, dark = (_data_uri(dots, _palette(heat, is_dark)) for is_dark in (False, True))
    on_dark = "screen and (prefers-color-scheme: dark)"
    picture = element(
        "picture",
        element("source", srcset=dark, media=on_dark),
        element("img", src=light, alt="Heat map.", width=width, height=height),
    )
    return element("p", picture, " ", text, class_="overview")


def _largest_of_blocks(cells: Array, block: tuple[int, ...]) -> Array:
    """Return the number of each block that is farthest from 0; `block` is its rows and columns."""
    largest = smallest = np.nan_to_num(cells)
    for axis, (size, side) in enumerate(zip(cells.shape, block, strict=True)):
        starts = range(0, size, side)
        largest = np.maximum.reduceat(largest, starts, axis)
        smallest = np.minimum.reduceat(smallest, starts, axis)
    return np.where(largest >= -smallest, largest, smallest)


def _color_numbers(cells: Array, heat: Heat) -> Array:
    """Return the numbers of the cells' colours in the palette: those below 0 count on after it."""
    steps = np.rint([[heat.share(number) * STEPS for number in row] for row in cells.tolist()])
    return np.where(steps < 0, STEPS - steps, steps).astype(np.uint8)


def _palette(heat: Heat, is_dark: bool) -> bytes:
    """Return the colours from 0 to the end of the ramp, and those of a signed ramp below 0."""
    steps = (*range(STEPS + 1), *(range(-1, -STEPS - 1, -1) if heat.is_signed else ()))
    shares = (heat.most * step / STEPS for step in steps)
    return bytes(part for share in shares for part in heat.background(share, is_dark))


def _data_uri(dots: Array, palette: bytes) -> str:
    """Return the address of a PNG image that holds the image itself; color 0 is transparent."""
    height, width = dots.shape
    lines = np.pad(dots, ((0, 0), (1, 0)))  # the first byte of a line says that it has no filter
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),  # 8 bits, with a palette
        (b"PLTE", palette),
        (b"tRNS", b"\0"),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    image = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"


def _chunk(name: bytes, data: bytes) -> bytes:
    """Return a part of a PNG image, between its length and its checksum."""
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
