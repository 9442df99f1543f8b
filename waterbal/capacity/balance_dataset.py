"""Balances as labelled arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.balance_tables import HOW_CHOSEN, MEAN, Balances
from waterbal.capacity.fit import CONDITIONS, Fit
from waterbal.capacity.load_state import NEEDED, USED
from waterbal.model.base import Label
from waterbal.model.rows import Floats

if TYPE_CHECKING:
    import xarray as xr

RATE = "1e4 m3 year-1"
ORDERS = ("listed", "reversed", "average")
"""Orders in which measures are added; the average is that of the two."""
NONE = "none"
"""Coordinate of what belongs to no zone."""


def dataset(told: Balances) -> xr.Dataset:
    """Return balances as labelled arrays.

    Returns
    -------
    Dataset
        ``water_demand``, ``water_supply``, ``water_shortage`` (balance, when, zone, sector); ``water_by_origin``
        (balance, when, origin); ``gap_share`` (balance, when); ``gap_quantile`` (balance, probability); ``gap_closed``
        (order, measure, when); ``load_ratio`` and its state (balance, load); ``fit_scale`` (balance, condition) and
        ``fit_amount`` (balance, condition, driver) where scales were sought. What does not exist is left out.
    """
    import xarray as xr

    zones, sectors = (list(dict.fromkeys(keys)) for keys in (told.zone, told.sector))
    coordinates: dict[str, Any] = {
        "balance": [layer.id for layer in told.layers],
        "when": list(told.when),
        "zone": [zone or NONE for zone in zones],
        "sector": sectors,
        "origin": list(told.origin),
        "probability": ("probability", [0.5, 0.75, 0.95], _told("1", "exceedance frequency", "频率")),
    }
    labels = told.names
    coordinates |= _labels("balance", [layer.name for layer in told.layers])
    coordinates |= _labels("zone", [labels[zone] for zone in zones])
    coordinates |= _labels("sector", [labels[sector] for sector in sectors])
    coordinates |= _labels("origin", [labels[origin] for origin in told.origin])
    coordinates["when_realization"] = (
        "when", [-1, *(year.realization for year in told.years)],
        _told("1", "hydrological realization of the year; -1 for the mean", "水文样本"),
    )  # fmt: skip
    coordinates["when_year"] = (
        "when", [-1, *(year.year for year in told.years)],
        _told("1", "calendar year of the hydrology; -1 for the mean", "年份"),
    )  # fmt: skip
    cells = _cells(told, zones, sectors)
    flat = ("balance", "when", "zone", "sector")
    variables: dict[str, Any] = {}
    for name, part, en, zh in (
        ("water_demand", "need", "unrestricted gross water need", "需水量（毛）"),
        ("water_supply", "supply", "water delivered", "供水量"),
        ("water_shortage", "gap", "need that is not supplied", "缺水量"),
    ):
        values = np.stack([getattr(layer, part) @ cells for layer in told.layers])
        shape = (*values.shape[:2], len(zones), len(sectors))
        variables[name] = (flat, values.reshape(shape), _told(RATE, en, zh))
    variables["water_by_origin"] = (
        ("balance", "when", "origin"),
        np.stack([layer.water for layer in told.layers]),
        _told(RATE, "withdrawal, pumping and reclaimed water before losses", "各水源水量（未扣损失）"),
    )
    variables["gap_share"] = (
        ("balance", "when"),
        np.stack([layer.gap_share for layer in told.layers]),
        _told("1", "gap over need", "缺水率"),
    )
    variables["gap_quantile"] = (
        ("balance", "probability"),
        np.stack([layer.quantiles for layer in told.layers]),
        _told(RATE, "gap not exceeded in a share of the balance's own years", "各频率缺水量（各自排频）"),
    )
    attributes = {
        "scenario": told.scenario,
        "realizations": told.realizations,
        "when": f"{MEAN}: mean of all complete years of all realizations; others: {HOW_CHOSEN}",
        "gap_tolerance": told.tolerance,
        "order": told.order.en,
        "order_zh": told.order.zh,
        "notes": "; ".join(note.en for note in told.notes),
        "notes_zh": "；".join(note.zh for note in told.notes),
    }
    found = xr.Dataset(variables, coordinates, attributes)
    parts = [found, _closed(told), _loads(told), _fits(told)]
    return xr.merge(
        [part for part in parts if part is not None], combine_attrs="drop_conflicts", join="outer"
    )


def _told(units: str, en: str, zh: str) -> dict[str, str]:
    return {"units": units, "long_name": en, "long_name_zh": zh}


def _labels(dimension: str, names: Sequence[Label]) -> dict[str, Any]:
    """Give both names of what is along a dimension."""
    return {
        f"{dimension}_name_zh": (dimension, [name.zh for name in names]),
        f"{dimension}_name_en": (dimension, [name.en for name in names]),
    }


def _cells(told: Balances, zones: Sequence[str], sectors: Sequence[str]) -> Floats:
    """Tell in which zone and sector each demand is, ndarray (demand, zone x sector) of 0 and 1."""
    cells = np.zeros((len(told.demand), len(zones) * len(sectors)))
    for d, (zone, sector) in enumerate(zip(told.zone, told.sector, strict=True)):
        cells[d, zones.index(zone) * len(sectors) + sectors.index(sector)] = 1.0
    return cells


def _closed(told: Balances) -> xr.Dataset | None:
    """Give what measures close."""
    import xarray as xr

    if not told.closed:
        return None
    values = np.stack([[getattr(part, order) for part in told.closed] for order in ORDERS])
    name = _told(RATE, "gap closed by a measure, added in an order", "措施弥补的缺水量")
    coordinates = {
        "order": list(ORDERS),
        "measure": [part.measure for part in told.closed],
        "when": list(told.when),
        "measure_balance": ("measure", [part.balance for part in told.closed]),
    } | _labels("measure", [part.name for part in told.closed])
    return xr.Dataset({"gap_closed": (("order", "measure", "when"), values, name)}, coordinates)


def _loads(told: Balances) -> xr.Dataset | None:
    """Give load states."""
    import xarray as xr

    states = [layer.load for layer in told.layers]
    if any(state is None for state in states):
        return None
    known = [state for state in states if state is not None]
    dims = ("balance", "load")
    table = [[(load, load.band) for load in state.loads] for state in known]
    coordinates = {
        "balance": [layer.id for layer in told.layers],
        "load": [f"{load.element}_{load.counted}" for load in known[0].loads],
        "load_quota": ("load", [load.quota for load in known[0].loads]),
        "counted": [NEEDED, USED],
    }

    def values(field: str) -> list[list[float]]:
        return [[getattr(load, field) for load, _ in row] for row in table]

    return xr.Dataset(
        {
            "load_use": (dims, values("use"), _told(RATE, "use counted against the quota", "用水量")),
            "load_limit": (dims, values("limit"), _told(RATE, "volume of the quota", "控制指标")),
            "load_value": (
                dims, values("value"), _told("1", f"load, as the set {known[0].set} counts it", "承载指数")
            ),
            "load_state": (
                dims, [[band.id for _, band in row] for row in table],
                {"long_name": "load state", "long_name_zh": "承载状况"},
            ),
            "load_state_name_zh": (
                dims, [[band.name.zh for _, band in row] for row in table],
                {"long_name": "load state in Chinese", "long_name_zh": "承载状况名称"},
            ),
            "load_state_name_en": (
                dims, [[band.name.en for _, band in row] for row in table],
                {"long_name": "load state in English", "long_name_zh": "承载状况英文名称"},
            ),
            "load_state_overall": (
                ("balance", "counted"),
                [[state.overall(counted).id for counted in (NEEDED, USED)] for state in known],
                {"long_name": "state of the worst element", "long_name_zh": "综合超载状态（短板）"},
            ),
        },
        coordinates,
        {
            "threshold_set": known[0].set,
            "threshold_version": known[0].version,
            "threshold_grade": known[0].grade,
        },
    )  # fmt: skip


def _fits(told: Balances) -> xr.Dataset | None:
    """Give scales that fit the water, of the balances for which they were sought."""
    import xarray as xr

    layers = [layer for layer in told.layers if layer.fits]
    if not layers:
        return None
    conditions = [fit.condition for fit in layers[0].fits]
    known: Fit | None = next((fit for layer in layers for fit in layer.fits if fit.plan), None)
    drivers = list(known.plan) if known else []
    dims = ("fit_balance", "condition")
    amounts = [[[fit.amounts.get(id, np.nan) for id in drivers] for fit in layer.fits] for layer in layers]
    told_amount = {"long_name": "amount at that scale", "long_name_zh": "相应规模"}
    coordinates: dict[str, Any] = {"fit_balance": [layer.id for layer in layers], "condition": conditions}
    coordinates |= _labels("condition", [CONDITIONS[name] for name in conditions])
    table = [list(layer.fits) for layer in layers]
    variables: dict[str, Any] = {
        "fit_scale": (
            dims, [[fit.scale for fit in row] for row in table],
            _told("1", "largest scale of all drivers at which the condition holds", "满足条件的最大规模系数"),
        ),
        "fit_alternate": (
            dims, [[fit.alternate for fit in row] for row in table],
            _told("1", "larger scale at which it holds again beyond a failure", "失败之后再次满足的规模系数"),
        ),
        "fit_status": (dims, [[fit.status for fit in row] for row in table]),
        "fit_limit": (dims, [[fit.limit for fit in row] for row in table]),
        "fit_stopped_by": (dims, [[fit.stopped_by for fit in row] for row in table]),
    }  # fmt: skip
    if known:
        coordinates |= {"driver": drivers, "driver_units": ("driver", [known.units[id] for id in drivers])}
        coordinates |= _labels("driver", [known.names[id] for id in drivers])
        variables["fit_amount"] = ((*dims, "driver"), amounts, told_amount)
        variables["plan_amount"] = (("driver",), [known.plan[id] for id in drivers], {"long_name": "plan"})
    return xr.Dataset(variables, coordinates)
