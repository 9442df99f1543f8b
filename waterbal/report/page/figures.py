"""Figures for the page, from those of ``waterbal.report.charts``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from waterbal.errors import UsageError
from waterbal.report.page.blocks import Picture

if TYPE_CHECKING:
    import xarray as xr

Draw = Callable[..., Any]
"""Gives a plotly figure of a result in a language."""


def pictures(
    draw: Draw, number: int, results: xr.Dataset, language: str, caption: str, told: str = ""
) -> list[Picture]:
    """Make a figure; nothing where the result has not what it is drawn from.

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
    """
    try:
        drawn = draw(results, language)
    except UsageError:
        return []
    return [
        Picture(
            f"{draw.__name__}-{number}", caption, json.loads(drawn.to_json(engine="json")), told or caption
        )
    ]
