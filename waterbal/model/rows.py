"""Canonical rows: what every element of a model is lowered to.

An element type (river intake, irrigation, ...) is a front end: validated fields plus a ``lower`` method
that returns one of these rows. Everything after this module (network tables, kernel, results) sees rows
of numbers and never the type. Volumes are 1e4 m3 per step, arrays have one value per step unless said.

Rows of several hydrological samples at once have arrays (realization, time) where the sample matters, (time) elsewhere;
``realization`` takes one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TimeAxis:
    """The steps of a run and the planning year that each of them stands for."""

    step: str
    """``month``, ``dekad`` or ``day``."""
    start: npt.NDArray[np.datetime64]
    """ndarray (time), first day of each step."""
    end: npt.NDArray[np.datetime64]
    """ndarray (time), first day after each step."""
    days: Floats
    """ndarray (time) [d], true length of each step."""
    year: Ints
    """ndarray (time), calendar year of the hydrology."""
    month: Ints
    """ndarray (time), calendar month 1..12."""
    planning_year: Ints
    """ndarray (time), year whose works, norms and drivers apply (水平年)."""
    warm_up: int = 0
    """Steps at the start of the record that are simulated once beforehand to settle the state."""

    @property
    def size(self) -> int:
        """Number of steps."""
        return int(self.days.size)

    @property
    def years(self) -> float:
        """Length of the record [yr]; complete calendar years count as one each, leap or not."""
        return float((self.days / days_of_years(self.year)).sum())


def days_of_years(year: Ints) -> Floats:
    """Return the days of calendar years [d]."""
    first = (np.asarray(year) - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    after = (np.asarray(year) - 1969).astype("datetime64[Y]").astype("datetime64[D]")
    return (after - first).astype(np.float64)


@dataclass(frozen=True)
class SourceRow:
    """A source: a withdrawal bounded by separate limits, of which the smallest binds."""

    id: str
    limits: dict[str, Floats]
    """Upper bounds on the withdrawal, ndarray (time) [1e4 m3], by kind: any of ``legal``, ``plan``,
    ``hydrology``, ``conveyance``. At least one; all finite."""
    yield_: Floats
    """ndarray (time) [-], share of the withdrawal that reaches the outgoing links (1 - settling loss)."""
    unit_cost: float = 0.0
    """[yuan/m3] of withdrawal; orders sources inside the cost level."""
    fixed_cost: Floats | None = None
    """ndarray (time) [1e4 yuan], paid whether or not water is taken (two-part tariff)."""
    energy: float = 0.0
    """[kWh/m3] of withdrawal."""
    loss_to: str | None = None
    """Aquifer that receives ``loss_recharge`` of the settling loss."""
    loss_recharge: float = 0.0
    instream: Floats | None = None
    """ndarray (time) [1e4 m3], what the flow that stays in the river takes from the limit ``hydrology``; only told."""
    lagged_supply: list[tuple[str, float]] = field(default_factory=list)
    """(demand id, share): a further limit, share x the demand's supply rate of the step before (0 in the
    first step). For plants whose effluent can only be counted on one step later."""


@dataclass(frozen=True)
class NodeRow:
    """A through node: junction, treatment, wastewater, reclamation, desalination with a feed.

    Inflow is what links and returns bring. ``recovery`` of it comes out, the rest is process loss.
    Links may take at most ``usable`` of the inflow and at most ``output_limit``.
    """

    id: str
    capacity: Floats
    """ndarray (time) [1e4 m3], largest inflow that is processed; ``inf`` where unlimited."""
    recovery: Floats
    """ndarray (time) [-], outflow per processed inflow."""
    usable: Floats
    """ndarray (time) [-], share of processed inflow that links may take, <= recovery."""
    output_limit: Floats
    """ndarray (time) [1e4 m3], largest total of outgoing links (season limits); ``inf`` if none."""
    outlet: bool = False
    """True: what links do not take is discharged out of the system. False: all of it must be taken."""
    overflow: bool = False
    """True: inflow above ``capacity`` by-passes to the outside unprocessed (returns keep arriving at a
    full plant). False: ``capacity`` bounds the inflow itself."""
    unit_cost: float = 0.0
    """[yuan/m3] of processed inflow."""
    energy: float = 0.0
    """[kWh/m3] of processed inflow."""


@dataclass(frozen=True)
class StoreRow:
    """A reservoir: V1 = V0 + inflow + rain - evaporation - seepage + links in - links out - spill."""

    id: str
    capacity: Floats
    """ndarray (time) [1e4 m3], largest volume at the end of the step: full level, flood-limited level
    of the month, ramp of the first filling; 0 before commissioning."""
    dead: Floats
    """ndarray (time) [1e4 m3], volume that links cannot draw; 0 before commissioning."""
    initial: float
    """[1e4 m3]"""
    inflow: Floats
    """ndarray (time) [1e4 m3], natural inflow."""
    evaporation: Floats
    """ndarray (time) [mm], open-water evaporation depth of the step."""
    rain: Floats
    """ndarray (time) [mm], rain depth on the water surface."""
    seepage: Floats
    """ndarray (time) [mm], seepage depth over the wet area."""
    curve_volume: Floats
    """ndarray (point) [1e4 m3], strictly increasing from 0."""
    curve_area: Floats
    """ndarray (point) [km2], area at ``curve_volume``, linear between points, constant beyond."""
    seepage_to: str | None = None
    """Aquifer that receives ``seepage_recharge`` of the seepage."""
    seepage_recharge: float = 0.0
    reserve: Floats | None = None
    """ndarray (time) [1e4 m3], volume the reserve curve asks to keep at the end of the step (旱限)."""
    value: float = 0.0
    """[yuan/m3] kept at the end of the step, set against costs inside the cost level."""
    passes: int = 1
    """Evaluations of area-dependent losses: 1 = area at the start of the step; more = mean area,
    repeated until the change is below the stated residual or the passes are used up."""
    area_full: float = 0.0


@dataclass(frozen=True)
class AquiferRow:
    """An aquifer: S1 = S0 + recharge + returns + seepage - phreatic evaporation - pumping - overflow."""

    id: str
    limits: dict[str, Floats]
    """Upper bounds on pumping, as in SourceRow (wells are ``conveyance``)."""
    storage_per_metre: float
    """[1e4 m3/m], specific yield x area."""
    initial_depth: float
    """[m] below ground at the start."""
    floor_depth: float
    """[m], no pumping below this depth."""
    recharge: Floats
    """ndarray (time) [1e4 m3], rain recharge and lateral inflow."""
    phreatic: Floats
    """ndarray (time) [1e4 m3], phreatic evaporation at zero depth; falls linearly to 0 at extinction."""
    extinction_depth: float
    """[m]"""
    tier_depth: Floats = field(default_factory=lambda: np.zeros(0))
    """ndarray (tier) [m], increasing; deeper than this the tier is entered."""
    tier_factor: Floats = field(default_factory=lambda: np.zeros(0))
    """ndarray (tier) [-], multiplies every limit while in the tier."""
    hysteresis: float = 0.0
    """[m], a tier is left only when the level has risen this much above its threshold."""
    fresh_share: float = 1.0
    """[-], share of the permitted pumping that links marked ``fresh`` may take (rest is brackish)."""
    unit_cost: float = 0.0
    energy: float = 0.0


@dataclass(frozen=True)
class LinkRow:
    """A directed link; its flow is measured at the tail."""

    id: str
    tail: str
    head: str
    capacity: Floats
    """ndarray (time) [1e4 m3], ``inf`` where unlimited, 0 where closed or not yet built."""
    minimum: Floats
    """ndarray (time) [1e4 m3], hard minimum flow; may make a step infeasible."""
    gain: Floats
    """ndarray (time) [-], 1 - loss."""
    unit_cost: float = 0.0
    """[yuan/m3] at the tail."""
    energy: float = 0.0
    """[kWh/m3]"""
    loss_to: str | None = None
    """Aquifer that receives ``loss_recharge`` of the conveyance loss."""
    loss_recharge: float = 0.0
    fresh: bool = False
    """True if the link carries water that must not be brackish (counts against ``fresh_share``)."""


@dataclass(frozen=True)
class DemandRow:
    """A demand: gross need at its node; what arrives is consumed or returned, once."""

    id: str
    kind: str
    """Element type, e.g. ``residential``; the sector of the metrics."""
    zone: str
    net: Floats
    """ndarray (time) [1e4 m3], need of the users themselves."""
    gross: Floats
    """ndarray (time) [1e4 m3], net / (1 - loss): what the supply has to deliver."""
    returns: list[tuple[str, Floats]] = field(default_factory=list)
    """(node, store or aquifer id; ndarray (time) [-] share of the delivered gross volume). The rest is
    consumed. Returns to nodes and stores arrive in the same step, to aquifers at its end."""
    tiers: list[tuple[float, str]] = field(default_factory=list)
    """Optional split of the need: (share, label), shares sum to 1; priorities name ``id/label``."""
    weather_driver: Floats | None = None
    """ndarray (time), what a weather-driven need is proportional to (area / efficiency ...): the planned
    need is the record's need per driver times the driver of the day. None: the need does not depend on the
    weather and the plan knows it."""
    guarantee: float = 0.0
    """[-] required share of years without failure (供水保证率); 0 if none is set."""
    tolerance: float = 0.0
    """[-] share of a year's need that may be short before the year counts as failed."""
    failure_depth: float = 1.0
    """[-] largest share short in any year that is acceptable (破坏深度)."""


