"""Make the font again, in a clone of the repository.

``python -m waterbal.report.fonts.build NotoSansCJK-Regular.ttc``, of Debian's package ``fonts-noto-cjk``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from waterbal.report.fonts import FAMILY, FILE

ROOT = Path(__file__).parents[3]
"""The repository."""
PLACES = ("waterbal/**/*.py", "waterbal/**/*.yaml", "waterbal/**/*.j2", "configs/**/*.*", "scenarios/**/*.*")
"""Files whose characters the font has."""
RANGES = (
    (0x20, 0x17F),  # Latin
    (0x391, 0x3C9),  # Greek
    (0x2010, 0x203B),  # dashes, quotation marks, dots
    (0x2070, 0x209C),  # superscripts and subscripts
    (0x2190, 0x2199),  # arrows
    (0x2200, 0x2265),  # mathematics
    (0x2460, 0x2473),  # numbers in circles
    (0x25A0, 0x25FF),  # geometric shapes
    (0x3000, 0x303F),  # Chinese punctuation
    (0x33A0, 0x33C4),  # units in one sign
    (0xFF01, 0xFF5E),  # full-width forms
)
"""Characters besides those of GB 2312 level 1 and of the files, first and last."""
LEVEL_1 = (0xB0, 0xD7)
"""Rows of GB 2312 with the characters of level 1."""


def characters() -> set[int]:
    """Return the code points that the font is to have."""
    found = {point for first, last in RANGES for point in range(first, last + 1)}
    for row in range(LEVEL_1[0], LEVEL_1[1] + 1):
        for cell in range(0xA1, 0xFF):
            found |= {ord(c) for c in bytes((row, cell)).decode("gb2312", errors="ignore")}
    for pattern in PLACES:
        for path in ROOT.glob(pattern):
            found |= {ord(c) for c in path.read_bytes().decode("utf-8", errors="ignore")}
    return found


def build(collection: Path) -> int:
    """Write the font.

    Parameters
    ----------
    collection : Path
        Font collection that has the family.

    Returns
    -------
    int
        Size of the font [bytes].
    """
    from fontTools import subset
    from fontTools.ttLib import TTCollection

    fonts = TTCollection(collection).fonts
    font = next(f for f in fonts if f["name"].getDebugName(1) in (FAMILY, "Noto Sans CJK SC"))
    options = subset.Options(
        layout_features=["kern", "ccmp"], hinting=False, desubroutinize=False, notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], flavor="woff2",
    )  # fmt: skip
    cut = subset.Subsetter(options)
    cut.populate(unicodes=characters())
    cut.subset(font)
    font.flavor = "woff2"
    font.save(FILE)
    return FILE.stat().st_size


if __name__ == "__main__":
    print(f"{build(Path(sys.argv[1])):,} bytes")
