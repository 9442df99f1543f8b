"""What came out of a result, as named values that can be set against those of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from waterbal.model.rows import Floats
from waterbal.report.capacity_words import CAPACITY, requirement
from waterbal.report.compare_words import BOUND_BY, ENDED
from waterbal.results import pooled
from waterbal.results.accessor_tables import yearly_means
from waterbal.results.accessor_text import ended
from waterbal.results.terms import BINDING, DRIVER_UNITS, Term

if TYPE_CHECKING:
    import xarray as xr


class Key(NamedTuple):
    """What a value is."""

    scenario: str
    """Values of the axes, or id; empty for a single run."""
    group: str
    id: str
    measure: str


@dataclass(frozen=True)
class Value:
    """One value of a result."""

    value: float | str
    weight: float
    """What a change of 1 matters: 1 / total need for volumes, 1 for shares, 0.1 for words."""
    name: Term
    """What it is of."""
    said: Term | None = None
    """The value, where it is an id or a flag."""


VOLUMES = {
    "demand": {
        "need": ("water_demand", "mean_annual_demand"),
        "supply": ("water_supply", "mean_annual_supply"),
        "shortage": ("water_shortage", "mean_annual_shortage"),
    },
    "source": {"withdrawal": ("source_withdrawal", "mean_annual_source_withdrawal")},
    "aquifer": {"pumping": ("aquifer_pumping", "mean_annual_aquifer_pumping")},
    "quota": {"used": ("quota_used", "mean_annual_quota_used")},
}
"""Volumes by element and measure: series, and its mean where no series is kept."""
STATES = {"aquifer": {"depth": "groundwater_depth"}, "store": {"storage": "storage_volume"}}
"""Series that are averaged over the record."""
MEANS = {"aquifer": {"depth": "mean_groundwater_depth"}, "store": {"storage": "mean_storage_volume"}}
"""Means of states that a sweep keeps."""
Basis = Literal["years", "record"]
"""What means of a year are of: complete calendar years, or the whole record as a sweep without years has it."""
SHARES = {"demand": "demand", "sector": "sector", "zone": "zone", "district": "all"}
"""Groups that have annual guarantee rates, and the elements they are told of."""
METRE = 0.01
"""What a metre of depth to groundwater matters [-]."""
NOTHING = Term("", "")
"""Name of the whole, which needs none."""
WORDY = 0.1
"""What it matters that another limit binds [-]."""


class Reader:
    """Reads the values of a result."""

    def __init__(self, results: xr.Dataset, scenarios: Sequence[str], basis: Basis = "years") -> None:
        """Take a result and the names of its scenarios."""
        self.results = results
        self._scenarios = scenarios
        self.basis = basis
        self._names: dict[str, list[tuple[str, str, str]]] = {}
        known = {"scenario", "realization"} <= set(results.sizes)
        self.ended = ended(results) if known else None
        self.volume = {
            (element, measure): values
            for element, measures in VOLUMES.items()
            for measure, (series, mean) in measures.items()
            if (values := self._by_year(series, mean)) is not None
        }
        """ndarray (scenario, realization, element) [1e4 m3/yr] by element and measure."""
        self.total = self._total()

    def _has(self, name: str) -> bool:
        return name in self.results.variables

    def _by_year(self, series: str, mean: str) -> Floats | None:
        """Return means of a year as ``ds.waterbal.balance()`` gives them; None where the result has none."""
        by_step, by_year = self._has(series) and self._has("time"), self._has(f"yearly_{series}")
        if self.basis == "years" and (by_step or by_year):
            return yearly_means(self.results, series, mean)
        return self.results[mean].values.astype(np.float64) if self._has(mean) else None

    def _total(self) -> float:
        """Return the mean need of everyone [1e4 m3/yr]."""
        need = self.volume.get(("demand", "need"))
        if need is None and self._has("mean_need"):
            need = self.results["mean_need"].values.astype(np.float64)[..., None]
        return 1.0 if need is None else float(max(np.nan_to_num(need).sum(axis=-1).mean(), 1e-9))

    @cached_property
    def _members(self) -> dict[str, np.ndarray]:
        """Sector and zone of every user."""
        return {
            group: self.results[f"demand_{group}"].values
            for group in ("sector", "zone")
            if self._has(f"demand_{group}")
        }

    @cached_property
    def _rates(self) -> dict[str, Floats]:
        """Annual guarantee rates over the years of all records, ndarray (scenario, element) [-]."""
        known = {source: all(self._has(name) for name in pooled.names(source)) for source in SHARES}
        return {source: pooled.annual(self.results, source).pooled for source in SHARES if known[source]}

    def scenario(self, number: int) -> str:
        """Name a scenario."""
        return self._scenarios[number]

    def names(self, element: str, number: int) -> tuple[str, str, str]:
        """Give id, Chinese and English name of an element."""
        if element not in self._names:
            ids = [str(id) for id in self.results[f"{element}_id"].values.tolist()]
            told = (
                [str(name) for name in self.results[f"{element}_name_{tongue}"].values.tolist()]
                if self._has(f"{element}_name_{tongue}")
                else ids
                for tongue in ("zh", "en")
            )
            self._names[element] = list(zip(ids, *told, strict=True))
        return self._names[element][number]

    def values(self, kind: str) -> dict[Key, Value]:
        """Read everything that is compared."""
        readers: dict[str, Callable[[int], Iterator[tuple[Key, Value]]]] = {
            "run": self._run, "sweep": self._sweep, "capacity": self._capacity,
        }  # fmt: skip
        found: dict[Key, Value] = {}
        for number in range(self.results.sizes.get("scenario", 0)):
            found |= dict(readers[kind](number))
        return found

    def _run(self, number: int) -> Iterator[tuple[Key, Value]]:
        yield from self._all_volumes(number)
        for element, measures in STATES.items():
            for measure, name in measures.items():
                if self._has(name):
                    yield from self._volumes(number, element, measure, self._mean(name, number).mean(axis=-1))
        yield from self._shares(number)
        for element in ("source", "aquifer"):
            name = f"{element}_binding_limit"
            if self._has(name):
                for k, flags in enumerate(self.results[name].values[number, 0]):
                    held = flags[flags > 0]
                    mostly = BINDING[int(np.bincount(held).argmax())] if held.size else BINDING[0]
                    yield self._value(number, element, k, "binding", mostly, WORDY, said=BOUND_BY[mostly])

    def _sweep(self, number: int) -> Iterator[tuple[Key, Value]]:
        yield from self._all_volumes(number)
        for element, measures in MEANS.items():
            for measure, name in measures.items():
                if self._has(name):
                    yield from self._volumes(number, element, measure, self._mean(name, number))
        yield from self._shares(number)

    def _all_volumes(self, number: int) -> Iterator[tuple[Key, Value]]:
        """Give the volumes of a scenario, mean of the realizations that ended well."""
        for (element, measure), values in self.volume.items():
            own = values[number] if self.ended is None else values[number][self.ended[number]]
            mean = own.mean(axis=0) if len(own) else np.full(own.shape[1:], np.nan)
            yield from self._volumes(number, element, measure, mean)

    def _mean(self, name: str, number: int) -> Any:
        """Average a variable over the realizations of a scenario that were simulated."""
        values = self.results[name].values[number].astype(np.float64)
        known = np.isfinite(values)
        count = known.sum(axis=0)
        return np.divide(
            np.where(known, values, 0.0).sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0
        )

    def _volumes(self, number: int, element: str, measure: str, values: Any) -> Iterator[tuple[Key, Value]]:
        """Give the values of elements; of demands also by sector, zone and in all."""
        weight = METRE if measure == "depth" else 1.0 / self.total
        for k, value in enumerate(values):
            yield self._value(number, element, k, measure, float(value), weight)
        if element != "demand":
            return
        yield Key(self.scenario(number), "all", "", measure), Value(float(values.sum()), weight, NOTHING)
        for group in ("sector", "zone"):
            if group not in self._members:
                continue
            member = self._members[group]
            for k in range(self.results.sizes.get(group, 0)):
                id, _, _ = self.names(group, k)
                yield self._value(number, group, k, measure, float(values[member == id].sum()), weight)

    def _shares(self, number: int) -> Iterator[tuple[Key, Value]]:
        for source, group in SHARES.items():
            if source not in self._rates:
                continue
            for k, value in enumerate(self._rates[source][number]):
                if group == "all":
                    yield (
                        Key(self.scenario(number), "all", "", "reliability"),
                        Value(float(value), 1.0, NOTHING),
                    )
                else:
                    yield self._value(number, group, k, "reliability", float(value), 1.0)

    def _value(
        self,
        number: int,
        element: str,
        k: int,
        measure: str,
        value: float | str,
        weight: float,
        part: tuple[str, str, str] | None = None,
        said: Term | None = None,
    ) -> tuple[Key, Value]:
        """Describe a value of an element, or of a part of it that has an id and two names."""
        id, zh, en = self.names(element, k)
        if part is not None:
            id, zh, en = (f"{whole} / {of}" for whole, of in zip((id, zh, en), part, strict=True))
        return Key(self.scenario(number), element, id, measure), Value(value, weight, Term(zh, en), said)

    def _focus(self) -> tuple[str, str, str]:
        """Give id and names of the direction that limits are told of: worth along another is of another thing."""
        focus = str(self.results.attrs.get("details_direction", ""))
        known = [self.names("direction", k) for k in range(self.results.sizes.get("direction", 0))]
        return next((names for names in known if names[0] == focus), (focus, focus, focus))

    def _driver(self, number: int) -> tuple[str, str, str]:
        """Give id and names of what grows, with its unit."""
        id, zh, en = self.names("driver", number)
        if not self._has("driver_units_id"):
            return id, zh, en
        units = str(self.results["driver_units_id"].values[number])
        told = DRIVER_UNITS.get(units, Term(units, units))
        return id, f"{zh}（{told.zh}）", f"{en} ({told.en})"

    def _said(self, name: str, place: tuple[int, int], id: str) -> Term:
        """Give the name of what binds; the id where the result has no names."""
        if not id:
            return BOUND_BY["none"]
        if id == "minimum flow":
            return CAPACITY["minimum_flow"]
        told = []
        for language in ("zh", "en"):
            column = f"{name}_name_{language}"
            called = str(self.results[column].values[place]) if self._has(column) else ""
            told.append(requirement(id, called, language) if called else id)
        return Term(*told)

    def _capacity(self, number: int) -> Iterator[tuple[Key, Value]]:
        results = self.results
        numbers = {"scale": ("capacity_scale", 1.0), "exceedance": ("exceedance_probability", 1.0)}
        texts = {"requirement": "binding_requirement", "other_limit": "binding_limit"}
        meanings = (
            str(results["capacity_status"].attrs["flag_meanings"]).split()
            if self._has("capacity_status")
            else []
        )
        for k in range(results.sizes.get("direction", 0)):
            for measure, (name, weight) in numbers.items():
                if self._has(name):
                    yield self._value(
                        number, "direction", k, measure, float(results[name].values[number, k]), weight
                    )
            for measure, name in texts.items():
                if self._has(f"{name}_id"):
                    id = str(results[f"{name}_id"].values[number, k])
                    said = self._said(name, (number, k), id)
                    yield self._value(number, "direction", k, measure, id, WORDY, said=said)
            if meanings:
                status = meanings[int(results["capacity_status"].values[number, k])]
                ended_so = ENDED.get(status)
                yield self._value(number, "direction", k, "status", status, WORDY, said=ended_so)
            if self._has("capacity_amount") and self._has("plan_amount"):
                for j in range(results.sizes["driver"]):
                    plan = abs(float(results["plan_amount"].values[number, j]))
                    weight = 1.0 / plan if plan > 0.0 else 0.0
                    amount = float(results["capacity_amount"].values[number, k, j])
                    yield self._value(number, "direction", k, "amount", amount, weight, self._driver(j))
        detailed = number == int(results.attrs.get("details_scenario", -1))
        if detailed and self._has("limit_worth") and self._has("limit_id"):
            along = self._focus()
            for k, value in enumerate(results["limit_worth"].values):
                yield self._value(number, "limit", k, "worth", float(value), 1.0, along)


def common_basis(one: xr.Dataset, other: xr.Dataset) -> Basis:
    """Choose what means of a year are of in both results: complete years where both know years."""
    known = [
        any(name in results.variables for name in ("water_demand", "yearly_water_demand"))
        for results in (one, other)
    ]
    return "record" if any(known) and not all(known) else "years"


def users(results: xr.Dataset) -> dict[str, str]:
    """Return the sector of every user."""
    if not {"demand_id", "demand_sector"} <= set(results.variables):
        return {}
    ids, sectors = (results[name].values.tolist() for name in ("demand_id", "demand_sector"))
    return {str(id): str(sector) for id, sector in zip(ids, sectors, strict=True)}