@dataclass(frozen=True)
class QuotaRow:
    """A volume per quota year for a weighted set of sources, aquifers or links."""

    id: str
    members: list[tuple[str, float]]
    """(source, aquifer or link id, weight). Sources count their withdrawal before settling loss."""
    volume: Floats
    """ndarray (time) [1e4 m3], entitlement of the quota year that contains the step (cuts applied)."""
    reset_month: int
    """Month 1..12 at whose first step the quota year begins."""
    carry_over: float = 0.0
    """[-] largest share of the entitlement that unused volume may add to the next quota year."""
    initial: float | None = None
    """[1e4 m3] left at the start; None: entitlement x share of the quota year that remains."""


@dataclass(frozen=True)
class RestrictionRow:
    """Demand is cut by tier while an index of storage is low."""

    id: str
    stores: list[str]
    """Stores whose active volume / active capacity at the start of the step is the index."""
    threshold: Floats
    """ndarray (tier) [-], decreasing; below it the tier applies (the last one that does)."""
    factor: dict[str, Floats]
    """Demand id -> ndarray (tier) [-], factor on the need in that tier."""


@dataclass(frozen=True)
class LevelRow:
    """One entry of the priority list."""

    kind: str
    """``demands`` or ``reserve``."""
    members: list[str]
    """Demand ids (or ``id/tier``) or, for a reserve, store ids that keep their reserve curve."""
    sharing: str = "equal_share"
    """``equal_share``, ``equal_volume`` or ``first_listed``."""


