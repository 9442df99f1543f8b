"""The font that reports carry: a subset of Noto Sans SC, under the SIL Open Font License (``OFL.txt``)."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).parent / "NotoSansSC-subset.woff2"
"""Font with the characters of GB 2312 level 1, of every word of waterbal and of the models that it ships."""
FAMILY = "Noto Sans SC"
"""Name of the font in a page."""
