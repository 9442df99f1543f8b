"""The order in which uses are served: what proves it, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.errors import Message, in_language
from waterbal.importing.component import Component
from waterbal.importing.listing import quoted
from waterbal.importing.network import (
    DEMAND,
    GAUGE,
    JUNCTION,
    OUTLET,
    SOURCE,
    STORE,
    Licence,
    Node,
)


@dataclass
class Level:
    """One entry of the priority list."""

    kind: str
    """``demands`` or ``reserve``."""
    benefit: float
    members: list[str]


class Uses:
    """Uses of one component."""

    def __init__(self, part: Component) -> None:
        self.part, self.benefit, self.small = part, part.benefit, part.small

    def levels(self) -> list[Level]:
        """Refuse what no order can express; give the levels in any case."""
        self._order_uses()
        return self._ranked()

    def licences_nest(self) -> bool:
        """Tell whether licences are such that their water is exchanged one to one."""
        sets = [(licence, set(licence.members)) for licence in self.part.licences]
        for licence, members in sets:
            nodes = [self.part.network.nodes[name] for name in members if name in self.part.network.nodes]
            if len(nodes) > 1 and any(node.kind != SOURCE for node in nodes):
                self._refuse_licence(
                    licence, Message("计入几个不是水源的节点", "counts several nodes that are no sources")
                )
                return False
            if len({round(self.part.scale[node.name], 12) for node in nodes}) > 1:
                self._refuse_licence(
                    licence,
                    Message("计入下游损失不同的水源", "counts sources with different losses below them"),
                )
                return False
            for other, others in sets:
                if other is not licence and members & others and not (members <= others or others <= members):
                    self._refuse_licence(
                        licence,
                        Message(f"与 {quoted(other.name)} 部分重叠", f"overlaps with {quoted(other.name)}"),
                    )
                    return False
        return True

    def _refuse_licence(self, licence: Licence, reason: str) -> None:
        message = Message(
            f"许可 {quoted(licence.name)} {in_language(reason, 'zh')}：此时 pywr 按费用权衡，固定的次序无法表达",
            f"licence {quoted(licence.name)} {reason}: what pywr's costs then weigh, no fixed order can",
        )
        self.part.listing.refuse((*licence.path, "nodes"), message, key=True)

    def _order_uses(self) -> None:
        """Refuse uses whose order depends on more than their benefits."""
        links, sources = self.part.of(JUNCTION, GAUGE), self.part.of(SOURCE)
        detour = sum(abs(node.cost) / self.part.scale[node.name] for node in links)
        if self.part.licences:
            detour += sum(abs(node.cost) / self.part.scale[node.name] for node in sources)
        uses, stores, gauges = self.part.of(DEMAND, GAUGE), self.part.of(STORE), self.part.of(GAUGE)
        dumping = max([0.0, *(-self.benefit[node.name] for node in self.part.of(OUTLET))])
        for use in uses:
            value = self.benefit[use.name]
            lesser = sum(
                self.benefit[g.name] for g in gauges if g is not use and self.benefit[g.name] <= value
            )
            margin = detour + lesser + (dumping if use.kind == GAUGE else 0.0)
            if value <= margin + self.small:
                message = Message(
                    f"{self.part.called(use).zh} 的价值为 {value:g}，而送水途中的费用可达 {margin:g}",
                    f"{self.part.called(use)} is worth {value:g}, and serving it may cost {margin:g} on the way",
                )
                self.part.refuse_use(use, message)
                continue
            for other in [*stores, *sources, *self.part.of(OUTLET), *uses]:
                if other is not use:
                    self._compare(use, other, value, margin, detour)
        lowest = min((self.benefit[use.name] for use in uses), default=np.inf)
        for store in stores:
            if self.benefit[store.name] > lowest:
                self._check_guarded(store, detour)
        for gauge in gauges:
            if self.part.ways_out(limited=False)[gauge.name] == np.inf:
                message = Message(
                    f"测站 {quoted(gauge.name)} 以下没有出口能把水全部排出系统",
                    f"nothing below gauge {quoted(gauge.name)} lets all of its water out of the system",
                )
                self.part.listing.refuse(
                    gauge.path, message, Message("其下一个不限流量的 output", "an unlimited output below it")
                )
            for other in gauges:
                if (
                    other is not gauge
                    and abs(self.benefit[gauge.name] - self.benefit[other.name]) <= self.small
                    and not self._same_supply(gauge, other)
                ):
                    self.part.refuse_use(
                        gauge,
                        _alike(self.part.called(gauge), self.part.called(other)),
                    )

    def _compare(self, use: Node, other: Node, value: float, margin: float, detour: float) -> None:
        """Refuse a use that is neither clearly before nor clearly after another place of water."""
        against = self.benefit[other.name]
        if other.kind == SOURCE:
            against = -against if not other.forced else 0.0  # what taking its water costs
        if other.kind in (DEMAND, GAUGE) and against >= value - self.small:
            if other.kind == DEMAND and use.kind == DEMAND and abs(against - value) <= self.small:
                self._tied(use, other, detour)
            return
        if other.kind == STORE and against > value + self.small:
            lesser = sum(self.benefit[g.name] for g in self.part.of(GAUGE) if self.benefit[g.name] <= against)
            if against - value > detour + lesser + self.small:
                return  # the storage is filled first
        elif value - against > margin + self.small:
            return
        if other.kind in (SOURCE, OUTLET) and against <= 0.0:
            return
        one, another, apart = self.part.called(use), self.part.called(other), margin + self.small
        message = Message(
            f"{one.zh} 的价值为 {value:g}，{another.zh} 为 {against:g}，相差不到 {apart:g}",
            f"{one} is worth {value:g} and {another} {against:g}, less than {apart:g} apart",
        )
        self.part.refuse_use(use, message)

    def _check_guarded(self, store: Node, detour: float) -> None:
        """Refuse a storage that is filled before some use, if filling it may cost more than it is worth."""
        value = self.benefit[store.name]
        margin = detour + sum(
            self.benefit[g.name] for g in self.part.of(GAUGE) if self.benefit[g.name] <= value
        )
        against = [
            0.0,
            *(node.cost / self.part.scale[node.name] for node in self.part.of(SOURCE) if not node.forced),
        ]
        against += [
            self.benefit[n.name] for n in self.part.of(STORE) if self.benefit[n.name] < value - self.small
        ]
        if value - max(against) <= margin + self.small:
            self.part.refuse_use(
                store,
                Message(
                    f"{self.part.called(store).zh} 的价值为 {value:g}，而蓄满它的费用可达 {max(against) + margin:g}",
                    f"{self.part.called(store)} is worth {value:g}, and "
                    f"filling it may cost {max(against) + margin:g}",
                ),
            )

    def _same_supply(self, one: Node, other: Node) -> bool:
        return {n.name for n in self.part.network.tails(one.name)} == {
            n.name for n in self.part.network.tails(other.name)
        }

    def _tied(self, one: Node, other: Node, detour: float) -> None:
        """Let two demands of the same benefit share where pywr is indifferent, too."""
        if not self._same_supply(one, other):
            stateful = bool(self.part.of(STORE, GAUGE)) or bool(self.part.licences)
            if stateful or detour > self.small or any(node.cost for node in self.part.of(SOURCE)):
                self.part.refuse_use(
                    one,
                    _alike(self.part.called(one), self.part.called(other)),
                )
                return
        first, second = sorted((one.name, other.name))
        self.part.listing.note(
            Message(
                f"pywr 没有规定费用相同的用户 {quoted(first)} 与 {quoted(second)} 如何分担缺水；这里按相同比例",
                f"pywr leaves open how demands {quoted(first)} and {quoted(second)}, "
                "which cost the same, share what is short; here their shares are equal",
            )
        )

    def _ranked(self) -> list[Level]:
        """Give the levels of this component: demands, minimum flows, and storages that come before some of them."""
        uses = self.part.of(DEMAND, GAUGE)
        lowest = min((self.benefit[node.name] for node in uses), default=np.inf)
        guarded = [node for node in self.part.of(STORE) if self.benefit[node.name] > lowest]
        levels: list[Level] = []
        for node in sorted([*uses, *guarded], key=lambda node: -self.benefit[node.name]):
            kind, value = ("reserve" if node.kind == STORE else "demands"), self.benefit[node.name]
            last = levels[-1] if levels else None
            if last and last.kind == kind and abs(last.benefit - value) <= self.small:
                last.members.append(node.name)
            else:
                levels.append(Level(kind, value, [node.name]))
        return levels


def _alike(one: Message, other: Message) -> Message:
    """Say that two uses are worth the same."""
    return Message(
        f"{one.zh} 与 {other.zh} 价值相同，先供谁没有规定",
        f"{one} and {other} are worth the same, which leaves open who is served",
    )
