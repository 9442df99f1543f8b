"""Figures of results, as plotly figures: every function takes a result and a language.

Names from models are shown literally. Figures carry no title: a page or a notebook has captions. Widths follow the
place a figure is put into; ``layout.width`` is set where a figure needs a width to be readable: put every figure into
a box that scrolls sideways.
"""

from waterbal.report.charts.balances import balances
from waterbal.report.charts.capacity import capacity
from waterbal.report.charts.frontier import frontier
from waterbal.report.charts.network import network
from waterbal.report.charts.relief import limits, relief, tornado
from waterbal.report.charts.risk import exceedance
from waterbal.report.charts.sankey import sankey
from waterbal.report.charts.scenarios import scenarios
from waterbal.report.charts.states import groundwater, quotas, storages
from waterbal.report.charts.style import CONFIG
from waterbal.report.charts.supply import shortage_map, supply

__all__ = [
    "CONFIG",
    "balances",
    "capacity",
    "exceedance",
    "frontier",
    "groundwater",
    "limits",
    "network",
    "quotas",
    "relief",
    "sankey",
    "scenarios",
    "shortage_map",
    "storages",
    "supply",
    "tornado",
]
