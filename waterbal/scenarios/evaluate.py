"""Simulate realizations of the scenarios of a study and keep what is asked for."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.rows import Rows, realization, samples
from waterbal.results import closure, coordinates, dataset, kept
from waterbal.results.budget import TERMS
from waterbal.results.facts import Facts
from waterbal.results.kept import Keep, Outcome
from waterbal.results.names import Labels
from waterbal.results.output import RunOutput
from waterbal.results.performance import STANDARD, Conventions
from waterbal.results.terms import LIMITS
from waterbal.results.variables import Variable
from waterbal.results.view import view

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.api import Case
    from waterbal.network.build import Network

PREPARED = 2 * (os.cpu_count() or 1) + 2
"""Scenarios whose plan is held ready: more than threads can be at work on."""
SERIES_AT_ONCE = 4
"""Realizations whose full series are in memory at a time."""
AUDIT_EVERY = 64
"""Of so many members one is checked from the original equations, where series are not kept."""
BALANCE_STATUS = 9


class StudyLike(Protocol):
    """What is needed of a study."""

    @property
    def scenarios(self) -> Sequence[Any]:
        """The scenarios in order; each has an ``id``."""

    def case(self, number: int) -> Case:
        """Give the validated model of a scenario."""


@dataclass(frozen=True)
class Kind:
    """What a variable is like; dimensions after scenario and realization."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    attributes: Mapping[str, Any]


