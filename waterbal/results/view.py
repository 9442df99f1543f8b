"""A run beside its rows: what every element receives and gives, from the flows and the original numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from waterbal.model.rows import Floats, Ints, Rows
from waterbal.results.output import RunOutput

RETURN_FLOW = "return_flow"
"""Limit kind of a source whose water is counted one step after the users that return it."""


@dataclass(frozen=True)
class View:
    """Arrays of a run and the rows that each member was run with; arrays are (member, time, element)."""

    run: RunOutput
    variants: tuple[Rows, ...]
    """Lowered models with the same elements; they differ in numbers only."""
    variant: Ints
    """ndarray (member), number of the variant of each member."""

    @property
    def rows(self) -> Rows:
        """Rows of the first variant, for everything that is not a series."""
        return self.variants[0]

    def series(self, group: str, value: Callable[[Any], Floats]) -> Floats:
        """Collect one series of every row of a group.

        Parameters
        ----------
        group : str
            Field of ``Rows``, e.g. ``links``.
        value : callable
            From a row to ndarray (time).

        Returns
        -------
        ndarray (member, time, element)
        """
        steps = self.rows.axis.size
        tables = [
            np.stack([np.asarray(value(row), dtype=np.float64) for row in getattr(rows, group)], axis=1)
            if getattr(rows, group)
            else np.zeros((steps, 0))
            for rows in self.variants
        ]
        return np.stack(tables)[self.variant]

    def constants(self, group: str, value: Callable[[Any], float]) -> Floats:
        """Collect one number of every row of a group, ndarray (member, element)."""
        tables = [
            np.array([value(row) for row in getattr(rows, group)], dtype=np.float64) for rows in self.variants
        ]
        return np.stack(tables)[self.variant]

    def limit(self, group: str, kind: str, missing: float) -> Floats:
        """Return one kind of limit of sources or aquifers, ndarray (member, time, element) [1e4 m3]."""
        none = np.full(self.rows.axis.size, missing)
        return self.series(group, lambda row: row.limits.get(kind, none))

    def number(self, group: str) -> dict[str, int]:
        """Return the position of every row of a group by id."""
        return {row.id: i for i, row in enumerate(getattr(self.rows, group))}

    def zeros(self, group: str) -> Floats:
        """Return zeros, ndarray (member, time, element of a group)."""
        return np.zeros((self.run.members, self.run.steps, len(getattr(self.rows, group))))

    @cached_property
    def simulated(self) -> np.ndarray:
        """Return ndarray (member, time), whether a step was allocated: no bad status in it or before."""
        good: np.ndarray = np.logical_and.accumulate(self.run.status == 0, axis=1)
        return good

    @cached_property
    def need(self) -> Floats:
        """Return ndarray (member, time, demand) [1e4 m3], unrestricted gross need."""
        return self._scaled(self.series("demands", lambda row: row.gross))

    @cached_property
    def net_need(self) -> Floats:
        """Return ndarray (member, time, demand) [1e4 m3], unrestricted need of the users themselves."""
        return self._scaled(self.series("demands", lambda row: row.net))

    def _scaled(self, values: Floats) -> Floats:
        scale = self.run.demand_scale
        return values if scale is None else values * scale[:, None, :]

    @cached_property
    def gain(self) -> Floats:
        """Return ndarray (member, time, link) [-]."""
        return self.series("links", lambda row: row.gain)

    @cached_property
    def link_loss(self) -> Floats:
        """Return ndarray (member, time, link) [1e4 m3], conveyance loss."""
        return (1.0 - self.gain) * self.run.link_flow

    @cached_property
    def source_yield(self) -> Floats:
        """Return ndarray (member, time, source) [-]."""
        return self.series("sources", lambda row: row.yield_)

    @cached_property
    def source_loss(self) -> Floats:
        """Return ndarray (member, time, source) [1e4 m3], settling loss."""
        return (1.0 - self.source_yield) * self.run.source_withdrawal

    @cached_property
    def returns(self) -> list[tuple[int, str, Floats]]:
        """(demand number, destination id, ndarray (member, time) [1e4 m3]) of every return."""
        found = []
        for i, demand in enumerate(self.rows.demands):
            for k, (to, _) in enumerate(demand.returns):
                share = np.stack([rows.demands[i].returns[k][1] for rows in self.variants])[self.variant]
                found.append((i, to, share * self.run.supply[:, :, i]))
        return found

    @cached_property
    def return_flow(self) -> Floats:
        """Return ndarray (member, time, demand) [1e4 m3] given back by users."""
        total = self.zeros("demands")
        for demand, _, volume in self.returns:
            total[:, :, demand] += volume
        return total

    @cached_property
    def consumption(self) -> Floats:
        """Return ndarray (member, time, demand) [1e4 m3]: the share of the delivery that no return names."""
        share = self.series("demands", lambda row: sum((s for _, s in row.returns), 0.0 * row.gross))
        return (1.0 - share) * self.run.supply

    def outgoing(self, group: str) -> Floats:
        """Sum the links that leave each element of a group, ndarray (member, time, element) [1e4 m3]."""
        return self._sum(group, [link.tail for link in self.rows.links], self.run.link_flow)

    def arriving(self, group: str) -> Floats:
        """Sum what links bring to each element of a group, ndarray (member, time, element) [1e4 m3]."""
        return self._sum(group, [link.head for link in self.rows.links], self.gain * self.run.link_flow)

    def returned(self, group: str) -> Floats:
        """Sum what users give back to each element of a group, ndarray (member, time, element) [1e4 m3]."""
        total, number = self.zeros(group), self.number(group)
        for _, to, volume in self.returns:
            if to in number:
                total[:, :, number[to]] += volume
        return total

    def recharged(self) -> Floats:
        """Sum what losses bring to each aquifer, ndarray (member, time, aquifer) [1e4 m3]."""
        seepage = self.run.store_seepage
        return (
            self._share("links", "loss_to", "loss_recharge", self.link_loss)
            + self._share("sources", "loss_to", "loss_recharge", self.source_loss)
            + self._share("stores", "seepage_to", "seepage_recharge", seepage)
        )

    def _share(self, group: str, to: str, share: str, loss: Floats) -> Floats:
        part = self.constants(group, lambda row: getattr(row, share))
        ends = [getattr(row, to) for row in getattr(self.rows, group)]
        return self._sum("aquifers", ends, part[:, None, :] * loss)

    def to_aquifer(self, group: str, to: str, share: str, loss: Floats) -> Floats:
        """Return what of each loss recharges an aquifer, ndarray (member, time, element) [1e4 m3]."""
        ends = [getattr(row, to) for row in getattr(self.rows, group)]
        reaches = np.array([end is not None for end in ends], dtype=np.float64)
        part = self.constants(group, lambda row: getattr(row, share)) * reaches
        return part[:, None, :] * loss

    def _sum(self, group: str, ends: Sequence[str | None], values: Floats) -> Floats:
        total, number = self.zeros(group), self.number(group)
        for j, end in enumerate(ends):
            if end in number:
                total[:, :, number[end]] += values[:, :, j]
        return total

    def start(self, group: str) -> Floats | None:
        """Return the state before the first step, ndarray (member, store or aquifer); None if unknown."""
        known = self.run.storage_start if group == "stores" else self.run.aquifer_start
        if known is not None:
            return known
        if self.rows.axis.warm_up:
            return None
        if group == "stores":
            return self.constants("stores", lambda row: row.initial)
        return self.constants(
            "aquifers", lambda row: (row.floor_depth - row.initial_depth) * row.storage_per_metre
        )

    def before(self, group: str) -> Floats:
        """Return the state at the start of every step, ndarray (member, time, element); nan where unknown."""
        end = self.run.storage if group == "stores" else self.run.aquifer_storage
        start = self.start(group)
        first = np.full_like(end[:, 0], np.nan) if start is None else start
        return np.concatenate([first[:, None], end[:, :-1]], axis=1)

    def lagged(self, source: int) -> Floats | None:
        """Return the limit that users' supply of the step before sets to a source, ndarray (member, time)."""
        terms = self.rows.sources[source].lagged_supply
        if not terms:
            return None
        days, number = self.rows.axis.days, self.number("demands")
        limit = np.zeros((self.run.members, self.run.steps))
        for demand, share in terms:
            rate = self.run.supply[:, :-1, number[demand]] / days[:-1]
            limit[:, 1:] += share * rate * days[1:]
        return limit


def view(run: RunOutput, rows: Rows | Sequence[Rows], variant: Ints | None = None) -> View:
    """Put a run beside its rows.

    Parameters
    ----------
    run : RunOutput
        Arrays (member, time, element).
    rows : Rows or sequence of Rows
        Lowered model, or its variants.
    variant : ndarray (member), optional
        Variant of each member; default: the only one, or member i has variant i.
    """
    variants = (rows,) if isinstance(rows, Rows) else tuple(rows)
    if variant is None:
        variant = np.zeros(run.members, dtype=np.int64) if len(variants) == 1 else np.arange(run.members)
    return View(run, variants, np.asarray(variant, dtype=np.int64))
