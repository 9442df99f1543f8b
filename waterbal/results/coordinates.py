"""Coordinates of a result: steps, realizations, and the ids and labels of every element, zone and sector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Rows
from waterbal.results.budget import TERMS
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import LIMITS, Term, sector

if TYPE_CHECKING:
    import xarray as xr

ELEMENTS = {
    "source": "sources",
    "aquifer": "aquifers",
    "node": "nodes",
    "store": "stores",
    "link": "links",
    "demand": "demands",
    "quota": "quotas",
    "restriction": "restrictions",
}
"""Element dimensions and their field of ``Rows``."""


def realization_coordinate(numbers: Sequence[int]) -> xr.Variable:
    """Number the realizations."""
    return _variable(
        ("realization",), np.array(numbers, dtype=np.int32), long_name="hydrological realization",
        long_name_zh="水文样本", standard_name="realization", units="1",
    )  # fmt: skip


def element_coordinates(
    rows: Rows, labels: Labels, levels: Sequence[str] = (), *, dimensions: Iterable[str] | None = None
) -> dict[str, xr.Variable]:
    """Give the ids and labels of every element, zone and sector.

    Parameters
    ----------
    rows : Rows
        Lowered model.
    labels : Labels
        Names of elements; ids where missing.
    levels : sequence of str
        Names of the look-ahead levels.
    dimensions : iterable of str, optional
        Dimensions that are named; all if not given.
    """
    zones = list(dict.fromkeys(row.zone for row in rows.demands))
    sectors = list(dict.fromkeys(row.kind for row in rows.demands))
    found: dict[str, xr.Variable] = {}
    for element, group in ELEMENTS.items():
        found |= named(element, [row.id for row in getattr(rows, group)], labels.elements)
    found |= named("zone", zones, labels.zones)
    found |= named("sector", sectors, {kind: sector(kind) for kind in sectors})
    found |= named("limit", list(LIMITS), LIMITS)
    found |= named("term", [term.id for term in TERMS], {t.id: Term(t.zh, t.en) for t in TERMS})
    found |= named("level", list(levels), {}, labels=False)
    if TERMS:
        found["term_side"] = _text(("term",), [term.side for term in TERMS], "side of the budget", "收支类别")
    if rows.demands:
        found["demand_zone"] = _text(
            ("demand",), [d.zone for d in rows.demands], "zone of a demand", "所属分区"
        )
        found["demand_sector"] = _text(
            ("demand",), [d.kind for d in rows.demands], "sector of a demand", "所属行业"
        )
    if rows.links:
        found["link_tail"] = _text(("link",), [x.tail for x in rows.links], "where a link begins", "起点")
        found["link_head"] = _text(("link",), [x.head for x in rows.links], "where a link ends", "终点")
    wanted = None if dimensions is None else set(dimensions)
    return {
        name: variable
        for name, variable in found.items()
        if 0 not in variable.shape and (wanted is None or wanted.issuperset(map(str, variable.dims)))
    }


def time_coordinates(rows: Rows) -> dict[str, xr.Variable]:
    """Describe the steps."""
    axis = rows.axis
    start, end = (values.astype("datetime64[ns]") for values in (axis.start, axis.end))
    return {
        "time": _variable(
            ("time",), start, standard_name="time", long_name="first day of the step", long_name_zh="时段首日",
            axis="T", bounds="time_bnds", units_metadata="leap_seconds: none",
        ),
        "time_bnds": _variable(("time", "bnds"), np.stack([start, end], axis=1)),
        "step_days": _variable(
            ("time",), axis.days, long_name="length of the step", long_name_zh="时段天数", units="days"
        ),
        "planning_year": _variable(
            ("time",), axis.planning_year.astype(np.int32), long_name="year whose works and drivers apply",
            long_name_zh="水平年", units="1",
        ),
    }  # fmt: skip


def named(
    dimension: str, ids: Sequence[str], terms: Mapping[str, Term], *, labels: bool = True
) -> dict[str, xr.Variable]:
    """Make the id of a dimension, and its Chinese and English labels."""
    if not ids:
        return {}
    found = {f"{dimension}_id": _text((dimension,), ids, f"{dimension} id", f"{dimension} 标识")}
    if dimension == "demand":  # CF allows one variable with a role in a file
        found[f"{dimension}_id"].attrs["cf_role"] = "timeseries_id"
    if labels:
        for language in ("zh", "en"):
            names = [getattr(name_of(i, terms), language) for i in ids]
            tongue = "Chinese" if language == "zh" else "English"
            found[f"{dimension}_name_{language}"] = _text(
                (dimension,), names, f"{dimension} name in {tongue}", f"{dimension} 名称"
            )
    return found


def _text(dims: tuple[str, ...], values: Sequence[str], en: str, zh: str) -> xr.Variable:
    return _variable(dims, np.array(list(values), dtype=np.str_), long_name=en, long_name_zh=zh)


def _variable(dims: tuple[str, ...], values: np.ndarray, **attributes: Any) -> xr.Variable:
    import xarray as xr

    return xr.Variable(dims, values, attributes)
