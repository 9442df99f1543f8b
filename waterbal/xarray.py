"""``import waterbal.xarray`` gives datasets and arrays of xarray the accessor ``.waterbal``."""

from waterbal.results.accessor import ArrayAxes, DatasetAxes

__all__ = ["ArrayAxes", "DatasetAxes"]
