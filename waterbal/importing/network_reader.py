"""Reads nodes, edges and licences of a pywr model into what they mean."""

from __future__ import annotations

from typing import Any

from waterbal.errors import Message, nearest
from waterbal.importing.ids import Ids
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.network import DEMAND, OUTLET, SOURCE, STORE, Licence, Network, Node
from waterbal.importing.node_reader import NodeReader
from waterbal.importing.node_types import check_type
from waterbal.importing.parameters import Parameters
from waterbal.model.marks import Path


def named(document: dict[str, Any], listing: Listing) -> dict[str, tuple[dict[str, Any], Path]]:
    """Give the nodes of a document by name, with their places."""
    found: dict[str, tuple[dict[str, Any], Path]] = {}
    raw = document.get("nodes")
    if not isinstance(raw, list):
        listing.refuse(
            ("nodes",) if raw is not None else (),
            Message("模型没有 nodes 列表", "the model has no list of nodes"),
            Message("列表", "a list"),
        )
        return found
    for i, node in enumerate(raw):
        name = node.get("name") if isinstance(node, dict) else None
        if not isinstance(name, str) or not isinstance(node.get("type"), str):
            listing.refuse(
                ("nodes", i),
                Message("这不是节点", "this is no node"),
                Message("含 name 与 type 的对象", "an object with name and type"),
            )
        elif name in found:
            listing.refuse(
                ("nodes", i, "name"),
                Message(f"节点 {quoted(name)} 出现两次", f"node {quoted(name)} is there twice"),
                Message("每个名称只用一次", "each name once"),
            )
        else:
            found[name] = (node, ("nodes", i))
    return found


def storages(nodes: dict[str, tuple[dict[str, Any], Path]]) -> dict[str, str]:
    """Name the storages whose volume a control curve can follow."""
    kinds = ("storage", "reservoir", "aggregatedstorage")
    return {name: name for name, (node, _) in nodes.items() if node["type"].lower() in kinds}


