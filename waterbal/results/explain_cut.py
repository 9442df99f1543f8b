"""What held a shortage: the limits in force between a user and water that was not used, found by walking upstream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from waterbal.results.derived import AT_LIMIT
from waterbal.results.explain_flows import Flows

NOTHING = 1e-9
"""Volumes below this share of the need are none [-]."""


@dataclass(frozen=True)
class Held:
    """One limit that was in force."""

    section: str
    """``sources``, ``aquifers``, ``nodes``, ``stores``, ``links``, ``quotas``, ``restrictions`` or ``reserve``."""
    id: str
    part: str
    """What of the element limits: a kind of limit of a source, ``capacity``, ``output``, ``volume``, ``storage``,
    ``tier``, ``returns``, ``factor``, ``kept``."""
    kind: str
    """``legal``, ``plan``, ``hydrology``, ``conveyance``, ``return_flow``, ``quota``, ``level_tier``, ``storage``,
    ``closed``, ``restriction`` or ``reserve``."""
    bound: float
    """Volume that it let through in this step, or had left or kept [1e4 m3]."""
    reach: float = 1.0
    """Share of a volume there that would reach the user [-]."""

    @property
    def path(self) -> str:
        """Dotted name."""
        return f"{self.section}.{self.id}.{self.part}"


@dataclass
class Cut:
    """What separates a user from unused water."""

    held: list[Held] = field(default_factory=list)
    upstream: dict[str, float] = field(default_factory=dict)
    """Places that could still have sent more, had they had it -> share of a volume there that reaches the user [-]."""
    unused: list[str] = field(default_factory=list)
    """Places with water that was within reach and was not used: kept for later."""


@dataclass
class Search:
    """Walks upstream from a user, through everything that was not full; water of others may be replaced."""

    flows: Flows
    demand: str
    cut: Cut = field(default_factory=Cut)

    def __post_init__(self) -> None:
        """Read the flows of the step."""
        self.rows, self.step = self.flows.rows, self.flows.step
        self.flow = self.flows.at("link_flow")
        self.scale = max(float(self.flows.at("request").max(initial=0.0)), 1e-6)

    @cached_property
    def places(self) -> dict[str, tuple[str, int]]:
        """Section and position of every place."""
        return {
            row.id: (section, k)
            for section in ("sources", "aquifers", "nodes", "stores", "demands")
            for k, row in enumerate(getattr(self.rows, section))
        }

    def run(self) -> Cut:
        """Search, and give what was found; the limits nearest to the user come first."""
        reach = self.cut.upstream
        reach[self.demand] = 1.0
        queue = [self.demand]
        while queue:
            here = queue.pop(0)
            for place, share in self._onward(here):
                if place not in reach:
                    reach[place] = share
                    queue.append(place)
        return self.cut

    def _onward(self, here: str) -> Iterator[tuple[str, float]]:
        """Tell where more water for a place could come from, with the share that would reach the user."""
        share = self.cut.upstream[here]
        section, k = self.places[here]
        if section != "demands":
            yield from self._replaceable(here, share)
        if section in ("sources", "aquifers", "stores"):
            self._judge_stock(section, k, here, share)
        if section == "nodes":
            share = self._through_node(k, share)
            if share <= 0.0:
                return
        if section in ("nodes", "stores", "demands"):
            yield from self._arriving(here, share)

    def _replaceable(self, here: str, share: float) -> Iterator[tuple[str, float]]:
        """Tell who takes water here and could take other water instead."""
        for j, link in enumerate(self.rows.links):
            spare = self.flow[j] - link.minimum[self.step]
            if link.tail == here and spare > NOTHING * self.scale and link.gain[self.step] > 0.0:
                yield link.head, share / float(link.gain[self.step])

    def _arriving(self, here: str, share: float) -> Iterator[tuple[str, float]]:
        for j, link in enumerate(self.rows.links):
            if link.head == here and link.gain[self.step] > 0.0 and not self._full(j, link, share):
                yield link.tail, share * float(link.gain[self.step])

    def _full(self, j: int, link: Any, share: float) -> bool:
        """Tell whether a link carries what it can, and note what holds it."""
        reach = share * float(link.gain[self.step])
        capacity = float(link.capacity[self.step])
        if self._at(self.flow[j], capacity):
            if (link.capacity > 0.0).any():
                kind = "closed" if capacity <= 0.0 else "conveyance"
                self._note(Held("links", link.id, "capacity", kind, capacity, reach))
            return True
        return self._quotas(link.id, reach) > 0

    def _at(self, used: float, bound: float) -> bool:
        return bool(np.isfinite(bound) and used >= bound * (1.0 - AT_LIMIT) - NOTHING * self.scale)

    def _note(self, held: Held) -> None:
        if all(held.path != other.path for other in self.cut.held):
            self.cut.held.append(held)

    def _quotas(self, member: str, reach: float) -> int:
        """Note the quotas of a source, aquifer or link that have nothing left; count them."""
        found = 0
        left = self.flows.at("quota_left")
        for q, quota in enumerate(self.rows.quotas):
            weight = sum(weight for id, weight in quota.members if id == member)
            volume = float(quota.volume[self.step])
            if weight > 0.0 and left[q] <= AT_LIMIT * max(volume, self.scale):
                self._note(Held("quotas", quota.id, "volume", "quota", volume, reach / weight))
                found += 1
        return found

    def _judge_stock(self, section: str, k: int, here: str, share: float) -> None:
        """Note what holds a source, aquifer or store, or that it had water left."""
        row = getattr(self.rows, section)[k]
        if section == "stores":
            held = self._store(k, row, share)
        elif section == "sources":
            held = self._source(k, row, share * float(row.yield_[self.step]))
        else:
            held = self._aquifer(k, row, share)
        if not held:
            self.cut.unused.append(here)

    def _source(self, k: int, row: Any, reach: float) -> bool:
        taken, offered = self.flows.at("source_withdrawal")[k], self.flows.at("source_available")[k]
        held = self._at(taken, offered)
        if held:
            limits = {kind: float(values[self.step]) for kind, values in row.limits.items()}
            smallest = min(limits.values())
            if row.lagged_supply and offered < smallest * (1.0 - AT_LIMIT):
                self._note(Held("sources", row.id, "returns", "return_flow", float(offered), reach))
            else:
                for kind, value in limits.items():
                    if value <= smallest * (1.0 + AT_LIMIT):
                        closed = value <= 0.0 and kind != "hydrology"
                        self._note(Held("sources", row.id, kind, "closed" if closed else kind, value, reach))
                        break
        return self._quotas(row.id, reach) > 0 or held

    def _aquifer(self, k: int, row: Any, reach: float) -> bool:
        pumped, tier = self.flows.at("aquifer_pumping")[k], int(self.flows.at("aquifer_tier")[k])
        factor = float(np.concatenate([[1.0], row.tier_factor])[tier])
        limits = {kind: float(values[self.step]) * factor for kind, values in row.limits.items()}
        smallest = min(limits.values(), default=np.inf)
        held = self._at(pumped, smallest)
        if held:
            kind = min(limits, key=lambda name: limits[name])
            if factor < 1.0:
                self._note(Held("aquifers", row.id, "tier", "level_tier", smallest, reach))
            self._note(Held("aquifers", row.id, kind, kind, smallest, reach))
        if self.flows.at("aquifer_storage")[k] <= AT_LIMIT * max(self.scale, 1.0):
            self._note(Held("aquifers", row.id, "storage", "storage", float(pumped), reach))
            held = True
        return self._quotas(row.id, reach) > 0 or held

    def _store(self, k: int, row: Any, reach: float) -> bool:
        end = float(self.flows.at("storage")[k])
        dead = min(float(row.dead[self.step]), float(row.capacity[self.step]))
        if row.capacity[self.step] <= 0.0:
            return True
        if end <= dead + AT_LIMIT * max(float(row.capacity[self.step]), self.scale):
            self._note(Held("stores", row.id, "storage", "storage", self.flows.leaving(row.id), reach))
            return True
        return False

    def _through_node(self, k: int, share: float) -> float:
        """Note what holds works; give the share of more inflow that would reach the user, 0 where none can enter."""
        row = self.rows.nodes[k]
        inflow, taken = float(self.flows.at("node_inflow")[k]), self.flows.leaving(row.id)
        usable, output = float(row.usable[self.step]), float(row.output_limit[self.step])
        if self._at(taken, output):
            kind = "closed" if output <= 0.0 else "conveyance"
            self._note(Held("nodes", row.id, "output", kind, output, share))
            return 0.0
        if taken < usable * inflow * (1.0 - AT_LIMIT) - NOTHING * self.scale:
            self.cut.unused.append(row.id)
        if self._at(inflow, float(row.capacity[self.step])):
            kind = "closed" if row.capacity[self.step] <= 0.0 else "conveyance"
            self._note(
                Held("nodes", row.id, "capacity", kind, float(row.capacity[self.step]), share * usable)
            )
            return 0.0
        if self._is_returned(row.id):
            self._note(Held("nodes", row.id, "returns", "return_flow", inflow, share * usable))
        return share * usable

    def _is_returned(self, node: str) -> bool:
        """Tell whether users return water to works."""
        return any(to == node for demand in self.rows.demands for to, _ in demand.returns)


def cut(flows: Flows, demand: str) -> Cut:
    """Find what held the supply of a user in a step.

    Parameters
    ----------
    flows : Flows
        The step.
    demand : str
        User that was short.

    Returns
    -------
    Cut
        Limits in force, nearest first; what was kept of water within reach is among them as a reserve.
    """
    found = Search(flows, demand).run()
    found.held = [*_restrictions(flows, demand), *found.held, *_kept(flows, found)]
    return found


def _restrictions(flows: Flows, demand: str) -> list[Held]:
    """Tell which drought rule cut the need of a user, and by how much."""
    place = next(k for k, row in enumerate(flows.rows.demands) if row.id == demand)
    tiers, told = flows.at("restriction_tier"), []
    for r, row in enumerate(flows.rows.restrictions):
        tier = int(tiers[r])
        if tier > 0 and demand in row.factor and row.factor[demand][tier - 1] < 1.0:
            need, request = float(flows.rows.demands[place].gross[flows.step]), flows.at("request")[place]
            told.append(
                Held("restrictions", row.id, "factor", "restriction", max(0.0, need - float(request)))
            )
    return told


def _kept(flows: Flows, found: Cut) -> list[Held]:
    """Name the quotas and stores that water within reach was kept in for later."""
    told: list[Held] = []
    stores = {row.id: k for k, row in enumerate(flows.rows.stores)}
    heads = {link.id: link.tail for link in flows.rows.links}
    for place in found.unused:
        reach = found.upstream.get(place, 1.0)
        if place in stores:
            row = flows.rows.stores[stores[place]]
            volume = float(flows.at("storage")[stores[place]] - row.dead[flows.step])
            told.append(Held("reserve", place, "kept", "reserve", volume, reach))
            continue
        for q, quota in enumerate(flows.rows.quotas):
            mine = any(weight > 0.0 and place in (id, heads.get(id)) for id, weight in quota.members)
            if mine and all(other.id != quota.id for other in told):
                told.append(
                    Held("reserve", quota.id, "kept", "reserve", float(flows.at("quota_left")[q]), reach)
                )
    return told
