"""Load a model, run it, get a dataset; or rebuild a run from its result file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import BalanceError, InfeasibleError, Issue, Message, UsageError
from waterbal.model.check_outages import cut_short
from waterbal.model.load import Loaded, load_config, load_model
from waterbal.model.remarks import remarks
from waterbal.model.rows import Floats, Rows

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.hydrology.ensemble import Ensemble
    from waterbal.model.root import Model
    from waterbal.network.build import Network
    from waterbal.network.simulate import Simulation
    from waterbal.results.netcdf import StoredRun

BALANCE_STATUS = 9
INFEASIBLE_STATUS = 1


@dataclass
class Case:
    """A validated model with its series, ready to run."""

    loaded: Loaded
    series: Mapping[str, Floats]
    """Input series of the realization that is run, on the model's steps, by name."""
    planning: Mapping[str, Floats] | None = None
    """Series that planned reserves take their statistics from, by name: ndarray (sample, time) where they are weather,
    (time) where they are a plan. None: the series themselves."""
    reference: Mapping[str, Floats] | None = None
    """The same in the climate of the record, which means of the record refer to; None: the series themselves."""
    realization: int = 0
    """Number of the realization that is run."""
    ensemble: Ensemble | None = None
    """Where other realizations come from; None for a run that was rebuilt from its result."""
    filled: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Series -> gaps of its file that were filled, in words."""
    change: Callable[[Rows], Rows] | None = None
    """What is changed in the rows after they are lowered, plan and record alike: for questions such as what a limit is
    worth, never for results."""

    @property
    def model(self) -> Model:
        """The validated model."""
        return self.loaded.model

    @property
    def notes(self) -> tuple[Message, ...]:
        """What whoever runs it must not miss."""
        drawn = () if self.ensemble is None else self.ensemble.notes
        return (*drawn, *cut_short(self.model))

    @cached_property
    def _rows(self) -> Rows:
        return self._lower(self.series)

    @cached_property
    def _record(self) -> Rows:
        """Rows under the weather that planned reserves take their statistics from."""
        if self.planning is None and not self.model.outages:
            return self._rows
        return self._lower({**self.series, **(self.planning or {})}, outages=False)

    @cached_property
    def _plan(self) -> Network:
        """The network as far as it does not depend on the weather that is simulated."""
        from waterbal.model.rows import realization
        from waterbal.network.build import build

        return build(realization(self._record, 0), records=[self._record])

    @cached_property
    def _network(self) -> Network:
        return self._under(self._rows)

    def _lower(self, series: Mapping[str, Floats], *, outages: bool = True) -> Rows:
        from waterbal.demand.lowering import lower

        reference = None if self.reference is None else {**self.series, **self.reference}
        rows = lower(self.model, series, reference, outages=outages)
        return rows if self.change is None else self.change(rows)

    def _under(self, rows: Rows) -> Network:
        """Give the network under the weather of one realization."""
        from waterbal.network.build import build, same_coefficients

        if same_coefficients(self._plan.rows, rows):
            return self._plan.under(rows)
        return build(rows, records=[self._record])

    def realizations(self, first: int, last: int) -> Iterator[tuple[Rows, Network]]:
        """Give the rows and tables of realizations first..last-1, in as few pieces as can be.

        Parameters
        ----------
        first, last : int
            Range of realizations.

        Yields
        ------
        Rows, Network
            Of one or several realizations in order. What a realization leads to does not depend on the others.
        """
        from waterbal.model.rows import realization
        from waterbal.network.build import same_coefficients

        assert self.ensemble is not None
        drawn = self.ensemble.draw_many(first, last)
        rows = self._lower({**self.series, **drawn})
        if same_coefficients(self._plan.rows, rows):
            yield rows, self._plan.under(rows)
            return
        for number in range(last - first):
            alone = realization(rows, number)
            yield alone, self._under(alone)

    def prepare(self) -> None:
        """Do what all realizations have in common."""
        _ = self._plan

    def rows(self) -> Rows:
        """Return the model lowered to canonical rows."""
        return self._rows

    def network(self) -> Network:
        """Return the kernel tables."""
        return self._network

    def run(self, progress: Callable[[int, int], None] | None = None, *, check: bool = True) -> xr.Dataset:
        """Simulate the model and return its results.

        Parameters
        ----------
        progress : callable, optional
            Called with (members done, members in all).
        check : bool
            Check closure, bounds and quotas from the original equations.

        Returns
        -------
        Dataset (scenario, realization, element, time)
            Variables as listed in ``waterbal.results.variables``.

        Raises
        ------
        InfeasibleError
            If a minimum flow cannot be met; the message names the constraint and the step.
        BalanceError
            If a node does not close within 1e-9.
        """
        from waterbal.network.simulate import simulate
        from waterbal.results import dataset
        from waterbal.results.output import RunOutput

        simulation = simulate(self.network(), keep=True, progress=progress)
        issues, worst = failures(self, self.rows(), self.network(), simulation)
        if issues:
            raise (InfeasibleError if worst == INFEASIBLE_STATUS else BalanceError)(*issues)
        assert simulation.series is not None
        output = RunOutput.from_series(
            simulation.series,
            storage_start=simulation.totals.storage_start,
            aquifer_start=simulation.totals.ground_start,
        )
        return dataset.build(self, output, check=check)

    def summary(self) -> dict[str, Any]:
        """Return what the model consists of, as plain data."""
        rows = self.rows()
        grades: dict[str, int] = {}
        for entry in self.model.assumptions():
            grades[entry.grade] = grades.get(entry.grade, 0) + 1
        return (
            {
                "model": self.model.id,
                "name": self.model.name.model_dump(),
                "step": rows.axis.step,
                "first": str(rows.axis.start[0].astype("datetime64[D]")),
                "last": str(rows.axis.end[-1].astype("datetime64[D]") - np.timedelta64(1, "D")),
                "steps": rows.axis.size,
                "elements": {
                    name: len(getattr(rows, name))
                    for name in ("sources", "aquifers", "nodes", "stores", "links", "demands", "quotas")
                },
                "program": {
                    "columns": int(self.network().problem.matrix.shape[2]),
                    "rows": int(self.network().problem.matrix.shape[1]),
                    "levels": int(self.network().problem.kind.size),
                },
                "numbers": grades,
            }
            | self._of_series()
            | ({"warnings": told} if (told := remarks(rows) + cut_short(self.model)) else {})
        )

    def _of_series(self) -> dict[str, Any]:
        """Return what is drawn, what of its statistics is not kept, and what was filled."""
        found: dict[str, Any] = {}
        hydrology, drawn = self.model.hydrology, self.ensemble
        if hydrology is not None and drawn is not None:
            size = drawn.size if drawn.size is not None else "any number"
            found["hydrology"] = {"kind": hydrology.kind, "sites": hydrology.sites, "realizations": size}
            if drawn.notes:
                found["hydrology"]["notes"] = list(drawn.notes)
            if drawn.left_out:
                found["hydrology"]["left out"] = list(drawn.left_out)
            if drawn.not_kept:
                found["hydrology"]["not kept"] = list(drawn.not_kept)
        if self.filled:
            found["filled gaps"] = dict(self.filled)
        return found


def failures(case: Case, rows: Rows, network: Network, simulation: Simulation) -> tuple[list[Issue], int]:
    """Name constraint and step of the first bad status of every member; also give the worst status."""
    totals = simulation.totals
    issues = []
    worst = 0
    for m in np.flatnonzero(totals.status):
        status, step = int(totals.status[m]), int(totals.step[m])
        date = str(rows.axis.start[step].astype("datetime64[D]"))
        name = network.constraint_name(int(totals.where[m]))
        if status == INFEASIBLE_STATUS:
            message: str = Message(
                f"自 {date} 起的时段没有任何配置能满足 {name}",
                f"no allocation meets {name} in the step that begins {date}",
            )
        elif status == BALANCE_STATUS:
            residual = f"{totals.residual[m]:.1e}"
            message = Message(
                f"{date} 的水量平衡不闭合：余差 {residual}",
                f"the balance of {date} does not close: residual {residual}",
            )
        else:
            message = Message(
                f"{date} 的配水未能验证（状态 {status}）",
                f"the allocation of {date} could not be certified (status {status})",
            )
        if status == INFEASIBLE_STATUS:
            place = case.loaded.marks.place(tuple(name.split(".")[:2]), key=True)
            issues.append(Issue(message, name, *place))
        else:
            issues.append(Issue(message))
        worst = max(worst, status)
    return issues, worst


def load(path: str | Path, overrides: Sequence[str] = (), realization: int = 0) -> Case:
    """Read, validate and complete a model.

    Parameters
    ----------
    path : str or Path
        Model file (YAML).
    overrides : sequence of str
        ``path=value`` texts, applied in order.
    realization : int
        Hydrological sample to run; the record itself has only number 0.

    Returns
    -------
    Case
        Ready to run.

    Raises
    ------
    ConfigError
        With every problem of the model file.
    DataError
        With every problem of its series.
    UsageError
        If the hydrology has no such realization.
    """
    return case_of(load_model(path, overrides), realization)


def case_of(loaded: Loaded, realization: int = 0, drawn: Ensemble | None = None) -> Case:
    """Complete a validated model with its series; see ``load``.

    Parameters
    ----------
    loaded : Loaded
        The model.
    realization : int
        Hydrological sample to run.
    drawn : Ensemble, optional
        Its series, where they are known.
    """
    drawn = drawn or ensemble_of(loaded)
    if realization < 0 or (drawn.size is not None and realization >= drawn.size):
        have = (
            Message("0 或更大", "0 or more")
            if drawn.size is None
            else "0"
            if drawn.size == 1
            else Message(f"0 至 {drawn.size - 1}", f"0 to {drawn.size - 1}")
        )
        raise UsageError(
            Issue(
                Message(f"没有第 {realization} 个水文样本", f"there is no realization {realization}"),
                expected=have,
            )
        )
    series = {**drawn.fixed, **drawn.draw(realization)}
    planning, reference = drawn.planning(), drawn.reference()
    if loaded.model.hydrology is None:  # the series are the plan, not one sample of weather
        planning = _others({name: values[0] for name, values in planning.items()}, series)
    if drawn.size == 1 and all(len(values) == 1 for values in reference.values()):
        reference = _others({name: values[0] for name, values in reference.items()}, series)
    filled = {name: [gap.told for gap in gaps] for name, gaps in drawn.filled.items()}
    return Case(loaded, series, planning or None, reference or None, realization, drawn, filled)


def ensemble_of(loaded: Loaded) -> Ensemble:
    """Prepare the series of a model; collect all problems."""
    from waterbal.hydrology.ensemble import ensemble
    from waterbal.hydrology.placing import placing

    with placing(loaded):
        return ensemble(loaded.model, loaded.series_dir)


def _others(known: Mapping[str, Floats], series: Mapping[str, Floats]) -> dict[str, Floats]:
    """Give what is known besides the series that are run; nothing where it is just them."""
    same = all(np.array_equal(values, series[name]) for name, values in known.items())
    return {} if same else dict(known)


def rebuild(path: str | Path) -> Case:
    """Rebuild a run from its result file alone.

    Parameters
    ----------
    path : str or Path
        NetCDF file written by an earlier run.

    Returns
    -------
    Case
        Runs to bit-identical results.
    """
    from waterbal.results.netcdf import rebuild as read_run

    return case_of_run(read_run(path))


def case_of_run(run: StoredRun) -> Case:
    """Make the case of a run that was read from its result; see ``rebuild``."""
    from waterbal.hydrology.gaps import told_again

    loaded = load_config(run.config)
    filled = {name: [told_again(line) for line in gaps] for name, gaps in run.filled.items()}
    return Case(loaded, run.series, run.planning, run.reference, run.realization, filled=filled)


def open_result(path: str | Path, *, partial: bool = False) -> xr.Dataset:
    """Open a result file.

    Parameters
    ----------
    path : str or Path
        NetCDF file that a command of waterbal wrote, or another program from such a file.
    partial : bool
        Whether a file is opened of which variables, or parts of them, were taken away; a warning says what is missing.

    Raises
    ------
    DataError
        If it is no result, or truncated, damaged, altered, of another format, or, without ``partial``, not whole.
    """
    from waterbal.results.netcdf import open_result as opened

    return opened(path, partial=partial)
