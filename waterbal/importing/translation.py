"""From the network and the order of a pywr model to the sections of a model file."""

from __future__ import annotations

from typing import Any

import numpy as np

from waterbal.errors import Message
from waterbal.importing.ids import Ids
from waterbal.importing.listing import Listing, dotted, quoted
from waterbal.importing.network import (
    DEMAND,
    GAUGE,
    JUNCTION,
    OUTLET,
    SOURCE,
    STORE,
    Network,
    Node,
    downstream,
    upstream,
)
from waterbal.importing.order import Order
from waterbal.importing.restrictions import restricted
from waterbal.importing.sections import Entry, Sections, Unit, label, number
from waterbal.importing.steps import Steps
from waterbal.importing.words import say
from waterbal.model.rows import Floats

ZONE = "system"
SERIES_FILE = "series.csv"


class Translator:
    """Writes down elements."""

    def __init__(
        self,
        network: Network,
        order: Order,
        steps: Steps,
        listing: Listing,
        ids: Ids,
        unit: Unit,
        language: str,
    ) -> None:
        self.network, self.order, self.steps, self.listing = network, order, steps, listing
        self.ids, self.unit, self.language = ids, unit, language
        self.sections = Sections()
        self.elements: dict[str, list[str]] = {}
        """Name in pywr -> ids of what stands for it."""
        self.inlets: dict[str, list[str]] = {}
        """Name in pywr -> ids of links that bring water to it."""
        self.entrance: dict[str, list[str]] = {}
        """Name in pywr -> ids of elements that water for it goes to."""
        self.exit: dict[str, str] = {}
        """Name in pywr -> id of the element that its water comes from."""

    def translate(self) -> Sections:
        """Translate everything that leads to a use."""
        kept = self._kept()
        for node in self.network.nodes.values():
            if node.kind == OUTLET:
                continue
            if node.name not in kept:
                self.listing.note(
                    Message(
                        f"{quoted(node.name)} 不供任何用户，已略去",
                        f"{quoted(node.name)} serves no demand and was left out",
                    )
                )
                continue
            make = {
                SOURCE: self._source, STORE: self._store, JUNCTION: self._junction, GAUGE: self._gauge,
                DEMAND: self._demand,
            }[node.kind]  # fmt: skip
            make(node, kept)
        if any(node.kind == OUTLET for node in self.network.nodes.values()):
            self.listing.note(
                Message(
                    "没有效益的 output 不写出：无人要的水自行离开系统",
                    "outputs without benefit are not written: what nobody asks for leaves the system by itself",
                )
            )
        self._links(kept)
        self._quotas(kept)
        self._priorities()
        return self.sections

    def _kept(self) -> set[str]:
        """Name the nodes that lead to a use."""
        kept: set[str] = set()
        for node in self.network.of(DEMAND, GAUGE, STORE):
            kept |= {above.name for above in upstream(self.network, node.name)}
        return kept

    # ---- numbers

    def volume(self, value: float) -> str:
        """Write a volume."""
        return f"{number(value)} {self.unit.volume}"

    def rate(self, value: float) -> str:
        """Write a rate."""
        return f"{number(value)} {self.unit.rate}"

    def flow(self, values: Floats, name: str) -> Any:
        """Write rates over time: one, twelve by month, or a series."""
        if np.all(values == values[0]):
            return self.rate(float(values[0]))
        month = self.steps.axis.month
        by_month = [values[month == m] for m in range(1, 13)]
        if all(part.size and np.all(part == part[0]) for part in by_month):
            return [self.rate(float(part[0])) for part in by_month]
        self.sections.series[name] = values
        return {"series": name}

    # ---- elements

    def _comment(self, node: Node, key: str = "from", **parts: object) -> str:
        return say(
            key, self.language, type=node.type, name=quoted(node.name), path=dotted(node.path), **parts
        )

    def _bounded(self, way: str) -> str:
        return "; " + say("bound", self.language, way=say(way, self.language))

    def _source(self, node: Node, kept: set[str]) -> None:
        comment = self._comment(node)
        if node.limit is None:
            if node.forced:
                self.listing.refuse(
                    node.path,
                    Message(
                        f"{quoted(node.name)} 的来水没有上限",
                        f"the inflow of {quoted(node.name)} is unlimited",
                    ),
                )
            limit = self._usable(node)
            comment += self._bounded("used")
        else:
            limit = node.limit.plain
        flow = self.flow(limit, node.id)
        series = isinstance(flow, dict)
        body: dict[str, Any] = {
            "type": "catchment" if node.forced or series else "river_intake",
            "name": label(node.name),
            "zone": ZONE,
        }
        body["runoff" if node.forced or series else "capacity"] = flow
        price = self.order.source_price.get(node.name, 0.0)
        if price:
            body["cost"] = f"{number(price)} 元/m3"
        self.sections.sources.append(Entry(node.id, body, comment))
        self.elements[node.name] = [node.id]
        self.exit[node.name] = node.id

    def _usable(self, node: Node) -> Floats:
        """Bound what can be taken from an unlimited source in a day: all that is below it can hold or use."""
        total, gain = 0.0, 1.0
        for below in downstream(self.network, node.name):
            gain *= below.gain
            if below.kind == STORE:
                total += below.capacity / float(self.steps.axis.days.min())
            if below.kind == GAUGE and below.need is not None:
                total += float(below.need.plain.max())
            if below.kind == DEMAND:
                if below.limit is None:
                    message = Message(
                        f"水源 {quoted(node.name)} 与用户 {quoted(below.name)} 都没有上限",
                        f"source {quoted(node.name)} and demand {quoted(below.name)} are both unlimited",
                    )
                    self.listing.refuse(below.path, message, Message("max_flow", "a max_flow"))
                else:
                    total += float(max(band.max() for band in below.limit.bands))
        return np.full(self.steps.axis.size, total / gain)

    def _store(self, node: Node, kept: set[str]) -> None:
        body: dict[str, Any] = {
            "type": "reservoir", "name": label(node.name), "zone": ZONE,
            "capacity": self.volume(node.capacity), "dead": self.volume(node.dead),
            "initial": self.volume(node.initial), "shape": {"full_area": "0 km2", "exponent": 0},
            "evaporation_factor": 0, "seepage": "0 mm/d", "rain_on_surface": False,
        }  # fmt: skip
        if not any(above.kind == SOURCE for above in upstream(self.network, node.name)):
            body["inflow"] = self.rate(0.0)
        value = self.order.store_value.get(node.name, 0.0)
        if value:
            body["value"] = f"{number(value)} 元/m3"
        if any(level.kind == "reserve" and node.name in level.members for level in self.order.levels):
            body["reserve"] = {"volume": self.volume(node.capacity)}
        comment = self._comment(node) + "; " + say("no_losses", self.language)
        self.sections.stores.append(Entry(node.id, body, comment))
        self.elements[node.name] = [node.id]
        self.entrance[node.name], self.exit[node.name] = [node.id], node.id

    def _junction(self, node: Node, kept: set[str]) -> None:
        body: dict[str, Any] = {"type": "junction", "name": label(node.name), "zone": ZONE}
        if node.limit is not None:
            constant = node.limit.constant
            if constant is None:
                message = Message(
                    f"节点 {quoted(node.name)} 的 'max_flow' 随时间变化；工程和连接的规模不能",
                    f"'max_flow' of node {quoted(node.name)} changes "
                    "in time; capacities of works and links do not",
                )
                self.listing.refuse((*node.path, "max_flow"), message, Message("一个数", "one number"))
            else:
                body["capacity"] = self.rate(constant / node.gain)
        if node.gain < 1.0:
            body["loss"] = 1.0 - node.gain
        self.sections.works.append(Entry(node.id, body, self._comment(node)))
        self.elements[node.name] = [node.id]
        self.entrance[node.name], self.exit[node.name] = [node.id], node.id

    def _gauge(self, node: Node, kept: set[str]) -> None:
        """Write a gauge: a place above it, its minimum flow, and a place below it where that is used again."""
        assert node.need is not None
        above = self.ids.of(f"{node.id}_above")
        self.sections.works.append(
            Entry(
                above,
                {"type": "junction", "zone": ZONE},
                say("beside", self.language, name=quoted(node.name)),
            )
        )
        flows_to = "outside"
        self.entrance[node.name] = [above]
        if any(head.name in kept for head in self.network.heads(node.name)):
            flows_to = self.ids.of(f"{node.id}_below")
            comment = say("below", self.language, name=quoted(node.name))
            self.sections.works.append(
                Entry(flows_to, {"type": "junction", "zone": ZONE, "outlet": True}, comment)
            )
            link = self.ids.of(f"{above}_{flows_to}")
            self.sections.links.append(Entry(link, {"from": above, "to": flows_to}))
            self.exit[node.name] = flows_to
        body = {
            "type": "river_ecology", "name": label(node.name), "zone": ZONE,
            "need": self.flow(node.need.plain, node.id), "consumed_share": 0, "flows_to": flows_to,
        }  # fmt: skip
        self.sections.demands.append(Entry(node.id, body, self._comment(node, "gauge")))
        self.sections.links.append(Entry(self.ids.of(f"{above}_{node.id}"), {"from": above, "to": node.id}))
        self.elements[node.name] = [node.id]

    def _demand(self, node: Node, kept: set[str]) -> None:
        comment = self._comment(node)
        if node.limit is None:
            parts, comment = [(node.id, self._arriving(node))], comment + self._bounded("come")
        elif node.limit.curves:
            parts, rationing = restricted(
                node, node.limit, self.network, self.ids, self.listing, self.language
            )
            self.sections.drought += rationing
        else:
            parts = [(node.id, node.limit.plain)]
        self.elements[node.name] = self.entrance[node.name] = [id for id, _ in parts]
        for i, (id, need) in enumerate(parts):
            if len(parts) > 1:
                comment = self._comment(node, "part", number=i + 1, count=len(parts))
            body = {"type": "public", "name": label(node.name), "zone": ZONE, "need": self.flow(need, id)}
            self.sections.demands.append(Entry(id, body, comment))

    def _arriving(self, node: Node) -> Floats:
        """Bound what can reach an unlimited demand in a day."""
        total = np.zeros(self.steps.axis.size)
        for above in upstream(self.network, node.name):
            if above.kind == STORE:
                total = total + above.capacity / float(self.steps.axis.days.min())
            if above.kind == SOURCE and above.limit is not None:
                total = total + above.limit.plain
            elif above.kind == SOURCE:
                self.listing.refuse(
                    node.path,
                    Message(
                        f"水源 {quoted(above.name)} 与用户 {quoted(node.name)} 都没有上限",
                        f"source {quoted(above.name)} and demand {quoted(node.name)} are both unlimited",
                    ),
                    Message("max_flow", "a max_flow"),
                )
        return total

    # ---- links, quotas, priorities

    def _links(self, kept: set[str]) -> None:
        for tail, head in self.network.edges:
            if head not in kept or tail not in self.exit or head not in self.entrance:
                continue
            for target in self.entrance[head]:
                id = self.ids.of(f"{self.exit[tail]}_{target}", "link")
                body: dict[str, Any] = {"from": self.exit[tail], "to": target}
                price = self.order.edge_price.get((tail, head), 0.0)
                if price:
                    body["cost"] = f"{number(price)} 元/m3"
                self.sections.links.append(Entry(id, body))
                self.inlets.setdefault(head, []).append(id)

    def _quotas(self, kept: set[str]) -> None:
        for licence in self.network.licences:
            members: list[str] = []
            for name in licence.members:
                if name in kept:
                    source = self.network.nodes[name].kind == SOURCE
                    members += self.elements[name] if source else self.inlets.get(name, [])
            if not members:
                continue
            body = {
                "of": list(dict.fromkeys(members)), "volume": self.volume(licence.volume) + "/yr",
                "reset_month": licence.reset_month, "initial": self.volume(licence.initial),
            }  # fmt: skip
            comment = say(
                "from",
                self.language,
                type="AnnualVirtualStorage",
                name=quoted(licence.name),
                path=dotted(licence.path),
            )
            self.sections.quotas.append(Entry(licence.id, body, comment))
            self.elements[licence.name] = [licence.id]

    def _priorities(self) -> None:
        for level in self.order.levels:
            ids = [id for name in level.members for id in self.elements.get(name, [])]
            if not ids:
                continue
            comment = say("cost", self.language, benefit=f"{level.benefit:g}")
            self.sections.priorities.append(({level.kind: ids}, comment))
            self.sections.curve |= level.kind == "reserve"