class Evaluator:
    """Simulates members (scenario, realization); what a member gives depends on nothing but the member."""

    def __init__(self, study: StudyLike, keep: Keep = "metrics", template: int = 0) -> None:
        """Prepare.

        Parameters
        ----------
        study : Study
            Scenarios with their models.
        keep : str
            ``metrics``, ``yearly`` or ``full``.
        template : int
            Scenario whose elements all others must have.
        """
        self.study = study
        self.keep: Keep = keep
        self.template = template
        self._cases: OrderedDict[int, Case] = OrderedDict()
        self._lock = threading.RLock()

    def case(self, scenario: int) -> Case:
        """Give the model of a scenario; the last few are kept. Threads may ask at the same time."""
        with self._lock:
            if scenario not in self._cases:
                case = self.study.case(scenario)
                if scenario != self.template:
                    self._require_same_elements(scenario, case)
                self._cases[scenario] = case
            self._cases.move_to_end(scenario)
            while len(self._cases) > PREPARED:
                self._cases.popitem(last=False)
            return self._cases[scenario]

    def prepare(self, scenario: int) -> None:
        """Do ahead what a scenario needs before its first realization."""
        with self._lock:
            self.case(scenario).prepare()

    @cached_property
    def _rows(self) -> Rows:
        return self.case(self.template).rows()

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Number of elements by dimension."""
        rows = self._rows
        sizes = {name: len(getattr(rows, group)) for name, group in coordinates.ELEMENTS.items()}
        sizes["zone"] = len({row.zone for row in rows.demands})
        sizes["sector"] = len({row.kind for row in rows.demands})
        sizes["limit"], sizes["term"] = len(LIMITS), len(TERMS)
        sizes["level"] = len(self.case(self.template).network().reserve_levels)
        sizes["time"], sizes["year"] = rows.axis.size, len(kept.years_of(rows)[1])
        return sizes

    def schema(self) -> dict[str, Kind]:
        """Describe the arrays of ``members``, by name."""
        return {v.name: self._kind(v) for v in kept.variables(self.keep, self.sizes)}

    def fixed_schema(self) -> dict[str, Kind]:
        """Describe the arrays of ``fixed``, by name."""
        return {v.name: self._kind(v) for v in kept.fixed_variables(self.sizes)}

    def _kind(self, variable: Variable) -> Kind:
        shape = tuple(self.sizes[name] for name in variable.dims)
        dtype = "int8" if variable.flags else "float64"
        return Kind(variable.dims, shape, dtype, dataset.describe(variable))

    def coordinates(self) -> dict[str, xr.Variable]:
        """Name what the dimensions of the arrays count, apart from scenario and realization."""
        import xarray as xr

        kinds = [*self.schema().values(), *self.fixed_schema().values()]
        dimensions = {name for kind in kinds for name in kind.dims}
        case = self.case(self.template)
        labels = Labels.from_config(case.loaded.config)
        levels = case.network().reserve_levels
        found = coordinates.element_coordinates(self._rows, labels, levels, dimensions=dimensions)
        if "time" in dimensions:
            found |= {
                k: v for k, v in coordinates.time_coordinates(self._rows).items() if k != "planning_year"
            }
        if kept.YEAR in dimensions:
            years = kept.years_of(self._rows)[1].astype(np.int32)
            told = {"long_name": "calendar year of the hydrology", "long_name_zh": "年份", "units": "1"}
            found[kept.YEAR] = xr.Variable((kept.YEAR,), years, told)
        return found

    def frame(self) -> xr.Dataset:
        """Give the coordinates of all dimensions but scenario and realization, and the attributes of results."""
        import xarray as xr

        found = xr.Dataset(coords=self.coordinates(), attrs=self.attributes())
        return found.set_coords([name for name in found.variables if name == "time_bnds"])

    def attributes(self) -> dict[str, Any]:
        """Tell conventions, versions and extent of the record."""
        axis = self._rows.axis
        return dataset.versions() | {
            "time_coverage_start": str(axis.start[0].astype("datetime64[D]")),
            "time_coverage_end": str(axis.end[-1].astype("datetime64[D]")),
            "time_step": axis.step,
            "warm_up_steps": np.int32(axis.warm_up),
            "reliability_conventions": self._conventions(self.template).text(),
            "resilience_convention": self._conventions(self.template).resilience,
            "audit": f"one member in {AUDIT_EVERY} is checked from the original equations; every step of every "
            "member is checked by the engine",
        }

    def fixed(self, scenario: int) -> dict[str, np.ndarray]:
        """Give what is the same in all realizations of a scenario, by name."""
        facts = _FixedFacts(self.case(scenario).rows())
        return {
            v.name: np.asarray(v.fill(facts), dtype=np.float64)  # type: ignore[operator]
            for v in kept.fixed_variables(self.sizes)
        }

    def members(
        self, scenario: int, first: int, last: int, threads: int | None = None
    ) -> tuple[dict[str, np.ndarray], list[str]]:
        """Simulate realizations of a scenario.

        Parameters
        ----------
        scenario : int
            Number of the scenario.
        first, last : int
            Realizations first..last-1.
        threads : int, optional
            Threads of the kernel; the numbers do not depend on it.

        Returns
        -------
        dict of ndarray (realization, ...)
            As described by ``schema``.
        list of str
            What went wrong with each realization; empty where nothing did.
        """
        parts: list[dict[str, np.ndarray]] = []
        messages = [""] * (last - first)
        number = first
        self.prepare(scenario)
        case = self.case(scenario)
        for rows, network in case.realizations(first, last):
            count = samples(rows)
            for outcome in self._simulate(rows, network, scenario, number, threads):
                parts.append(kept.compute(self.keep, outcome))
            number += count
        arrays = {name: np.concatenate([part[name] for part in parts]) for name in self.schema()}
        for k in np.flatnonzero(arrays[kept.STATUS_VARIABLE.name]):
            messages[k] = self._message(scenario, first + int(k))
        return arrays, messages

    def _simulate(
        self, rows: Rows, network: Network, scenario: int, first: int, threads: int | None
    ) -> Iterator[Outcome]:
        """Simulate the samples of some rows, in as many pieces as memory asks for."""
        from waterbal.network.simulate import simulate

        count = samples(rows)
        need = _need(rows, count)
        conventions = self._conventions(scenario)
        if self.keep == "metrics":
            run = simulate(network, keep="supply", threads=threads)
            assert run.series is not None
            status = run.totals.status.copy()
            for k in range(count):
                if _audited(scenario, first + k) and status[k] == 0 and not self._closes(rows, network, k):
                    status[k] = BALANCE_STATUS
            yield Outcome(rows, need, run.series["supply"], run.totals, status, conventions=conventions)
            return
        for begin in range(0, count, SERIES_AT_ONCE):
            chosen = np.arange(begin, min(begin + SERIES_AT_ONCE, count))
            run = simulate(network, variant=chosen, keep=True, threads=threads)
            assert run.series is not None
            facts, residual = _facts(rows, chosen, run, conventions)
            status = np.where((run.totals.status == 0) & (residual > 0), BALANCE_STATUS, run.totals.status)
            yield Outcome(rows, need[chosen], run.series["supply"], run.totals, status, facts, conventions)

    def _conventions(self, scenario: int) -> Conventions:
        """Tell how metrics of a scenario are counted; typical years have no guarantee rates."""
        hydrology = self.case(scenario).model.hydrology
        return Conventions(counted=hydrology is None or hydrology.kind != "typical_years")

    def _closes(self, rows: Rows, network: Network, sample: int) -> bool:
        """Tell whether a member's balances close, from the original equations."""
        from waterbal.network.simulate import simulate

        chosen = np.array([sample])
        _, failed = _facts(rows, chosen, simulate(network, variant=chosen, keep=True, threads=1))
        return not failed.any()

    def _message(self, scenario: int, number: int) -> str:
        """Say what went wrong with a member."""
        from waterbal.api import failures
        from waterbal.network.simulate import simulate

        ((rows, network),) = self.case(scenario).realizations(number, number + 1)
        issues, _ = failures(self.case(scenario), rows, network, simulate(network, keep=False, threads=1))
        text = (
            "; ".join(str(issue) for issue in issues) or "a balance does not close in the original equations"
        )
        return f"scenario {self.study.scenarios[scenario].id}, realization {number}: {text}"

    def _require_same_elements(self, scenario: int, case: Case) -> None:
        """Refuse a scenario whose elements or steps are not those of the template: they share dimensions."""
        rows, template = case.rows(), self._rows
        id = self.study.scenarios[scenario].id
        for name, group in coordinates.ELEMENTS.items():
            own, others = ([row.id for row in getattr(r, group)] for r in (rows, template))
            if own != others:
                odd = sorted(set(own) ^ set(others)) or own
                message = Message(
                    f"方案 {id} 的 {group} 与第一个方案不同：{', '.join(odd[:5])}",
                    f"scenario {id} has other {group} than the first: {', '.join(odd[:5])}",
                )
                expected = Message(
                    f"各方案的 {name} 相同；尚未建成的写 'from' 年份或规模 0",
                    f"the same {name}s in every scenario; one not yet built has a 'from' year or capacity 0",
                )
                raise ConfigError(Issue(message, expected=expected))
        if rows.axis.size != template.axis.size or (rows.axis.start != template.axis.start).any():
            raise ConfigError(
                Issue(
                    Message(
                        f"方案 {id} 的时段与第一个方案不同", f"scenario {id} has other steps than the first"
                    ),
                    "time",
                )
            )


