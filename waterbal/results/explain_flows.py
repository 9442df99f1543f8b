"""The flows of one step, and which users the water that passes any place of the network is on its way to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterbal.model.rows import Floats, Rows


@dataclass(frozen=True)
class Flows:
    """One step of one run beside its rows."""

    rows: Rows
    series: Mapping[str, np.ndarray]
    """Series of the engine by name, ndarray (time, element)."""
    step: int

    def at(self, name: str) -> Floats:
        """Return a series in this step, ndarray (element)."""
        return np.asarray(self.series[name][self.step], dtype=np.float64)

    @cached_property
    def vertices(self) -> dict[str, int]:
        """Number every place that links join."""
        groups = (
            self.rows.sources, self.rows.aquifers, self.rows.nodes, self.rows.stores, self.rows.demands,
        )  # fmt: skip
        return {row.id: i for i, row in enumerate(row for group in groups for row in group)}

    @cached_property
    def destinations(self) -> Floats:
        """Return where the water that leaves a place by links ends, ndarray (vertex, vertex) [-].

        It ends at users, in stores and where no link goes on. A row of a place that nothing leaves is zero.
        """
        count, flow = len(self.vertices), self.at("link_flow")
        out = np.zeros(count)
        for link, volume in zip(self.rows.links, flow, strict=True):
            out[self.vertices[link.tail]] += volume
        stores = {row.id for row in self.rows.stores}
        onward, ends = np.zeros((count, count)), np.zeros((count, count))
        for link, volume in zip(self.rows.links, flow, strict=True):
            tail, head = self.vertices[link.tail], self.vertices[link.head]
            if out[tail] <= 0.0:
                continue
            goes_on = link.head not in stores and out[head] > 0.0
            (onward if goes_on else ends)[tail, head] += volume / out[tail]
        return np.asarray(np.linalg.solve(np.eye(count) - onward, ends), dtype=np.float64)

    def through(self, section: str, id: str) -> dict[str, float]:
        """Tell for whom the water was that passed an element.

        Parameters
        ----------
        section : str
            ``sources``, ``aquifers``, ``nodes``, ``stores``, ``links`` or ``quotas``.
        id : str
            Element.

        Returns
        -------
        dict
            User, or store that was filled -> volume as it passed the element, in that of the quota for quotas [1e4 m3].
        """
        if section == "quotas":
            return self._counted(next(row for row in self.rows.quotas if row.id == id).members)
        return self._passing(section, id, 1.0)

    def _counted(self, members: list[tuple[str, float]]) -> dict[str, float]:
        told: dict[str, float] = {}
        section = {
            row.id: name for name in ("sources", "aquifers", "links") for row in getattr(self.rows, name)
        }
        for member, weight in members:
            for user, volume in self._passing(section[member], member, weight).items():
                told[user] = told.get(user, 0.0) + volume
        return told

    def _passing(self, section: str, id: str, weight: float) -> dict[str, float]:
        group = getattr(self.rows, section)
        place = next(k for k, row in enumerate(group) if row.id == id)
        if section == "links":
            volume, shares = self.at("link_flow")[place], self._beyond(group[place].head)
        else:
            shares = self.destinations[self.vertices[id]]
            series = {"sources": "source_withdrawal", "aquifers": "aquifer_pumping", "nodes": "node_inflow"}
            volume = self.leaving(id) if section == "stores" else self.at(series[section])[place]
        names = list(self.vertices)
        return {
            names[k]: float(weight * volume * share)
            for k, share in enumerate(shares)
            if weight * volume * share > 0.0
        }

    def _beyond(self, head: str) -> Floats:
        """Return where water that reaches a place ends."""
        shares: Floats = self.destinations[self.vertices[head]]
        if head in {row.id for row in self.rows.stores} or not shares.any():
            shares = np.zeros(len(self.vertices))
            shares[self.vertices[head]] = 1.0
        return shares

    def leaving(self, id: str) -> float:
        """Sum what links take from a place [1e4 m3]."""
        flow = self.at("link_flow")
        return float(sum(flow[j] for j, link in enumerate(self.rows.links) if link.tail == id))
