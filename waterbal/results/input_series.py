"""Input series of a run as variables of its result, with the units that each of them is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.model.series_spec import KINDS
from waterbal.units import DIMENSIONS

if TYPE_CHECKING:
    import xarray as xr

USES = {
    "": ("series", "input series on the steps of the model", "输入序列（模型时段）"),
    "planning_": ("planning_site", "series that planned reserves are based on", "预留计划所依据的序列"),
    "reference_": ("reference_site", "series that means of the record refer to", "多年平均所参照的序列"),
}
"""Use -> dimension and description of its table."""


def variables(
    series: Mapping[str, Floats] | None, config: Mapping[Any, Any], use: str = ""
) -> dict[str, xr.Variable]:
    """Store series as a table, with the name and the units of each.

    Parameters
    ----------
    series : mapping of str to ndarray (time) or (sample, time), optional
        Values in the canonical units of their kinds.
    config : mapping
        Resolved configuration, whose series say their kind.
    use : str
        Key of ``USES``.

    Returns
    -------
    dict of str to Variable
        Empty where there are no series. Units that differ from row to row stand beside the table, which has none.
    """
    import xarray as xr

    if not series:
        return {}
    dimension, en, zh = USES[use]
    sampled = any(values.ndim > 1 for values in series.values())
    dims = (dimension, f"{use}sample", "time") if sampled else (dimension, "time")
    units = units_of(series, config)
    told = {"long_name": en, "long_name_zh": zh}
    told |= (
        {"units": units[0]}
        if len(set(units)) == 1 and units[0]
        else {"comment": f"each series is in units of its own: see {use}series_units"}
    )
    values = np.stack([np.asarray(one, dtype=np.float64) for one in series.values()])
    name = use.replace("_", " ")

    def text(of: Sequence[str], what: str, what_zh: str) -> xr.Variable:
        attributes = {"long_name": what, "long_name_zh": what_zh}
        return xr.Variable((dimension,), np.array(list(of), dtype=np.str_), attributes)

    return {
        f"{use or 'input_'}series": xr.Variable(dims, values, told),
        f"{use}series_id": text(list(series), f"{name}series id", f"{name}series 标识"),
        f"{use}series_units": text(units, f"units of each {name}series", f"{name}series 单位"),
    }


def units_of(series: Iterable[str], config: Mapping[Any, Any]) -> list[str]:
    """Give the units in which each series is kept: the canonical ones of its kind; empty where no kind is known.

    Parameters
    ----------
    series : iterable of str
        Names of series.
    config : mapping
        Resolved configuration.
    """
    specs = config.get("series", {})
    return [_units(str(specs[name]["kind"])) if name in specs else "" for name in series]


def _units(kind: str) -> str:
    """Give the canonical units of a kind; what is drawn is a flow."""
    return DIMENSIONS[KINDS.get(kind, KINDS["rate"])].unit.replace("-", "1")
