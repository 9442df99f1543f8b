"""Figures for the page, from those of ``waterbal.report.charts``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from waterbal.errors import UsageError
from waterbal.report import charts
from waterbal.report.page.blocks import Picture

if TYPE_CHECKING:
    import xarray as xr


def pictures(
    figure: str, number: int, results: xr.Dataset, language: str, caption: str, told: str = ""
) -> list[Picture]:
    """Make a figure; nothing where the result has not what it is drawn from.

    Parameters
    ----------
    figure : str
        Name of the function of ``waterbal.report.charts`` that draws it.
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
    """
    draw = getattr(charts, figure, None)
    if draw is None:
        return []
    try:
        drawn = draw(results, language)
    except UsageError:
        return []
    return [Picture(f"{figure}-{number}", caption, json.loads(drawn.to_json(engine="json")), told or caption)]
