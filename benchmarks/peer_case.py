"""The network shared with other allocation engines: 5 sources, 20 demands, 2 reservoirs, 3 annual quotas.

Inputs are generated from a fixed seed so that any engine can be run on the same numbers. Flows in the inputs
are Mm3/day (mean over the month) and volumes Mm3, as the peer takes them; ``rows`` turns them into 1e4 m3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.model.rows import (
    DemandRow,
    Floats,
    LevelRow,
    LinkRow,
    NodeRow,
    QuotaRow,
    ReserveOptions,
    Rows,
    SourceRow,
    StoreRow,
    TimeAxis,
)

SECTORS = ("res", "ind", "eco", "ag")
DISTRICTS = (1.6, 1.2, 0.9, 0.7, 0.6)
BASE = {"res": 0.110, "ind": 0.130, "eco": 0.060, "ag": 0.200}
GROWTH = {"res": 0.008, "ind": 0.006, "eco": 0.004, "ag": -0.003}
PROFILE = {
    "res": 1 + 0.12 * np.cos(2 * np.pi * (np.arange(12) - 6.5) / 12),
    "ind": np.ones(12),
    "eco": np.array([0.4, 0.5, 0.9, 1.3, 1.6, 1.6, 1.2, 1.1, 1.1, 1.0, 0.8, 0.5]),
    "ag": np.array([0.05, 0.2, 1.5, 1.7, 1.8, 1.9, 1.3, 1.0, 0.9, 0.9, 0.6, 0.15]),
}
RIVER = np.array([0.35, 0.40, 0.70, 0.90, 0.95, 0.80, 1.10, 1.30, 1.40, 1.20, 0.80, 0.45])
INFLOW = np.array([0.08, 0.07, 0.10, 0.15, 0.20, 0.35, 1.10, 1.30, 0.80, 0.40, 0.18, 0.10])
FIRST_YEAR = 2001
UNIT = 100.0
"""1e4 m3 per Mm3."""


@dataclass(frozen=True)
class Inputs:
    """Generated series."""

    days: Floats
    """ndarray (time) [d]"""
    demand: Floats
    """ndarray (time, 20) [Mm3/d], district-major"""
    river: Floats
    """ndarray (time, scenario) [Mm3/d]"""
    inflow: Floats
    """ndarray (time, scenario) [Mm3/d]"""

    @property
    def names(self) -> list[str]:
        """Demand names, in column order."""
        return [f"{sector}_{d + 1}" for d in range(len(DISTRICTS)) for sector in SECTORS]


def generate(years: int = 60, scenarios: int = 1000, seed: int = 20260101) -> Inputs:
    """Generate the inputs of the case; the numbers depend on all three arguments."""
    random = np.random.default_rng(seed)
    starts = np.arange(f"{FIRST_YEAR}-01", f"{FIRST_YEAR + years}-01", dtype="datetime64[M]")
    days = ((starts + 1).astype("datetime64[D]") - starts.astype("datetime64[D]")).astype(float)
    month = np.arange(starts.size) % 12
    year = np.arange(starts.size) // 12
    columns = [
        BASE[sector] * size * PROFILE[sector][month] * (1 + GROWTH[sector]) ** year
        for size in DISTRICTS
        for sector in SECTORS
    ]

    def flows(climatology: Floats, annual: float, noise: float, persistence: float) -> Floats:
        shock = random.standard_normal((years, scenarios))
        level = np.empty_like(shock)
        level[0] = shock[0]
        for k in range(1, years):
            level[k] = persistence * level[k - 1] + np.sqrt(1 - persistence**2) * shock[k]
        monthly = random.standard_normal((starts.size, scenarios))
        log = annual * level[year] - annual**2 / 2 + noise * monthly - noise**2 / 2
        return climatology[month][:, None] * np.exp(log)

    river = flows(RIVER, 0.25, 0.30, 0.4)
    inflow = flows(INFLOW, 0.40, 0.45, 0.2)
    return Inputs(days, np.stack(columns, axis=1), river, inflow)


def time_axis(years: int) -> TimeAxis:
    """Return monthly steps from January of the first year."""
    months = np.arange(f"{FIRST_YEAR}-01", f"{FIRST_YEAR + years}-01", dtype="datetime64[M]")
    start, end = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    year = np.repeat(np.arange(FIRST_YEAR, FIRST_YEAR + years), 12)
    return TimeAxis(
        step="month",
        start=start,
        end=end,
        days=(end - start).astype(float),
        year=year,
        month=np.tile(np.arange(1, 13), years),
        planning_year=year,
    )


@dataclass(frozen=True)
class Options:
    """Variations of the case."""

    reserve: ReserveOptions = field(default_factory=ReserveOptions)
    strict: bool = True
    """True: 20 strictly ordered demands as in the peer. False: one class per sector, equal shares."""
    treatment: float = 1.6
    """[Mm3/d]"""
    potable_groundwater: bool = True
    resets: tuple[int, int, int] = (1, 1, 1)
    """Reset month of the river, transfer and groundwater quotas."""


def rows(inputs: Inputs, scenario: int, options: Options | None = None) -> Rows:
    """Return the case of one scenario as canonical rows."""
    options = options or Options()
    size = inputs.days.size
    one, none = np.ones(size), np.zeros(size)
    unlimited = np.full(size, np.inf)

    def rate(value: float | Floats) -> Floats:
        return np.asarray(value * inputs.days * UNIT)

    def link(tail: str, head: str, capacity: Floats = unlimited, cost: float = 0.0) -> LinkRow:
        return LinkRow(f"{tail}_{head}", tail, head, capacity, none, one, unit_cost=cost)

    def node(name: str, capacity: Floats = unlimited) -> NodeRow:
        return NodeRow(name, capacity, one, one, unlimited)

    def store(name: str, volume: float, initial: float, inflow: Floats, value: float) -> StoreRow:
        curve = np.array([0.0, volume * UNIT])
        return StoreRow(
            name, np.full(size, volume * UNIT), none, initial * UNIT, inflow, none, none, none,
            curve, np.array([0.0, 0.0]), value=value,
        )  # fmt: skip

    names = inputs.names
    supplied = [(name, 0.35) for name in names if name[:3] in ("res", "ind")]
    river = rate(inputs.river[:size, scenario])
    sources = [
        SourceRow("river", {"hydrology": river}, one, unit_cost=4.0),
        SourceRow("transfer", {"conveyance": rate(0.60)}, one, unit_cost=8.0),
        SourceRow("groundwater", {"conveyance": rate(0.80)}, one, unit_cost=12.0),
        SourceRow("reclaimed", {"conveyance": rate(0.35)}, one, unit_cost=1.0, lagged_supply=supplied),
    ]
    links = [
        link("river", "treatment"), link("river", "trunk"), link("river", "side", rate(0.50), 0.01),
        link("transfer", "treatment"), link("main", "treatment"), link("main", "trunk"),
        link("side", "treatment", rate(0.40)), link("groundwater", "raw"), link("reclaimed", "raw"),
        link("treatment", "potable"), link("trunk", "raw"),
    ]  # fmt: skip
    if options.potable_groundwater:
        links.append(link("groundwater", "potable"))
    for name in names:
        if name[:3] in ("res", "ind"):
            links.append(link("potable", name))
        if name[:3] != "res":
            links.append(link("raw", name))
    demands = [
        DemandRow(name, name.split("_")[0], "city", rate(inputs.demand[:, k]), rate(inputs.demand[:, k]))
        for k, name in enumerate(names)
    ]
    classes = [[f"{sector}_{d + 1}" for d in range(len(DISTRICTS))] for sector in SECTORS]
    sharing = "first_listed" if options.strict else "equal_share"
    quotas = [
        QuotaRow(f"{name}_quota", [(name, 1.0)], np.full(size, volume * UNIT), month)
        for name, volume, month in zip(
            ("river", "transfer", "groundwater"), (250.0, 150.0, 180.0), options.resets, strict=True
        )
    ]
    return Rows(
        axis=time_axis(size // 12),
        sources=sources,
        nodes=[
            node("treatment", rate(options.treatment)),
            node("trunk", rate(1.10)),
            node("potable"),
            node("raw"),
        ],
        stores=[
            store("main", 120.0, 60.0, rate(inputs.inflow[:size, scenario]), 3.0),
            store("side", 60.0, 20.0, none, 20.0),
        ],
        aquifers=[],
        links=links,
        demands=demands,
        quotas=quotas,
        restrictions=[],
        levels=[LevelRow("demands", names, sharing) for names in classes],
        reserve=options.reserve,
    )