def _need(rows: Rows, count: int) -> Any:
    """Stack the unrestricted needs, ndarray (realization, time, demand) [1e4 m3]."""
    need = np.empty((count, rows.axis.size, len(rows.demands)))
    for d, row in enumerate(rows.demands):
        need[:, :, d] = row.gross
    return need


def _audited(scenario: int, number: int) -> bool:
    """Choose members to be checked, whatever else is simulated."""
    return (scenario * 7919 + number) % AUDIT_EVERY == 0


def _facts(rows: Rows, chosen: Any, run: Any, conventions: Conventions = STANDARD) -> tuple[Facts, Any]:
    """Put full series beside the original numbers; tell which members do not close."""
    output = RunOutput.from_series(
        run.series, storage_start=run.totals.storage_start, aquifer_start=run.totals.ground_start
    )
    seen = view(output, [realization(rows, int(k)) for k in chosen])
    residual, issues = closure.measure(seen)
    failed = np.zeros(len(chosen), dtype=bool)
    if issues:
        worst = np.where(seen.simulated, residual, 0.0).max(axis=1)
        failed = ~(worst <= closure.TOLERANCE)
    return Facts(seen, residual, conventions), failed


@dataclass(frozen=True)
class _FixedFacts:
    """Stands for the facts of a run where only what is fixed is asked for."""

    rows: Rows

    @cached_property
    def view(self) -> Any:
        """Rows without a run."""
        return self

    def number(self, group: str) -> dict[str, int]:
        """Return the position of every row of a group by id."""
        return {row.id: i for i, row in enumerate(getattr(self.rows, group))}

    @property
    def performance(self) -> Any:
        """Targets without a run."""
        return self

    @property
    def guarantee(self) -> Any:
        """Return the required guarantee of each demand, ndarray (demand) [-]."""
        return np.array([row.guarantee for row in self.rows.demands])
