"""The colours of heat as classes of a style sheet, for light and dark screens.

A class stands for a step of the ramp, because the policy of a page forbids colours in attributes.
"""

from __future__ import annotations

from collections.abc import Iterator

from attncli.render.heat import RGB, Heat, ink

STEPS = 50  # of the ramp: 0.02 of a weight, which no eye tells apart


def heat_class(heat: Heat, number: float) -> str:
    """Return the class of a number: `h0` to `h50`.

    >>> heat_class(Heat(1.0), 0.5)
    'h25'
    """
    return f"h{round(heat.share(number) * STEPS)}"


def heat_styles() -> str:
    """Return the rules of all classes."""
    return "".join(
        (
            *_rules(is_dark=False),
            "@media screen and (prefers-color-scheme:dark){\n",
            *_rules(is_dark=True),
            "}\n",
        )
    )


def _rules(is_dark: bool) -> Iterator[str]:
    weights = Heat(float(STEPS))
    for step in range(STEPS + 1):
        background = weights.background(step, is_dark)
        yield f".h{step}{{background:{_hex(background)};color:{_hex(ink(background))}}}\n"


def _hex(color: RGB) -> str:
    return "#" + "".join(f"{part:02x}" for part in color)
