"""Supply of every user by origin, in every year of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.words import WORDS, term
from waterbal.report.tracing import trace
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]

FAMILIES = (
    "river_intake", "transfer", "catchment", "aquifer", "reclaimed", "return_flow", "rain_harvest", "desalination",
    "storage", "other_source",
)  # fmt: skip
"""Families of origins, in the order of columns."""

SPREAD = ("reclaimed", "return_flow", "rain_harvest", "storage")
"""Families whose origins lie in every zone, told together."""

SMALL = 1e-9
"""[-] of what passes a place in a period: less than this enters by arithmetic only."""


@dataclass(frozen=True)
class Supplies:
    """What every user gets from every origin."""

    origins: tuple[str, ...]
    names: tuple[Term, ...]
    families: tuple[str, ...]
    """Family of each origin."""
    volume: Floats
    """ndarray (year of a realization, demand, origin) [1e4 m3]; adds up to the supply of every user."""

    def grouped(self, keys: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
        """Add up origins with the same key, in the order of keys; ndarray (year, demand, key)."""
        found = tuple(dict.fromkeys(keys))
        return found, np.stack(
            [self.volume[:, :, [k == key for k in keys]].sum(axis=2) for key in found], axis=2
        )

    def by_family(self) -> tuple[tuple[str, ...], tuple[Term, ...], Floats]:
        """Add up origins by family.

        Returns
        -------
        families, their names, ndarray (year, demand, family)
            A family of one source alone has the name of that source.
        """
        order = sorted(range(len(self.origins)), key=lambda i: FAMILIES.index(self.families[i]))
        keys, volume = _reordered(self, order).grouped(tuple(self.families[i] for i in order))
        single = {key: [i for i, f in enumerate(self.families) if f == key] for key in keys}
        names = tuple(
            self.names[single[key][0]] if len(single[key]) == 1 and key not in SPREAD else term(key)
            for key in keys
        )
        return keys, names, volume

    def by_source(self) -> tuple[tuple[str, ...], tuple[Term, ...], tuple[str, ...], Floats]:
        """Keep sources apart, but those that lie in every zone together.

        Returns
        -------
        keys, their names, the family of each, ndarray (year, demand, key)
        """
        order = sorted(range(len(self.origins)), key=lambda i: FAMILIES.index(self.families[i]))
        keys = tuple(self.families[i] if self.families[i] in SPREAD else self._apart(i) for i in order)
        name = {self._apart(i): self.names[i] for i in order}
        family = {key: self.families[i] for key, i in zip(keys, order, strict=True)}
        found, volume = _reordered(self, order).grouped(keys)
        names = tuple(term(key) if key in SPREAD else name[key] for key in found)
        return found, names, tuple(family[key] for key in found), volume

    def _apart(self, number: int) -> str:
        """Return the key of an origin, which differs from those of families that are told together."""
        origin = self.origins[number]
        return f"{origin}." if origin in SPREAD else origin


def _reordered(supplies: Supplies, order: list[int]) -> Supplies:
    def pick(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[i] for i in order)

    return Supplies(
        pick(supplies.origins), pick(supplies.names), pick(supplies.families), supplies.volume[:, :, order]
    )


NEEDED = ("link_flow", "link_loss", "water_supply")


def supplies(case: Case) -> Supplies | None:
    """Trace the supply of every user of a case to its origins.

    Parameters
    ----------
    case : Case
        Scenario.

    Returns
    -------
    Supplies
        None where flows are not known by year.
    """
    if not case.count or not all(case.has(name) for name in NEEDED):
        return None
    if "origins" in case.kept:
        found: Supplies = case.kept["origins"]
        return found
    tails = [str(one) for one in case.results["link_tail"].values.tolist()]
    heads = [str(one) for one in case.results["link_head"].values.tolist()]
    sent = case.by_year("link_flow")
    arriving = sent - case.by_year("link_loss")
    own, families, names = _entering(case, tails, heads, sent, arriving)
    traced = trace(tails, heads, arriving, own)
    demands = {one: i for i, one in enumerate(case.ids("demand"))}
    volume = np.zeros((case.count, len(demands), len(traced.origins)))
    for link, head in enumerate(heads):
        if head in demands:
            volume[:, demands[head]] += traced.of_link(link, arriving[:, link])
    supply = case.by_year("water_supply")
    got = volume.sum(axis=2)
    volume *= np.divide(supply, got, out=np.zeros_like(got), where=got > 0.0)[:, :, None]
    used = volume.max(axis=(0, 1), initial=0.0) > SMALL * supply.max(initial=0.0)
    kept = [i for i, one in enumerate(used) if one]
    made = Supplies(
        tuple(traced.origins[i] for i in kept),
        tuple(names[traced.origins[i]] for i in kept),
        tuple(families[traced.origins[i]] for i in kept),
        volume[:, :, kept],
    )
    case.kept["origins"] = made
    return made


def _entering(
    case: Case, tails: list[str], heads: list[str], sent: Floats, arriving: Floats
) -> tuple[Mapping[str, Mapping[str, Floats]], dict[str, str], dict[str, Term]]:
    """Collect what enters every place other than by links, with the family and name of each origin."""

    def links(ends: list[str], place: str, flow: Floats) -> Floats:
        return np.asarray(flow[:, [end == place for end in ends]].sum(axis=1))

    types = {
        one: str(spec.get("type", ""))
        for one, spec in case.config.get("sources", {}).items()
        if isinstance(spec, dict)
    }
    own: dict[str, dict[str, Floats]] = {}
    families: dict[str, str] = {}
    names: dict[str, Term] = {}

    def add(place: str, origin: str, volume: Floats, family: str, name: Term) -> None:
        own.setdefault(place, {})[origin] = volume
        families[origin] = family if family in WORDS and family in FAMILIES else "other_source"
        names[origin] = name

    for one, name in zip(case.ids("source"), case.names("source"), strict=True):
        add(one, one, links(tails, one, sent), types.get(one, "other_source"), name)
    for one, name in zip(case.ids("aquifer"), case.names("aquifer"), strict=True):
        add(one, one, links(tails, one, sent), "aquifer", name)
    for i, (one, name) in enumerate(zip(case.ids("node"), case.names("node"), strict=True)):
        through = case.by_year("node_inflow")[:, i] + case.by_year("node_bypass")[:, i]
        returned = through - links(heads, one, arriving)
        returned = np.where(returned > SMALL * through, returned, 0.0)
        if returned.any():
            add(one, f"returned.{one}", returned, returned_as(case, one), name)
    for i, (one, name) in enumerate(zip(case.ids("store"), case.names("store"), strict=True)):
        natural = case.by_year("store_inflow")[:, i] + case.by_year("rain_on_store")[:, i]
        gains = natural + links(heads, one, arriving)
        losses = sum(case.by_year(lost)[:, i] for lost in ("evaporation", "seepage", "spill"))
        drawn = links(tails, one, sent) + losses - gains
        add(one, f"inflow.{one}", natural, "catchment", term("store_inflow", store=name))
        add(one, f"stored.{one}", np.where(drawn > SMALL * gains, drawn, 0.0), "storage", name)
    return own, families, names


def returned_as(case: Case, node: str) -> str:
    """Return the family of water that users gave back and that is used again: reclaimed only where works treat it."""
    works = case.config.get("works", {}).get(node, {})
    return "return_flow" if works.get("type") == "junction" else "reclaimed"
