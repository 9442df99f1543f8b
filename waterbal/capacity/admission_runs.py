"""Futures with and without projects: one simulation each, on the same hydrology, of one and the same network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from waterbal.api import INFEASIBLE_STATUS, Case
from waterbal.capacity.admission_model import Placed
from waterbal.capacity.admission_present import Cases, Present, present
from waterbal.capacity.question import question
from waterbal.capacity.support import complete_years, too_few, typical_years, without_year
from waterbal.capacity.trial import Ground
from waterbal.errors import BalanceError, ConfigError, InfeasibleError, Issue, Message
from waterbal.model.base import Label
from waterbal.model.rows import Floats, Ints, RequirementRow, Rows
from waterbal.model.setting import context_of
from waterbal.network.requirements import (
    BY_STEP,
    RATED,
    UNLIMITED,
    misses,
    requirement_tables,
    years,
)
from waterbal.network.simulate import simulate

LOAD = "load"
SERIES = {
    "supply": "demands", "link_flow": "links", "node_inflow": "nodes", "source_withdrawal": "sources",
    "aquifer_pumping": "aquifers", "quota_used": "quotas", "quota_left": "quotas", "storage": "stores",
    "aquifer_storage": "aquifers",
}  # fmt: skip
"""What is kept of a run -> the rows that it is of."""
STARTS = {"storage_start": "stores", "ground_start": "aquifers"}
"""The same of what there is at the start."""
Scales = tuple[tuple[str, float], ...]
"""Demand -> factor on its need; demands of projects that are not named have none, all others 1."""


@dataclass(frozen=True)
class Item:
    """Something that is required, or counted."""

    row: RequirementRow
    name: Label
    own: str = ""
    """Project whose own requirement it is; empty for existing users."""


@dataclass(frozen=True)
class Run:
    """What a future came to."""

    missed: Ints
    """ndarray (item) years or steps, of all realizations"""
    asked: Ints
    """ndarray (item) years or steps in which there was something to judge"""
    worst: Floats
    """ndarray (item) largest share short, depth [m] or load of a day [1e4 m3 kg/m3]"""
    need: Floats
    """ndarray (realization, time, demand) [1e4 m3]"""
    supply: Floats
    """ndarray (realization, time, demand) [1e4 m3]"""
    link_flow: Floats
    """ndarray (realization, time, link) [1e4 m3]"""
    node_inflow: Floats
    """ndarray (realization, time, node) [1e4 m3]"""
    source_withdrawal: Floats
    """ndarray (realization, time, source) [1e4 m3]"""
    aquifer_pumping: Floats
    """ndarray (realization, time, aquifer) [1e4 m3]"""
    quota_used: Floats
    """ndarray (realization, time, quota) [1e4 m3]"""
    quota_left: Floats
    """ndarray (realization, time, quota) [1e4 m3], of the quota year, at the end of the step"""
    storage: Floats
    """ndarray (realization, time, store) [1e4 m3]"""
    aquifer_storage: Floats
    """ndarray (realization, time, aquifer) [1e4 m3]"""
    storage_start: Floats
    """ndarray (realization, store) [1e4 m3], at the start of the record"""
    ground_start: Floats
    """ndarray (realization, aquifer) [1e4 m3], at the start of the record"""

    @property
    def rate(self) -> Floats:
        """Share of good years or steps, m / (n + 1); ndarray (item) [-]."""
        return (self.asked - self.missed) / (self.asked + 1.0)


@dataclass
class Future:
    """One planning year, or scenario of it, with all projects in its model."""

    id: str
    name: Label
    year: int
    case: Case
    """With all projects built out: what there is at all."""
    realizations: int
    projects: tuple[Placed, ...]
    of: Cases
    """Gives it with the needs of projects times factors; those that are not named are not there."""
    threads: int | None = None
    until: int | None = None
    """Next year in which there is a future; None for the last one."""
    _runs: dict[Scales, Run] = field(default_factory=dict)
    _grounds: dict[Scales, Present] = field(default_factory=dict)

    @cached_property
    def ground(self) -> Ground:
        """Rows and tables of all realizations."""
        return Ground(self.case, self.realizations, self.threads)

    @cached_property
    def rows(self) -> Rows:
        """Rows of the first realizations, for what is the same in all."""
        return self.ground.pieces[0][0]

    @cached_property
    def own(self) -> dict[str, str]:
        """Demand of a project -> project."""
        return {id: one.project.id for one in self.projects for id in one.demands}

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What existing users are guaranteed, each of them and by groups, and what projects need themselves."""
        found = [self._annual(d) for d in range(len(self.rows.demands))]
        if self.case.model.capacity is None:
            found += self._depths()
        else:
            found += self._asked_of_model()
        return tuple(item for item in found if item is not None)

    def _annual(self, d: int) -> Item | None:
        """Count the years without failure of a demand, whether or not a guarantee asks for them."""
        row = self.rows.demands[d]
        if row.id in self.own and row.guarantee <= 0.0:
            return None
        path = f"demands.{row.id}.guarantee"
        return Item(
            RequirementRow(path, "annual", [(row.id, row.tolerance)], row.guarantee),
            self.demand_name(row.id), self.own.get(row.id, ""),
        )  # fmt: skip

    def _depths(self) -> list[Item | None]:
        return [
            Item(
                RequirementRow(
                    f"demands.{row.id}.failure_depth",
                    "annual_depth",
                    [(row.id, row.tolerance)],
                    limit=row.failure_depth,
                ),
                self.demand_name(row.id),
            )
            for row in self.rows.demands
            if row.id not in self.own and row.failure_depth < 1.0
        ]

    def _asked_of_model(self) -> list[Item | None]:
        """Give what the section ``capacity`` requires, of existing users alone."""
        model = self.case.model
        asked = question(model, context_of(model, self.case.series, self.case.reference), self.rows)
        found: list[Item | None] = []
        for row in asked.requirements:
            members = [member for member in row.members if member[0] not in self.own]
            if not members or row.id.endswith(".guarantee"):
                continue
            found.append(Item(replace(row, members=members), asked.names[row.id]))
        return found

    def demand_name(self, id: str) -> Label:
        """Give the label of a demand."""
        return self.case.model.demands[id].name or Label(zh=id, en=id)

    @cached_property
    def allowed(self) -> Ints:
        """ndarray (item) misses that all records together may have.

        What may not happen in a record of n years may happen at n / (n + 1) of the years of all records, as capacities
        have it.
        """
        single = complete_years(self.rows.axis)
        base = self.run(())
        rates = [
            item.row.rate if item.row.kind in RATED else single / (single + 1.0) if single else 1.0
            for item in self.items
        ]
        asked = [self._asked(i, base) for i in range(len(self.items))]
        return np.array([int(misses(n, r)) for n, r in zip(asked, rates, strict=True)], dtype=np.int64)

    def _asked(self, i: int, run: Run) -> int:
        """Count what there is to judge; of a project, which may not be there, as of a need in every year or step."""
        if not self.items[i].own:
            return int(run.asked[i])
        axis = self.rows.axis
        single = axis.size if self.items[i].row.kind in BY_STEP else complete_years(axis)
        return single * self.members

    def unsupported(self) -> list[Issue]:
        """List the guarantee rates that the record is too short to support, or that it has no complete year."""
        typical = typical_years(self.case)
        if typical is not None:
            return [typical]
        short = without_year(self.case, (item.row for item in self.items))
        if short:
            return short
        base = self.run(())
        issues = (
            too_few(self.case, item.row, self._asked(i, base), more_records=True)
            for i, item in enumerate(self.items)
        )
        return [issue for issue in issues if issue is not None]

    def refuse_unsupported(self) -> None:
        """Refuse guarantee rates that the record is too short to support.

        Raises
        ------
        ConfigError
            Naming each with the years or steps it would take.
        """
        issues = self.unsupported()
        if issues:
            raise ConfigError(issues)

    def run(self, scales: Scales) -> Run:
        """Simulate all realizations with needs that are scaled; a run that was made before is taken up.

        Raises
        ------
        InfeasibleError
            If a minimum flow cannot be met.
        BalanceError
            If a step is not solved or does not close: a defect.
        """
        if scales not in self._runs:
            if (
                len(self._runs) > 4
            ):  # the one without, the last one with, its saving alone, two that are compared
                self._runs.pop(next(key for key in self._runs if key))
            self._runs[scales] = self._simulate(scales)
        return self._runs[scales]

    def _present(self, scales: Scales) -> Present:
        """Give the network with just the projects that are there, which knows of no others."""
        there = tuple((id, factor) for id, factor in scales if id in self.own and factor > 0.0)
        if there not in self._grounds:
            if len(self._grounds) > 3:  # the one without, and those of the runs that are kept
                self._grounds.pop(next(key for key in self._grounds if key))
            self._grounds[there] = present(
                self.rows, Ground(self.of(dict(there)), self.realizations, self.threads)
            )
        return self._grounds[there]

    def _simulate(self, scales: Scales) -> Run:
        now = self._present(scales)
        factor = now.factors(dict(scales), self.own)
        numbers = [i for i, item in enumerate(self.items) if now.has(item.row.members)]
        requirements = [self.items[i].row for i in numbers]
        missed = np.zeros(len(self.items), dtype=np.int64)
        asked = np.zeros_like(missed)
        worst = np.full(len(self.items), -np.inf)
        kept: dict[str, list[Floats]] = {}
        for rows, network, _ in now.ground.pieces:
            variants = network.members
            table = requirement_tables(
                network, requirements, np.full((1, len(requirements)), UNLIMITED), stop=False
            )
            run = simulate(
                network, np.arange(variants), np.tile(factor, (variants, 1)), requirements=table, keep=True,
                threads=self.threads,
            )  # fmt: skip
            self._refuse(run.totals.status, run.totals.step, rows)
            assert run.series is not None
            missed[numbers] += run.outcome.missed.sum(axis=0)
            asked[numbers] += run.outcome.asked.sum(axis=0)
            worst[numbers] = np.maximum(worst[numbers], run.outcome.worst.max(axis=0))
            need = [np.broadcast_to(row.gross, (variants, rows.axis.size)) for row in rows.demands]
            kept.setdefault("need", []).append(now.spread("demands", np.stack(need, axis=-1) * factor))
            for name, section in SERIES.items():
                kept.setdefault(name, []).append(now.spread(section, run.series[name]))
            for name, section in STARTS.items():
                kept.setdefault(name, []).append(now.spread(section, getattr(run.totals, name)))
        whole = {name: np.concatenate(parts) for name, parts in kept.items()}
        return Run(missed, asked, worst, **whole)

    def _refuse(self, status: Ints, step: Ints, rows: Rows) -> None:
        bad = np.flatnonzero(status != 0)
        if bad.size == 0:
            return
        date = str(rows.axis.start[int(step[bad[0]])].astype("datetime64[D]"))
        if (status[bad] == INFEASIBLE_STATUS).all():
            message = Message(
                f"{self.id} 中 {date} 时段的最小流量不能满足",
                f"a minimum flow cannot be met in the step of {date}, in {self.id}",
            )
            raise InfeasibleError(
                Issue(
                    message,
                    expected=Message(
                        "能够运行的模型：`waterbal run` 会指出是哪一处流量",
                        "a model that can be run: `waterbal run` names the flow",
                    ),
                )
            )
        raise BalanceError(
            Issue(
                Message(
                    f"{self.id} 中 {date} 的时段以状态 {int(status[bad[0]])} 结束",
                    f"the step of {date} ended with status {int(status[bad[0]])} in {self.id}",
                )
            )
        )

    @property
    def members(self) -> int:
        """Records that are simulated: one where no row depends on the realization."""
        return sum(network.members for _, network, _ in self.ground.pieces)

    @property
    def span(self) -> float:
        """Length of all records that are simulated [yr]."""
        return self.members * self.rows.axis.years

    @cached_property
    def existing(self) -> list[int]:
        """Positions of the demands that are no project's."""
        return [d for d, row in enumerate(self.rows.demands) if row.id not in self.own]

    @cached_property
    def mean_need(self) -> dict[str, float]:
        """Mean need of existing users [1e4 m3/yr]."""
        need = self.run(()).need
        span = self.rows.axis.years
        return {
            self.rows.demands[d].id: float(need[:, :, d].sum(axis=1).mean()) / span for d in self.existing
        }

    @cached_property
    def offered(self) -> Floats:
        """What sources offered, natural inflow of stores and recharge; ndarray (realization, year) [1e4 m3]."""
        parts = []
        for rows, network, _ in self.ground.pieces:
            shape = (network.members, rows.axis.size)
            total = np.zeros(shape)
            for source in rows.sources:
                total = total + np.minimum.reduce([np.broadcast_to(v, shape) for v in source.limits.values()])
            for extra in [*(s.inflow for s in rows.stores), *(a.recharge for a in rows.aquifers)]:
                total = total + extra
            parts.append(self.by_year(total))
        return np.concatenate(parts)

    def by_year(self, values: Floats) -> Floats:
        """Add up steps by complete calendar year; ndarray (realization, time, ...) -> (realization, year, ...)."""
        year, ends = years(self.rows.axis)
        return np.stack([values[:, year == y].sum(axis=1) for y in range(int(ends.sum()))], axis=1)


def scaled(factors: Mapping[str, float]) -> Scales:
    """Give factors a fixed order, without those that change nothing."""
    return tuple(sorted((id, float(value)) for id, value in factors.items()))


def group(future: Future, demands: Sequence[int]) -> dict[tuple[str, str], list[int]]:
    """Group demands by zone and sector, in the order of the model."""
    found: dict[tuple[str, str], list[int]] = {}
    for d in demands:
        row = future.rows.demands[d]
        found.setdefault((row.zone, row.kind), []).append(d)
    return found
