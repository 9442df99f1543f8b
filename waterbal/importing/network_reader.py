"""Reads nodes, edges and licences of a pywr model into what they mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from waterbal.errors import Message, in_language, nearest
from waterbal.importing.ids import Ids
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.network import DEMAND, GAUGE, JUNCTION, OUTLET, SOURCE, STORE, Licence, Network, Node
from waterbal.importing.node_types import _SHAPE, _VOLUMES, check_type
from waterbal.importing.parameters import Parameters, Value
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
                node = self._node(name, raw, kind, path)
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

    # ---- nodes

    def _node(self, name: str, raw: dict[str, Any], kind: str, path: Path) -> Node | None:
        cost = self._cost(raw, "cost", path)
        made = Node(name, self.ids.of(name, "node"), JUNCTION, raw["type"], path, cost)
        if kind in ("storage", "reservoir"):
            return self._store(made, raw)
        if kind == "rivergauge":
            return self._gauge(made, raw)
        if kind == "catchment":
            made.kind, made.forced = SOURCE, True
            made.limit = self._flow(raw.get("flow", 0.0), (*path, "flow"))
            return made
        made.limit = self._flow(raw.get("max_flow"), (*path, "max_flow"))
        if kind == "input":
            made.kind = SOURCE
            return self._input(made, raw)
        minimum = raw.get("min_flow")
        if minimum is not None:
            made.minimum = (
                self.parameters.constant(minimum, (*path, "min_flow"), Message("最小流量", "a minimum flow"))
                or 0.0
            )
        if made.minimum:
            message = Message(
                f"节点 {quoted(name)} 的 'min_flow'：无论他人付出多大代价都必须通过的流量",
                f"'min_flow' of node {quoted(name)}: a flow that must run, whatever it costs others",
            )
            self.listing.refuse((*path, "min_flow"), message + ", has no counterpart here", key=True)
        if kind == "output":
            made.kind = DEMAND if cost < 0.0 else OUTLET
        elif kind == "losslink":
            self._loss(made, raw)
        if made.kind != DEMAND and made.limit is not None and made.limit.curves:
            self._follows(made, "max_flow")
        return made

    def _follows(self, node: Node, key: str) -> None:
        message = Message(
            f"节点 {quoted(node.name)} 的 {quoted(key)} 随 storage 变化；只有需水可随蓄水量压减",
            f"{quoted(key)} of node {quoted(node.name)} follows a storage; only needs can be cut by storage",
        )
        self.listing.refuse((*node.path, key), message, key=True)

    def _cost(self, raw: dict[str, Any], key: str, path: Path) -> float:
        if raw.get(key) is None:
            return 0.0
        value = self.parameters.constant(
            raw[key],
            (*path, key),
            Message(
                f"节点 {quoted(raw['name'])} 的 {quoted(key)}", f"{quoted(key)} of node {quoted(raw['name'])}"
            ),
        )
        return value or 0.0

    def _flow(self, raw: Any, path: Path) -> Value | None:
        """Read a largest flow; None where there is none."""
        if raw is None:
            return None
        value = self.parameters.value(raw, path)
        if value is None:  # refused: anything, so that the rest can be read
            return Value((np.ones(self.parameters.steps.axis.size),))
        if any(np.any(band < 0.0) for band in value.bands):
            self.listing.refuse(path, Message("有一个流量为负", "a flow is negative"))
        return value

    def _input(self, node: Node, raw: dict[str, Any]) -> Node:
        if node.limit is not None and node.limit.curves:
            self._follows(node, "max_flow")
        minimum = raw.get("min_flow")
        if minimum is None:
            return node
        value = self.parameters.value(minimum, (*node.path, "min_flow"))
        if value is None or value.constant == 0.0:
            return node
        if node.limit is not None and not value.curves and np.array_equal(value.plain, node.limit.plain):
            node.forced = True
        else:
            message = Message(
                f"节点 {quoted(node.name)} 的 'min_flow'：必须取用一部分的来水没有对应",
                f"'min_flow' of node {quoted(node.name)}: an inflow "
                "of which a part must be taken has no counterpart",
            )
            self.listing.refuse(
                (*node.path, "min_flow"),
                message,
                Message("不写，或与 max_flow 相同", "none, or the same as max_flow"),
                key=True,
            )
        return node

    def _loss(self, node: Node, raw: dict[str, Any]) -> None:
        kind = raw.get("loss_factor_type", "net")
        where = (*node.path, "loss_factor")
        share = self.parameters.constant(raw.get("loss_factor", 0.0), where, Message("损失", "a loss")) or 0.0
        if kind not in ("net", "gross"):
            self.listing.refuse(
                (*node.path, "loss_factor_type"),
                Message(f"{quoted(kind)} 不是损失的一种", f"{quoted(kind)} is no kind of loss"),
                Message("net 或 gross", "net or gross"),
            )
        elif share < 0.0 or (kind == "gross" and share >= 1.0):
            self.listing.refuse(
                where,
                Message(f"损失 {share:g} 没有对应", f"a loss of {share:g} has no counterpart"),
                Message("0 至小于 1", "from 0 to below 1"),
            )
        else:
            node.gain = 1.0 / (1.0 + share) if kind == "net" else 1.0 - share

    def _gauge(self, node: Node, raw: dict[str, Any]) -> Node:
        mrf_cost = self._cost(raw, "mrf_cost", node.path)
        node.benefit = node.cost - mrf_cost
        mrf = raw.get("mrf", 0.0)
        need = self.parameters.value(mrf, (*node.path, "mrf")) if mrf is not None else None
        if mrf is None and node.benefit:
            self.listing.refuse(
                (*node.path, "mrf"),
                Message(
                    f"测站 {quoted(node.name)} 的最小流量没有上限",
                    f"the minimum flow of gauge {quoted(node.name)} is unlimited",
                ),
                key=True,
            )
        if need is not None and need.curves:
            self._follows(node, "mrf")
        if need is not None and np.any(need.plain < 0.0):
            self.listing.refuse((*node.path, "mrf"), Message("有一个流量为负", "a flow is negative"))
        if node.benefit < 0.0:
            message = Message(
                f"测站 {quoted(node.name)} 的最小流量，其费用高于旁侧流量",
                f"the minimum flow of gauge {quoted(node.name)} costs more than what flows beside it",
            )
            self.listing.refuse((*node.path, "mrf_cost"), message + "; there is no counterpart", key=True)
        if node.benefit > 0.0 and need is not None and np.any(need.plain > 0.0):
            node.kind, node.need = GAUGE, need
        return node

    def _store(self, node: Node, raw: dict[str, Any]) -> Node:
        node.kind = STORE
        path = node.path
        for key in _SHAPE:
            if raw.get(key, 1) not in (0, 1):
                self.listing.refuse(
                    (*path, key),
                    Message(
                        f"storage {quoted(node.name)} 的 {quoted(key)}：一个以上的接口没有对应",
                        f"{quoted(key)} of storage {quoted(node.name)}: more than one slot has no counterpart",
                    ),
                    key=True,
                )
        for key in ("area", "level"):
            if key in raw:
                self.listing.note(
                    Message(
                        f"storage {quoted(node.name)} 的 {key} 只供参数使用，已略去",
                        f"{key} of storage {quoted(node.name)} is only for parameters and was left out",
                    )
                )
        volumes = self._volumes(
            raw, path, Message(f"storage {quoted(node.name)}", f"storage {quoted(node.name)}")
        )
        if volumes is not None:
            node.dead, node.capacity, node.initial = volumes
            if node.capacity <= 0.0:
                self.listing.refuse(
                    (*path, "max_volume"),
                    Message(
                        f"storage {quoted(node.name)} 没有库容", f"storage {quoted(node.name)} holds nothing"
                    ),
                    Message("大于 0 的水量", "a volume above 0"),
                )
        return node

    def _volumes(self, raw: dict[str, Any], path: Path, what: str) -> tuple[float, float, float] | None:
        """Read smallest, largest and first volume."""
        known: dict[str, float | None] = {"min_volume": 0.0, "max_volume": 0.0}
        for key in _VOLUMES:
            if raw.get(key) is not None:
                known[key] = self.parameters.constant(
                    raw[key],
                    (*path, key),
                    Message(f"{in_language(what, 'zh')} 的 {quoted(key)}", f"{quoted(key)} of {what}"),
                )
        if any(known[key] is None for key in known):
            return None
        low, high = known["min_volume"] or 0.0, known["max_volume"] or 0.0
        share, volume = known.get("initial_volume_pc"), known.get("initial_volume")
        if share is None and volume is None:
            self.listing.refuse(
                path,
                Message(f"{in_language(what, 'zh')} 没有初始水量", f"{what} has no initial volume"),
                Message("initial_volume 或 initial_volume_pc", "initial_volume or initial_volume_pc"),
            )
            return None
        if isinstance(raw.get("max_volume"), str | dict) and share is not None and volume is not None:
            first = volume
            if abs(volume - share * high) > 1e-9 * max(1.0, high):
                self.listing.refuse(
                    (*path, "initial_volume"),
                    Message(
                        f"{in_language(what, 'zh')} 的初始水量相互矛盾",
                        f"the initial volumes of {what} contradict each other",
                    ),
                )
        else:
            first = volume if share is None and volume is not None else (share or 0.0) * high
        if not 0.0 <= low <= high or not 0.0 <= first <= high:
            message = Message(
                f"{in_language(what, 'zh')} 的水量次序不对：{low:g}（最小）、{first:g}（初始）、{high:g}（最大）",
                f"the volumes of {what} are out of order: {low:g} (min), {first:g} (initial), {high:g} (max)",
            )
            self.listing.refuse(
                path, message, Message("0 <= 最小、初始 <= 最大", "0 <= min and initial <= max")
            )
            return None
        return low, high, first

    # ---- what is not in the flow

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
        volumes = self._volumes(raw, path, Message(f"许可 {quoted(name)}", f"licence {quoted(name)}"))
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
