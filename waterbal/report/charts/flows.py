"""Where every cubic metre of a run goes in a mean year: elements, and flows between them and the ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from waterbal.model.rows import Floats, Rows
from waterbal.report.charts.reading import Member, types
from waterbal.results.budget import TERMS

if TYPE_CHECKING:
    import xarray as xr

NEEDS = ("link_flow", "link_loss", "water_supply", "district_budget")
"""Variables without which nothing can be told."""
OFTEN = 0.1
"""Share of the steps from which on a link or a work that is at its capacity is called a bottleneck [-]."""
AT_CAPACITY = 1e-6
"""A flow within this share of the capacity is at it [-]."""
END = "end."
"""Beginning of the names of places where water enters or leaves the district."""


@dataclass(frozen=True)
class Element:
    """A part of the network."""

    id: str
    group: str
    """``source``, ``aquifer``, ``store``, ``node`` or ``demand``."""
    type: str
    """As the model says, e.g. ``treatment``; the sector of a demand."""
    zone: str
    names: Mapping[str, str]
    """By language."""


@dataclass(frozen=True)
class Flow:
    """Water from one place to another in a mean year; a place is an element id, or an end of the budget."""

    tail: str
    head: str
    volume: float
    """[1e4 m3/yr]"""
    kind: str
    """``link``, ``return``, ``recharge`` or ``end``."""
    link: str = ""
    """Id of the link."""


@dataclass
class Flows:
    """Elements and flows of a run."""

    elements: dict[str, Element]
    flows: list[Flow] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)
    """Share of steps in which a link or a work is at its capacity [-]."""
    link_names: dict[str, Mapping[str, str]] = field(default_factory=dict)
    years: tuple[int, ...] = ()
    """Complete years that the mean is of; none: the record, scaled to a year."""
    met: dict[str, float] = field(default_factory=dict)
    """Share of the need of each demand that is supplied [-]."""


Table = tuple[tuple[str, tuple[int, ...], bytes], ...]
"""Series by name, with their shapes, as something that can be looked up."""
KEPT = 2
"""Lowered models kept: several figures of a report are of one run."""


def lowered(results: xr.Dataset) -> Rows:
    """Lower the model that a result of a run was made from, from the result alone.

    Parameters
    ----------
    results : Dataset
        As ``waterbal run`` writes it.
    """

    def series(table: str, names: str) -> Table:
        if table not in results:
            return ()
        ids = [v.decode() if isinstance(v, bytes) else str(v) for v in results[names].values]
        values = results[table].values
        return tuple((id, values[i].shape, values[i].tobytes()) for i, id in enumerate(ids))

    return _lowered(
        str(results.attrs["waterbal_config"]),
        series("input_series", "series_id"),
        series("planning_series", "planning_series_id"),
        series("reference_series", "reference_series_id"),
    )


@lru_cache(maxsize=KEPT)
def _lowered(config: str, given: Table, planning: Table, reference: Table) -> Rows:
    from waterbal.api import Case
    from waterbal.model.load import load_config

    def series(table: Table) -> dict[str, Floats]:
        return {id: np.frombuffer(values).reshape(shape) for id, shape, values in table}

    loaded = load_config(json.loads(config))
    return Case(loaded, series(given), series(planning) or None, series(reference) or None).rows()


def flows(results: xr.Dataset, figure: str) -> Flows:
    """Take the flows of a mean year from a run.

    Parameters
    ----------
    results : Dataset
        As ``waterbal run`` writes it: one scenario and realization, every series, the model and its input.
    figure : str
        Name of the figure, for errors.

    Raises
    ------
    UsageError
        If the result is of another kind.
    """
    member = Member(results, figure=figure, needs=(*NEEDS, "input_series"), needed="run")
    found = Flows(_elements(member, types(results)))
    reader = _Reader(member, lowered(results), found)
    reader.read()
    found.years = tuple(int(year) for year in member.years)
    return found


def _elements(member: Member, known: Mapping[str, str]) -> dict[str, Element]:
    found = {}
    for group in ("source", "aquifer", "store", "node", "demand"):
        for place, name in enumerate(member.names(group)):
            kind, zone = known.get(name["id"], group), ""
            if group == "demand":
                kind, zone = (str(member.values(f"demand_{part}")[place]) for part in ("sector", "zone"))
            found[name["id"]] = Element(name["id"], group, kind, zone, name)
    return found


class _Reader:
    """Collects the flows, each from its own variable; none is what is left of the others."""

    def __init__(self, member: Member, rows: Rows, found: Flows) -> None:
        self.member, self.rows, self.found = member, rows, found

    def read(self) -> None:
        self._links()
        self._sources()
        self._demands()
        self._nodes()
        self._stores()
        self._aquifers()

    def _series(self, name: str) -> Floats:
        return self.member.values(name) if self.member.has(name) else np.zeros((0, self.member.year.size))

    def _add(self, tail: str, head: str, series: Floats, kind: str, link: str = "") -> None:
        volume = float(self.member.by_year(series).mean())
        if volume > 0.0 or kind == "link":
            self.found.flows.append(Flow(tail, head, volume, kind, link))

    def _loss(self, row: object, tail: str, loss: Floats, end: str, to: str, share: str) -> None:
        """Split a loss into what recharges an aquifer and what is gone."""
        aquifer = getattr(row, to)
        part = float(getattr(row, share)) if aquifer else 0.0
        if part > 0.0:
            self._add(tail, aquifer, part * loss, "recharge")
        self._add(tail, END + end, (1.0 - part) * loss, "end")

    def _links(self) -> None:
        names = {name["id"]: name for name in self.member.names("link")}
        self.found.link_names = dict(names)
        flow, loss = self._series("link_flow"), self._series("link_loss")
        for j, row in enumerate(self.rows.links):
            self._add(row.tail, row.head, flow[j] - loss[j], "link", row.id)
            self._loss(row, row.tail, loss[j], "conveyance_loss", "loss_to", "loss_recharge")
            self.found.busy[row.id] = _busy(flow[j], row.capacity)

    def _sources(self) -> None:
        loss = self._series("source_loss")
        for s, row in enumerate(self.rows.sources):
            self._loss(row, row.id, loss[s], "settling_loss", "loss_to", "loss_recharge")

    def _demands(self) -> None:
        supply, consumed = self._series("water_supply"), self._series("consumption")
        need = self._series("water_demand")
        for d, row in enumerate(self.rows.demands):
            for to, share in row.returns:
                self._add(row.id, to, share * supply[d], "return")
            self._add(row.id, END + "consumption", consumed[d], "end")
            wanted = float(need[d].sum())
            self.found.met[row.id] = float(supply[d].sum()) / wanted if wanted > 0.0 else np.nan

    def _nodes(self) -> None:
        for n, row in enumerate(self.rows.nodes):
            for name, end in (
                ("node_loss", "process_loss"),
                ("node_discharge", "discharge"),
                ("node_bypass", "bypass"),
            ):
                self._add(row.id, END + end, self._series(name)[n], "end")
            self.found.busy[row.id] = _busy(self._series("node_inflow")[n], row.capacity)

    def _stores(self) -> None:
        volume = self._series("storage_volume")
        for s, row in enumerate(self.rows.stores):
            for name in ("store_inflow", "rain_on_store"):
                self._add(END + name, row.id, self._series(name)[s], "end")
            for name in ("evaporation", "spill"):
                self._add(row.id, END + name, self._series(name)[s], "end")
            self._loss(row, row.id, self._series("seepage")[s], "seepage", "seepage_to", "seepage_recharge")
            self._change(row.id, "store", volume, s)

    def _aquifers(self) -> None:
        volume = self._series("groundwater_storage")
        for a, row in enumerate(self.rows.aquifers):
            self._add(END + "aquifer_recharge", row.id, row.recharge, "end")
            self._add(row.id, END + "phreatic_evaporation", self._series("phreatic_evaporation")[a], "end")
            self._add(row.id, END + "aquifer_overflow", self._series("groundwater_overflow")[a], "end")
            self._change(row.id, "aquifer", volume, a)

    def _change(self, id: str, group: str, volume: Floats, place: int) -> None:
        """Add what a store gains in a mean year; the volume before the first step follows from the district's."""
        change = np.diff(volume[place], prepend=np.nan)
        change[0] = self._first(group, volume, place, id)
        mean = float(self.member.by_year(change).mean())
        if mean > 0.0:
            self.found.flows.append(Flow(id, f"{END}{group}_filled", mean, "end"))
        elif mean < 0.0:
            self.found.flows.append(Flow(f"{END}{group}_drawn", id, -mean, "end"))

    def _first(self, group: str, volume: Floats, place: int, id: str) -> float:
        """Give the change of the first step: of the district where there is one store, else by its balance."""
        term = [term.id for term in TERMS].index(f"{group}_change")
        if volume.shape[0] == 1:
            return float(self.member.values("district_budget")[term, 0])
        return self._balance(group, place, id)

    def _balance(self, group: str, place: int, id: str) -> float:
        """Everything that enters in the first step less everything that leaves."""
        flow, loss = self._series("link_flow")[:, 0], self._series("link_loss")[:, 0]
        total = 0.0
        for j, link in enumerate(self.rows.links):
            total += (flow[j] - loss[j]) * (link.head == id) - flow[j] * (link.tail == id)
        if group == "aquifer":
            total += float(self._series("groundwater_recharge")[place, 0])
            total -= sum((flow[j] - loss[j]) for j, link in enumerate(self.rows.links) if link.head == id)
            names = ("phreatic_evaporation", "groundwater_overflow")
            return total - sum(float(self._series(name)[place, 0]) for name in names)
        supply = self._series("water_supply")[:, 0]
        for d, demand in enumerate(self.rows.demands):
            total += sum(float(share[0]) * supply[d] for to, share in demand.returns if to == id)
        total += sum(float(self._series(name)[place, 0]) for name in ("store_inflow", "rain_on_store"))
        return total - sum(
            float(self._series(name)[place, 0]) for name in ("evaporation", "seepage", "spill")
        )


def _busy(flow: Floats, capacity: Floats) -> float:
    """Return the share of the steps that have a capacity in which it is reached [-]; 0 where there is none."""
    open_ = np.isfinite(capacity) & (capacity > 0.0)
    if not open_.any():
        return 0.0
    return float((flow[open_] >= capacity[open_] * (1.0 - AT_CAPACITY)).mean())
