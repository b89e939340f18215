"""The colours of heat as classes of a style sheet, for light and dark screens.

A class stands for a step of the ramp, because the policy of a page forbids colours in attributes.
"""

from __future__ import annotations

from collections.abc import Iterator

from attncli.render.heat import Heat, hex_of, ink

STEPS = 50  # of each side of the ramp: 0.02 of a weight, which no eye tells apart


def heat_class(heat: Heat, number: float) -> str:
    """Return the class of a number: `h0` to `h50`, or `n1` to `p50` on a signed scale.

    >>> heat_class(Heat(1.0), 0.5), heat_class(Heat(2.0, is_signed=True), -2.0)
    ('h25', 'n50')
    """
    step = round(heat.share(number) * STEPS)
    side = ("n" if step < 0 else "p") if heat.is_signed else "h"
    return f"{side}{abs(step)}"


def heat_styles() -> str:
    """Return the rules of all classes."""
    dark = "".join(_rules(is_dark=True))
    return "".join(
        (*_rules(is_dark=False), f"@media screen and (prefers-color-scheme:dark){{\n{dark}}}\n")
    )


def _rules(is_dark: bool) -> Iterator[str]:
    for heat in (Heat(float(STEPS)), Heat(float(STEPS), is_signed=True)):
        for number in range(-STEPS if heat.is_signed else 0, STEPS + 1):
            color = heat.background(number, is_dark)
            name = heat_class(heat, number)
            yield f".{name}{{background:{hex_of(color)};color:{hex_of(ink(color))}}}\n"
