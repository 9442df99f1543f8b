"""What is exchanged, taken out of rows and put into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from waterbal.model.rows import Floats, Rows


def elements(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Name the elements of every group of rows, and every return as ``user>destination``."""
    groups = {
        "source": rows.sources, "aquifer": rows.aquifers, "node": rows.nodes, "store": rows.stores,
        "link": rows.links, "demand": rows.demands, "quota": rows.quotas, "restriction": rows.restrictions,
    }  # fmt: skip
    found = {name: tuple(row.id for row in group) for name, group in groups.items()}  # type: ignore[attr-defined]
    found["return"] = tuple(f"{row.id}>{to}" for row in rows.demands for to, _ in row.returns)
    return found


def returned(rows: Rows, supply: Floats, t: int) -> list[tuple[int, str, float]]:
    """List (number of the demand, destination, volume [1e4 m3]) of every return of a step."""
    return [
        (d, to, float(share[t] * supply[d]))
        for d, row in enumerate(rows.demands)
        for to, share in row.returns
    ]


def own_values(rows: Rows, name: str, t: int) -> list[float]:
    """Return what rows have for an input that replaces what elements made; one value per element."""
    values: dict[str, Callable[[], list[float]]] = {
        "source_limit_hydrology": lambda: [float(_water(row.limits)[t]) for row in rows.sources],
        "water_demand": lambda: [float(row.gross[t]) for row in rows.demands],
        "aquifer_recharge": lambda: [float(row.recharge[t]) for row in rows.aquifers],
        "store_inflow": lambda: [float(row.inflow[t]) for row in rows.stores],
    }
    return values[name]()


def _water(limits: Mapping[str, Floats]) -> Floats:
    """Return the limit that hydrology sets; where there is none, what the other limits leave."""
    if "hydrology" in limits:
        return limits["hydrology"]
    smallest: Floats = np.min(list(limits.values()), axis=0)
    return smallest


def with_values(rows: Rows, given: Mapping[str, Floats]) -> Rows:
    """Put values into rows, ndarray (time, element) by name of the input; nan leaves what is there."""

    def over(values: Floats, name: str, i: int) -> Floats:
        new = given[name][:, i]
        return np.where(np.isnan(new), values, new)

    def is_set(name: str, i: int) -> bool:
        return name in given and not bool(np.isnan(given[name][:, i]).all())

    sources = [
        replace(
            row, limits={**row.limits, "hydrology": over(_water(row.limits), "source_limit_hydrology", i)}
        )
        if is_set("source_limit_hydrology", i)
        else row
        for i, row in enumerate(rows.sources)
    ]
    demands = []
    for i, row in enumerate(rows.demands):
        if is_set("water_demand", i):
            gross = over(row.gross, "water_demand", i)
            used = np.divide(row.net, row.gross, out=np.ones_like(gross), where=row.gross > 0.0)
            row = replace(row, gross=gross, net=np.where(gross == row.gross, row.net, used * gross))
        demands.append(row)
    aquifers = [
        replace(row, recharge=over(row.recharge, "aquifer_recharge", i))
        if is_set("aquifer_recharge", i)
        else row
        for i, row in enumerate(rows.aquifers)
    ]
    stores = [
        replace(row, inflow=over(row.inflow, "store_inflow", i)) if is_set("store_inflow", i) else row
        for i, row in enumerate(rows.stores)
    ]
    return replace(rows, sources=sources, demands=demands, aquifers=aquifers, stores=stores)
