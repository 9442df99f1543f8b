"""Figures for the page, from those of ``waterbal.report.charts``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from waterbal.errors import UsageError
from waterbal.report.page.blocks import Picture, Text

if TYPE_CHECKING:
    import xarray as xr

Draw = Callable[..., Any]
"""Gives a plotly figure of a result in a language."""
VALUES = ("x", "y", "z", "link")
"""What traces of figures are drawn from."""


def pictures(
    draw: Draw, number: int, results: xr.Dataset, language: str, caption: str, told: str = "", **options: str
) -> list[Picture | Text]:
    """Make a figure; a sentence where all is nought, nothing where the result has not what it is drawn from.

    Parameters
    ----------
    draw : callable
        Function of ``waterbal.report.charts`` that draws it.
    number : int
        Number of the result among those that are drawn.
    results : Dataset
        What it is drawn from.
    language : str
        ``zh`` or ``en``.
    caption : str
        What is shown; one sentence.
    told : str
        What is to be seen in it, for those who do not see it.
    **options
        Which of several figures of the kind it is.
    """
    try:
        drawn = draw(results, language, **options)
    except UsageError:
        return []
    nothing = (drawn.layout.meta or {}).get("nothing", "")
    if nothing:
        stop = "：" if language == "zh" else ": "
        return [Text([f"{caption}{stop}{nothing}"])]
    figure = json.loads(drawn.to_json(engine="json"))
    if not any(_given(trace.get(values)) for trace in figure["data"] for values in VALUES):
        return []
    id = "-".join([draw.__name__, str(number), *options.values()])
    return [Picture(id, caption, figure, told or caption)]


def _given(values: Any) -> bool:
    """Tell whether there are values: a list, or an array as plotly writes it."""
    return bool(values.get("bdata", values) if isinstance(values, dict) else values)
