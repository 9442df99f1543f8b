"""Reads one node of a pywr model into what it means."""

from __future__ import annotations

from typing import Any

import numpy as np

from waterbal.errors import Message, in_language
from waterbal.importing.ids import Ids
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.network import DEMAND, GAUGE, JUNCTION, OUTLET, SOURCE, STORE, Node
from waterbal.importing.node_types import SHAPE, VOLUMES
from waterbal.importing.parameters import Parameters, Value
from waterbal.model.marks import Path


class NodeReader:
    """Reads nodes and volumes."""

    def __init__(self, listing: Listing, parameters: Parameters, ids: Ids) -> None:
        self.listing, self.parameters, self.ids = listing, parameters, ids

    def node(self, name: str, raw: dict[str, Any], kind: str, path: Path) -> Node | None:
        """Read a node; None if it is refused."""
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
        for key in SHAPE:
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
        volumes = self.volumes(
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

    def volumes(self, raw: dict[str, Any], path: Path, what: str) -> tuple[float, float, float] | None:
        """Read smallest, largest and first volume."""
        known: dict[str, float | None] = {"min_volume": 0.0, "max_volume": 0.0}
        for key in VOLUMES:
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
