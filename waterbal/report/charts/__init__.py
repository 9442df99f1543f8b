"""Figures of results, as plotly figures: every function takes a result and a language.

Names from models are shown literally. Figures carry no title: a page or a notebook has captions. Widths follow the
place a figure is put into; ``layout.width`` is set where a figure needs a width to be readable: put every figure into
a box that scrolls sideways.
"""

from waterbal.report.charts.network import network
from waterbal.report.charts.sankey import sankey
from waterbal.report.charts.states import groundwater, quotas, storages
from waterbal.report.charts.style import CONFIG
from waterbal.report.charts.supply import shortage_map, supply

__all__ = ["CONFIG", "groundwater", "network", "quotas", "sankey", "shortage_map", "storages", "supply"]