@dataclass(frozen=True)
class ReserveOptions:
    """How water is kept for later needs (design section 4)."""

    mode: str = "none"
    """``none``, ``curve`` or ``planned``. ``curve`` and ``planned`` both honour ``reserve`` levels of the
    priority list; ``planned`` adds the look-ahead after every class."""
    dependability: float = 0.95
    """[-] remaining inflow counted on is exceeded in this share of years."""
    need_quantile: float = 0.5
    """[-] quantile over years of the remaining need that is planned for."""
    last_class: bool = True
    """Also reserve for the last class."""
    scale: float = 1.0
    """[-] factor on planned needs."""


@dataclass(frozen=True)
class RequirementRow:
    """Something a record has to show to be called good (供水保证要求), judged against unrestricted need."""

    id: str
    """Model path, by which it is reported."""
    kind: str
    """``annual`` or ``step``: years or steps short of more than the tolerance, or at all, may happen at the
    ``rate``; ``annual_depth``, ``step_depth``: never short of more than ``limit``; ``aquifer_depth``: never
    deeper than ``limit`` [m]; ``load``: never above ``limit`` a day."""
    members: list[tuple[str, float]]
    """(demand, tolerated share of a year's need), summed; or one (aquifer, 1); or (node, load of a discharged
    1e4 m3)."""
    rate: float = 0.0
    """[-] required share of good years or steps, m / (n + 1)."""
    limit: float = 0.0
    """Share [-], depth [m], or load of a day."""
    untreated: list[float] = field(default_factory=list)
    """Of a ``load``, for each member: load of a 1e4 m3 that by-passes it."""


@dataclass(frozen=True)
class Rows:
    """A lowered model."""

    axis: TimeAxis
    sources: list[SourceRow]
    nodes: list[NodeRow]
    stores: list[StoreRow]
    aquifers: list[AquiferRow]
    links: list[LinkRow]
    demands: list[DemandRow]
    quotas: list[QuotaRow]
    restrictions: list[RestrictionRow]
    levels: list[LevelRow]
    reserve: ReserveOptions


def samples(rows: Rows) -> int:
    """Return the number of hydrological samples in rows, 1 where no array has a leading axis."""
    return max((int(array.shape[0]) for array in _sampled(rows)), default=1)


def realization(rows: Rows, number: int) -> Rows:
    """Take one hydrological sample out of rows.

    Parameters
    ----------
    rows : Rows
        Lowered with series (realization, time), or with none.
    number : int
        Position of the sample.

    Returns
    -------
    Rows
        Every array has one value per step; what does not depend on the sample is shared.
    """
    if not _sampled(rows):
        return rows
    return _map(rows, lambda array: array[number] if _is_sampled(array) else array)


def _is_sampled(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2


def _sampled(value: Any) -> list[Any]:
    """List the arrays (realization, time) anywhere in a value."""
    if _is_sampled(value):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [array for field_ in fields(value) for array in _sampled(getattr(value, field_.name))]
    if isinstance(value, dict):
        return [array for part in value.values() for array in _sampled(part)]
    if isinstance(value, list | tuple):
        return [array for part in value for array in _sampled(part)]
    return []


def _map(value: Any, change: Any) -> Any:
    """Apply a change to every array anywhere in a value."""
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, TimeAxis):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _map(getattr(value, f.name), change) for f in fields(value)})
    if isinstance(value, dict):
        return {key: _map(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_map(part, change) for part in value)
    return value
