"""Where a weighted optimum and an ordered one are the same: the proof, or why there is none.

pywr minimises the sum of cost x flow in each step. Here classes are served one after the other, and cost decides what
they leave open. Both give the same if no class can be worth less than what serving it may cost elsewhere. In a network
that conserves water (or does so after each flow is divided by the gains on its way), two solutions differ by simple
cycles of one unit, each of which passes every node at most once and ends in at most one supply and one use. So a
class comes first if its benefit is larger than the benefit of any later use, plus all the costs of links that water
may be led over instead (``detour``), plus the benefits of all later minimum flows on the way (``lesser``). What has no
such margin is refused.

Costs that remain are moved along the network (potentials), so that water which goes out of the system anyway costs
nothing, and none is below 0, as prices here cannot be. This changes no optimum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from waterbal.importing.component import Component, components
from waterbal.importing.listing import Listing
from waterbal.importing.network import Network
from waterbal.importing.prices import Prices, Pricing
from waterbal.importing.uses import Level, Uses


@dataclass
class Order(Prices):
    """What decides, in the order of this program."""

    levels: list[Level] = field(default_factory=list)


def order(network: Network, listing: Listing) -> Order:
    """Order the uses of water and price what is left open; what cannot be proved goes to the listing."""
    result = Order()
    levels: list[Level] = []
    for nodes in components(network):
        part = Component(network, nodes, listing)
        if not part.valued():
            continue
        uses = Uses(part)
        if uses.licences_nest():
            levels += uses.levels()
            Pricing(part, result).price()
    result.levels = sorted(levels, key=lambda level: -level.benefit)
    return result
