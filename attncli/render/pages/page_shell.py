"""The frame of a page: one file that fetches nothing, with its style sheet and its script."""

from __future__ import annotations

import base64
import hashlib
import json
import pkgutil
import zlib

from attncli.render.pages.elements import Html, element, join
from attncli.render.pages.heat_styles import heat_styles

GZIP = 31  # zlib's number for the form of gzip
SYSTEM = 9  # the place of the byte that names the system, which differs between Pythons


def write_page(title: str, data: object, *body: Html) -> str:
    """Return a page with this title and body.

    `data` is for its script, and JSON can hold it; with None the page has no script.
    A browser runs only the style sheet and the script with the digests in the page's policy, and
    loads nothing from elsewhere. The same arguments give the same bytes.
    """
    style = _read("page.css") + heat_styles()
    script = _read("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    head = (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content="attncli"),
        element("title", title),
        element("style", Html(style)),
    )
    packed = element("script", Html(_packed(data)), type="application/gzip")
    scripts = () if data is None else (packed, element("script", Html(script), type="module"))
    lines = (
        element("head", *_each_on_a_line(*head)),
        element("body", *_each_on_a_line(*body, *scripts)),
    )
    return join(Html("<!doctype html>\n"), element("html", *_each_on_a_line(*lines), lang="en"))


def _each_on_a_line(*children: Html) -> list[Html]:
    return [Html("\n"), *(Html(f"{child}\n") for child in children)]


def _read(name: str) -> str:
    """Return a file that is installed beside this module."""
    data = pkgutil.get_data(__package__, name)
    assert data is not None, name
    return data.decode()


def _digest(text: str) -> str:
    """Return the source by which a policy allows this style sheet or script."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _packed(data: object) -> str:
    """Return data as JSON, compressed, and written in characters that need no escape in HTML."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    packed = bytearray(zlib.compress(text.encode(), 9, wbits=GZIP))
    packed[SYSTEM] = 255  # unknown, so that the head is the same in every Python
    return base64.b64encode(packed).decode()
