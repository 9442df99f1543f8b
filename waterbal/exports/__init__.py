"""Results for other programs: the same numbers in the files that each of them reads."""

from waterbal.exports.choice import Choice
from waterbal.exports.export import Written, as_dict, export
from waterbal.exports.layouts import LAYOUTS, READERS, Layout, layout_of, listing, with_options

__all__ = [
    "LAYOUTS",
    "READERS",
    "Choice",
    "Layout",
    "Written",
    "as_dict",
    "export",
    "layout_of",
    "listing",
    "with_options",
]