class NetworkReader:
    """Reads nodes and edges."""

    def __init__(self, listing: Listing, parameters: Parameters, ids: Ids) -> None:
        self.listing, self.parameters, self.ids = listing, parameters, ids
        self.reader = NodeReader(listing, parameters, ids)
        self.network = Network()
        self.named: set[str] = set()
        """Names of all nodes, those refused among them."""

    def read(self, document: dict[str, Any], nodes: dict[str, tuple[dict[str, Any], Path]]) -> Network:
        """Read everything; what has no counterpart goes to the listing."""
        virtual: list[tuple[str, dict[str, Any], Path]] = []
        self.named = set(nodes)
        for name, (raw, path) in nodes.items():
            kind = raw["type"].lower()
            if not check_type(raw, path, self.listing):
                continue
            if kind in ("virtualstorage", "annualvirtualstorage", "aggregatednode", "aggregatedstorage"):
                virtual.append((name, raw, path))
            else:
                node = self.reader.node(name, raw, kind, path)
                if node is not None:
                    self.network.nodes[name] = node
        virtual.sort(key=lambda entry: entry[1]["type"].lower().startswith(("virtual", "annual")))
        for name, raw, path in virtual:
            if raw["type"].lower().startswith("aggregated"):
                self._group(name, raw, path, nodes)
            else:
                self._licence(name, raw, path)
        self._edges(document.get("edges"), nodes)
        return self.network

    def _members(self, raw: dict[str, Any], key: str, path: Path) -> list[str]:
        given = raw.get(key)
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given) or not given:
            self.listing.refuse(
                (*path, key),
                Message(
                    f"节点 {quoted(raw['name'])} 的 {quoted(key)} 不是名称的列表",
                    f"{quoted(key)} of node {quoted(raw['name'])} is no list of names",
                ),
            )
            return []
        return list(given)

    def _group(self, name: str, raw: dict[str, Any], path: Path, nodes: dict[str, Any]) -> None:
        key = "nodes" if raw["type"].lower() == "aggregatednode" else "storage_nodes"
        members = self._members(raw, key, path)
        for i, member in enumerate(members):
            if member not in nodes:
                self.listing.refuse(
                    (*path, key, i),
                    Message(f"没有节点 {quoted(member)}", f"there is no node {quoted(member)}"),
                    nearest=nearest(member, nodes),
                )
        self.network.groups[name] = members
        self.listing.note(
            Message(
                f"{quoted(name)} 只是其他节点之和，已略去",
                f"{quoted(name)} only adds up other nodes and was left out",
            )
        )

    def _licence(self, name: str, raw: dict[str, Any], path: Path) -> None:
        members: list[str] = []
        for member in self._members(raw, "nodes", path):
            if member in self.network.groups:
                message = Message(
                    f"许可 {quoted(name)} 计入总和 {quoted(member)}，pywr 自己也不能求解",
                    f"licence {quoted(name)} counts the sum {quoted(member)}, which pywr itself cannot solve",
                )
                self.listing.refuse(
                    (*path, "nodes"),
                    message,
                    Message("组成该总和的节点", "the nodes that the sum is made of"),
                )
            members += self.network.groups.get(member, [member])
        yearly = raw["type"].lower() == "annualvirtualstorage"
        if not yearly:
            message = Message(
                f"许可 {quoted(name)} 从不重置；而用水指标每年重置",
                f"licence {quoted(name)} is never renewed; a quota is, every year",
            )
            self.listing.refuse(
                (*path, "type"), message, Message("AnnualVirtualStorage", "an AnnualVirtualStorage")
            )
        if raw.get("cost") not in (None, 0, 0.0):
            self.listing.refuse(
                (*path, "cost"),
                Message("许可的费用没有对应", "the cost of a licence has no counterpart"),
                key=True,
            )
        for member in members:
            node = self.network.nodes.get(member)
            if node is None and member in self.named:
                continue  # refused for itself
            if node is None or node.kind in (STORE, OUTLET) or node.gain != 1.0:
                message = Message(
                    f"许可 {quoted(name)} 计入 {quoted(member)}，它不是无损失的水源、连接或用户",
                    f"licence {quoted(name)} counts {quoted(member)}, "
                    "which is no source, link or demand without loss",
                )
                self.listing.refuse(
                    (*path, "nodes"), message, nearest="" if node else nearest(member, self.network.nodes)
                )
        factors = raw.get("factors", [1.0] * len(members))
        factors = factors if isinstance(factors, list) else [factors]
        if any(
            isinstance(f, bool) or not isinstance(f, int | float) or f <= 0 or f != factors[0]
            for f in factors
        ):
            self.listing.refuse(
                (*path, "factors"),
                Message(
                    f"许可 {quoted(name)} 的系数不是同一个正数",
                    f"the factors of licence {quoted(name)} are not one positive number",
                ),
                key=True,
            )
            return
        volumes = self.reader.volumes(raw, path, Message(f"许可 {quoted(name)}", f"licence {quoted(name)}"))
        day, month = raw.get("reset_day", 1), raw.get("reset_month", 1)
        if day != 1 or isinstance(day, bool):
            message = Message(
                f"许可 {quoted(name)} 于 {quoted(day)} 日重置；而指标年从月初开始",
                f"licence {quoted(name)} is renewed on day {quoted(day)}; quota years begin with a month",
            )
            self.listing.refuse((*path, "reset_day"), message, "1", key=True)
        if isinstance(month, bool) or month not in range(1, 13):
            self.listing.refuse(
                (*path, "reset_month"),
                Message(f"{quoted(month)} 不是月份", f"{quoted(month)} is no month"),
                "1 to 12",
                key=True,
            )
            return
        if volumes is None or not members or not yearly:
            return
        low, high, first = volumes
        if raw.get("reset_to_initial_volume"):
            high = first
        steps = self.parameters.steps
        fixed = not isinstance(raw.get("max_volume"), str | dict)
        if steps.time.step == "day" and int(steps.axis.month[0]) == month and fixed:
            first = high  # pywr renews it in the first step; a monthly step it dates by its last day, after the renewal
        volume, left = max(high - low, 0.0) / factors[0], max(first - low, 0.0) / factors[0]
        self.network.licences.append(
            Licence(name, self.ids.of(name, "licence"), path, members, volume, left, int(month))
        )

    def _edges(self, raw: Any, nodes: dict[str, Any]) -> None:
        if not isinstance(raw, list):
            self.listing.refuse(
                ("edges",) if raw is not None else (),
                Message("模型没有 edges 列表", "the model has no list of edges"),
                Message("列表", "a list"),
            )
            return
        for i, edge in enumerate(raw):
            if (
                not isinstance(edge, list)
                or len(edge) not in (2, 4)
                or not all(isinstance(n, str) for n in edge[:2])
            ):
                self.listing.refuse(("edges", i), Message("这不是 edge", "this is no edge"), "['from', 'to']")
                continue
            tail, head = edge[0], edge[1]
            unknown = [name for name in (tail, head) if name not in nodes]
            for name in unknown:
                self.listing.refuse(
                    ("edges", i),
                    Message(f"没有节点 {quoted(name)}", f"there is no node {quoted(name)}"),
                    nearest=nearest(name, nodes),
                )
            if any(slot is not None for slot in edge[2:]):
                self.listing.refuse(
                    ("edges", i),
                    Message(
                        "只进出节点某一接口的 edge 没有对应",
                        "an edge from or to one slot of a node has no counterpart",
                    ),
                    "['from', 'to']",
                )
            if unknown or tail not in self.network.nodes or head not in self.network.nodes:
                continue
            self._edge(self.network.nodes[tail], self.network.nodes[head], ("edges", i))

    def _edge(self, tail: Node, head: Node, path: Path) -> None:
        if head.kind == SOURCE:
            self.listing.refuse(
                path,
                Message(
                    f"有水流入水源 {quoted(head.name)}：河段中间的来水没有对应",
                    f"water flows into {quoted(head.name)}, a source: an "
                    "inflow in the middle of a reach has no counterpart",
                ),
            )
        elif tail.kind in (DEMAND, OUTLET):
            self.listing.refuse(
                path,
                Message(
                    f"水从 output {quoted(tail.name)} 继续流出：这没有对应",
                    f"water flows on from {quoted(tail.name)}, an output: this has no counterpart",
                ),
            )
        else:
            self.network.connect(tail, head)
