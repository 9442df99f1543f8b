"""The font of a page: only the characters that the page uses, embedded."""

from __future__ import annotations

import base64
import html
import io
import logging

from waterbal.report.fonts import FILE


def embedded(text: str) -> str:
    """Return the font with the characters of a text, as WOFF2 in base 64.

    Parameters
    ----------
    text : str
        HTML or JSON; characters that the font does not have are left to the fonts of the reader's system.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    font = TTFont(io.BytesIO(FILE.read_bytes()))
    options = subset.Options(
        layout_features=["kern", "ccmp"], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 13, 14]
    )
    cut = subset.Subsetter(options)
    cut.populate(unicodes={ord(character) for character in html.unescape(text)} | set(range(0x20, 0x7F)))
    cut.subset(font)
    font.flavor = "woff2"
    written = io.BytesIO()
    font.save(written)
    return base64.b64encode(written.getvalue()).decode("ascii")
