"""The numbers of a report as plain data: from a dataset, new or read from a file, to lists and dicts.

Volumes are 1e4 m3 per year of the complete years of the record, shares are 0..1. A record without a complete
year is told as it is, scaled to a year by its days. Names come as ids with labels in both languages.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Floats, Ints, days_of_years
from waterbal.report.quotas import COUNTED, alone
from waterbal.results import metrics
from waterbal.results.budget import TERMS, budget_residual
from waterbal.results.terms import BINDING, GUARANTEE

if TYPE_CHECKING:
    import xarray as xr

Line = dict[str, Any]

UNCOUNTED = "not_counted"
"""Verdict on a guarantee in a typical year, which has no frequency of its own."""
VOLUMES = {"need": "water_demand", "supply": "water_supply", "shortage": "water_shortage"}


class Record:
    """One scenario and realization of a dataset, with sums by year."""

    def __init__(self, results: xr.Dataset, scenario: int = 0, realization: int = 0) -> None:
        self.results = results.isel(scenario=scenario, realization=realization)
        time = self.results["time"]
        self.year: Ints = time.dt.year.values.astype(np.int64)
        self.month: Ints = time.dt.month.values.astype(np.int64)
        self.years: Ints = metrics.complete_years(self.year, self.month)
        self.typical: Line | None = json.loads(results.attrs.get("waterbal_typical_year", "null"))
        days: Floats = self.results["step_days"].values
        self.lengths: Floats = days / days_of_years(self.year)

    def has(self, name: str) -> bool:
        """Tell whether the result has a variable."""
        return name in self.results

    def values(self, name: str) -> np.ndarray:
        """Return a variable, time last."""
        found: np.ndarray = self.results[name].values
        return found

    def yearly(self, name: str) -> Floats:
        """Return the sums of the complete years, ndarray (element, year); of the record where it has none."""
        return self.by_year(self.values(name))

    def by_year(self, values: Floats) -> Floats:
        """Add up steps by complete year, ndarray (..., year)."""
        if self.years.size == 0:
            scaled: Floats = values.sum(axis=-1, keepdims=True) / self.lengths.sum()
            return scaled
        return metrics.yearly(values, self.year, self.years)

    def mean(self, name: str) -> Floats:
        """Return the mean of a year, ndarray (element)."""
        average: Floats = self.yearly(name).mean(axis=-1)
        return average

    def names(self, dimension: str) -> list[Line]:
        """Return id and labels of every element of a dimension."""
        if f"{dimension}_id" not in self.results.coords:
            return []
        columns = [self.results[f"{dimension}_{part}"].values for part in ("id", "name_zh", "name_en")]
        return [{"id": str(i), "zh": str(zh), "en": str(en)} for i, zh, en in zip(*columns, strict=True)]


def summarise(results: xr.Dataset, scenario: int = 0, realization: int = 0) -> dict[str, Any]:
    """Collect what a report tells.

    Parameters
    ----------
    results : Dataset
        As ``dataset.build`` gives it, or read from a file.
    scenario, realization : int
        Position of the member told.

    Returns
    -------
    dict
        JSON-able: ``record``, ``needs``, ``sources``, ``budget``, ``stores``, ``aquifers``, ``quotas``,
        ``years``. Numbers that do not exist are None.
    """
    record = Record(results, scenario, realization)
    told = {
        "record": _record(record),
        "needs": _needs(record),
        "sources": _sources(record),
        "budget": _budget(record),
        "stores": _stores(record),
        "aquifers": _aquifers(record),
        "quotas": _quotas(record),
        "years": _years(record),
    }
    plain: dict[str, Any] = _plain(told)
    return plain


def _record(record: Record) -> Line:
    results = record.results
    bounds = results["time_bnds"].values.astype("datetime64[D]")
    return {
        "title": {"zh": results.attrs["title_zh"], "en": results.attrs["title"]},
        "scenario": str(results["scenario_id"].values),
        "realization": int(results["realization"].values),
        "step": str(results.attrs["time_step"]),
        "first": str(bounds[0, 0]),
        "last": str(bounds[-1, 1] - np.timedelta64(1, "D")),
        "steps": record.year.size,
        "complete_years": record.years.size,
        "largest_guarantee": None if record.typical else float(metrics.largest_guarantee(record.years.size)),
        "assumed_inputs": len(json.loads(results.attrs["waterbal_assumed_inputs"])),
        "reliability_conventions": str(results.attrs["reliability_conventions"]),
        "largest_residual": float(np.nanmax(record.values("balance_residual"))),
        "outages": json.loads(results.attrs.get("waterbal_outages", "[]")),
        "unsettled": json.loads(results.attrs.get("waterbal_unsettled", "[]")),
        "typical_year": record.typical,
    }


def _needs(record: Record) -> list[Line]:
    """Tell need and supply by zone and sector, and in all."""
    if not record.has("water_demand"):
        return []
    need, supply = record.mean("water_demand"), record.mean("water_supply")
    short = record.mean("water_shortage")
    zone, kind = record.values("demand_zone"), record.values("demand_sector")
    zones = {name["id"]: name for name in record.names("zone")}
    sectors = {name["id"]: name for name in record.names("sector")}
    lines = []
    for z in zones:
        for s in sectors:
            here = np.flatnonzero((zone == z) & (kind == s))
            if here.size:
                line = {"zone": zones[z], "sector": sectors[s], **_volumes(need, supply, short, here)}
                lines.append({**line, **_guarantee(record, here), "demands": _demands(record, here)})
    everything = np.arange(need.size)
    lines.append({"zone": None, "sector": None, **_volumes(need, supply, short, everything)})
    return lines


def _volumes(need: Floats, supply: Floats, short: Floats, here: Ints) -> Line:
    total = float(need[here].sum())
    missing = float(short[here].sum())
    return {
        "need": total,
        "supply": float(supply[here].sum()),
        "shortage": missing,
        "shortage_share": missing / total if total > 0.0 else None,
    }


def _guarantee(record: Record, here: Ints) -> Line:
    """Tell the lowest reliability of some demands, the highest requirement, and the worst verdict.

    Of a typical year, which has no frequency, tell whether it is met in every copy instead.
    """
    if record.typical:
        return {
            "reliability_annual": None,
            "reliability_required": None,
            "guarantee": UNCOUNTED,
            "met_in_year": _met(record, here),
        }
    reliability = record.values("reliability_annual")[here]
    required = record.values("guarantee_required")[here]
    states = record.values("guarantee_state")[here]
    order = (metrics.NOT_MET, metrics.RECORD_TOO_SHORT, metrics.MET, metrics.NO_GUARANTEE)
    known = reliability[~np.isnan(reliability)]
    return {
        "reliability_annual": float(known.min()) if known.size else None,
        "reliability_required": float(required.max()) or None,
        "guarantee": GUARANTEE[next(state for state in order if state in states)],
    }


def _met(record: Record, here: Ints) -> bool | None:
    """Tell whether no year of some demands is short of more than they tolerate; None without need."""
    depth, tolerance = record.values("failure_depth")[here], record.values("shortage_tolerance")[here]
    known = ~np.isnan(depth)
    if not known.any():
        return None
    return bool((depth[known] <= tolerance[known] + metrics.STEP_TOLERANCE).all())


def _demands(record: Record, here: Ints) -> list[Line]:
    names = record.names("demand")
    told = ("reliability_step", "reliability_annual", "reliability_volumetric", "resilience", "failure_depth")
    more = ("failure_depth_step", "vulnerability_maximum", "event_count", "event_longest")
    values = {name: record.values(name) for name in (*told, *more)}
    values |= {short: record.mean(name) for short, name in VOLUMES.items()}
    return [
        {
            **names[d],
            **{name: float(value[d]) for name, value in values.items()},
            "guarantee": UNCOUNTED if record.typical else GUARANTEE[int(record.values("guarantee_state")[d])],
        }
        | ({"reliability_annual": None} if record.typical else {})
        for d in here
    ]


def _sources(record: Record) -> list[Line]:
    """Tell what each source, aquifer and reuse gives in a year."""
    lines: list[Line] = []
    for element, taken in (("source", "source_withdrawal"), ("aquifer", "aquifer_pumping")):
        if record.has(taken):
            caps, costs = _caps(record, element), record.mean(f"{element}_cost")
            binding = record.values(f"{element}_binding_limit")
            for i, name in enumerate(record.names(element)):
                line = {**name, "kind": element, **_spread(record.yearly(taken)[i]), "cap": caps[i]}
                lines.append({**line, "cost": float(costs[i]), "binding": _mostly(binding[i])})
    if record.has("reclaimed_supply"):
        for i, name in enumerate(record.names("node")):
            given = record.yearly("reclaimed_supply")[i]
            if given.any():
                cost = float(record.mean("node_cost")[i])
                line = {**name, "kind": "reclaimed", **_spread(given)}
                lines.append({**line, "cap": None, "cost": cost, "binding": None})
    total = sum(line["mean"] for line in lines)
    for line in lines:
        line["share"] = line["mean"] / total if total > 0.0 else None
    return lines


def _spread(values: Floats) -> Line:
    return {"mean": float(values.mean()), "minimum": float(values.min()), "maximum": float(values.max())}


def _caps(record: Record, element: str) -> list[float | None]:
    """Return the smallest yearly cap of each element: legal and planned limits, and quotas of its own.

    A quota shared with others caps none of them; it is told among the quotas.
    """
    limits = np.moveaxis(record.values(f"{element}_limit"), 1, 0)
    kinds = [name["id"] for name in record.names("limit")]
    yearly = [record.by_year(limits[kinds.index(kind)]).mean(axis=-1) for kind in ("legal", "plan")]
    candidates = np.stack(yearly)
    names = {kind: f"quota_{kind}_weight" for kind in COUNTED}
    weights = {kind: record.values(name) for kind, name in names.items() if record.has(name)}
    if element in weights:
        weight, volume = weights[element], record.values("quota_volume").mean(axis=-1)
        own = (weight > 0.0) & alone(weights)[:, None]
        granted = np.where(own, volume[:, None] / np.where(own, weight, 1.0), np.nan)
        candidates = np.concatenate([candidates, granted])
    smallest = np.fmin.reduce(candidates, axis=0, initial=np.nan)
    return [None if math.isnan(value) else float(value) for value in smallest]


def _mostly(flags: np.ndarray) -> Line:
    """Return what bound in most steps and in which share of them; nothing if it never bound."""
    count = np.bincount(flags[flags > 0].astype(np.int64), minlength=len(BINDING))
    if not count.any():
        return {"limit": "none", "share": 0.0}
    return {"limit": BINDING[int(count.argmax())], "share": float(count.max() / flags.size)}


def _budget(record: Record) -> Line:
    """Tell the mean budget of a complete calendar year, so that it closes with the change of storage.

    Of a record without any complete year, its sum over its length in years.
    """
    table = record.values("district_budget")
    known = ~np.isnan(table).any(axis=0)
    if record.years.size:
        known &= np.isin(record.year, record.years)
        per_year = 1.0 / record.years.size
    else:
        length = float(record.lengths[known].sum())
        per_year = 1.0 / length if length else float("nan")
    mean = table[:, known].sum(axis=-1) * per_year
    sides = {side: [i for i, t in enumerate(TERMS) if t.side == side] for side in ("in", "out", "storage")}
    return {
        "terms": [
            {"id": term.id, "side": term.side, "zh": term.zh, "en": term.en, "volume": float(mean[i])}
            for i, term in enumerate(TERMS)
        ],
        "inputs": float(mean[sides["in"]].sum()),
        "fates": float(mean[sides["out"]].sum()),
        "storage_change": float(mean[sides["storage"]].sum()),
        "residual": float(budget_residual(mean)),
        "steps": int(known.sum()),
    }


def _stores(record: Record) -> list[Line]:
    if not record.has("storage_volume"):
        return []
    storage, capacity = record.values("storage_volume"), record.values("storage_capacity")
    losses = {name: record.mean(name) for name in ("evaporation", "seepage", "spill")}
    return [
        {
            **name,
            "capacity": float(capacity[i].max()),
            "mean": float(storage[i].mean()),
            "minimum": float(storage[i].min()),
            "maximum": float(storage[i].max()),
            **{key: float(values[i]) for key, values in losses.items()},
        }
        for i, name in enumerate(record.names("store"))
    ]


def _aquifers(record: Record) -> list[Line]:
    if not record.has("groundwater_depth"):
        return []
    depth = record.values("groundwater_depth")
    pumping, recharge = record.mean("aquifer_pumping"), record.mean("groundwater_recharge")
    return [
        {
            **name,
            "pumping": float(pumping[i]),
            "recharge": float(recharge[i]),
            "depth_mean": float(depth[i].mean()),
            "depth_max": float(depth[i].max()),
        }
        for i, name in enumerate(record.names("aquifer"))
    ]


def _quotas(record: Record) -> list[Line]:
    """Tell the largest use of a quota year beside its entitlement."""
    if not record.has("quota_used"):
        return []
    used, volume = record.values("quota_used"), record.values("quota_volume")
    left, reset = record.values("quota_remaining"), record.values("quota_reset_month")
    lines = []
    for q, name in enumerate(record.names("quota")):
        year = metrics.year_of_step(record.year, record.month, int(reset[q]))
        wanted = metrics.complete_years(year, record.month)
        wanted = wanted if wanted.size else np.unique(year)
        use = metrics.yearly(used[q], year, wanted)
        cap = np.array([volume[q][year == y][-1] for y in wanted])
        lowest = np.array([left[q][year == y].min() for y in wanted])
        emptied = (cap > 0.0) & (lowest <= 1e-6 * cap)
        worst = int(use.argmax())
        share = np.divide(use, cap, out=np.zeros_like(use), where=cap > 0.0)
        lines.append(
            {
                **name,
                "largest_use": float(use[worst]),
                "year": int(wanted[worst]),
                "cap": float(cap[worst]),
                "used_share": float(share.max()),
                "years_used_up": int(emptied.sum()),
                "years": int(wanted.size),
            }
        )
    return lines


def _years(record: Record) -> list[Line]:
    """Tell the year in which most water was offered, and the one in which least was."""
    if record.years.size < 2 or not record.has("water_demand"):
        return []
    offered = np.zeros(record.years.size)
    for name in ("source_available", "store_inflow", "rain_on_store"):
        if record.has(name):
            offered = offered + record.yearly(name).sum(axis=0)
    need, supply = record.yearly("water_demand").sum(axis=0), record.yearly("water_supply").sum(axis=0)
    return [
        {
            "kind": kind,
            "year": int(record.years[i]),
            "offered": float(offered[i]),
            "need": float(need[i]),
            "supply": float(supply[i]),
            "shortage_share": float(1.0 - supply[i] / need[i]) if need[i] > 0.0 else None,
        }
        for kind, i in (("wettest", int(offered.argmax())), ("driest", int(offered.argmin())))
    ]


def _plain(value: Any) -> Any:
    """Replace numbers that JSON does not know by None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
