"""``ds.waterbal.plot``: the figures of a result, in a notebook."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from waterbal.errors import Issue, Message, UsageError
from waterbal.report import charts
from waterbal.report.labels import LANGUAGES
from waterbal.report.material import kind

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

OF = {
    "run": ("network", "sankey", "supply", "shortage_map", "storages", "groundwater", "quotas"),
    "sweep": ("scenarios", "supply", "shortage_map", "storages", "groundwater", "quotas"),
    "capacity": ("capacity", "frontier", "relief", "limits", "tornado", "exceedance", "balances"),
}
"""Figures of each kind of result; those of series need a sweep that keeps them."""


def _method(draw: Callable[..., go.Figure]) -> Callable[..., go.Figure]:
    """Make a method that draws a figure of the result at hand; English unless told."""

    @wraps(draw)
    def method(self: Plots, language: str = "en", **options: Any) -> go.Figure:
        if language not in LANGUAGES:
            raise UsageError(
                Issue(
                    Message(f"没有语言 {language!r}", f"there is no language {language!r}"),
                    "language",
                    expected=Message("zh 或 en", "zh or en"),
                )
            )
        return draw(self._results, language, **options)

    own = inspect.signature(draw)
    first, told, *others = own.parameters.values()
    parameters = [
        first.replace(name="self", annotation=inspect.Parameter.empty),
        told.replace(default="en"),
        *others,
    ]
    vars(method)["__signature__"] = own.replace(parameters=parameters)
    return method


class Plots:
    """Figures of a result, each a plotly figure; ``language`` is ``en`` or ``zh``.

    A figure that a result cannot give says which kind of result can.
    """

    network = _method(charts.network)
    sankey = _method(charts.sankey)
    supply = _method(charts.supply)
    shortage_map = _method(charts.shortage_map)
    storages = _method(charts.storages)
    groundwater = _method(charts.groundwater)
    quotas = _method(charts.quotas)
    scenarios = _method(charts.scenarios)
    capacity = _method(charts.capacity)
    frontier = _method(charts.frontier)
    relief = _method(charts.relief)
    limits = _method(charts.limits)
    tornado = _method(charts.tornado)
    exceedance = _method(charts.exceedance)
    balances = _method(charts.balances)

    def __init__(self, results: xr.Dataset) -> None:
        """Take a result of any kind."""
        self._results = results

    def __repr__(self) -> str:
        """Name the figures of the result."""
        names = ", ".join(f"{name}()" for name in OF[kind(self._results)])
        return f"<figures of a result of waterbal: {names}>"

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(repr(self))}</code>"
