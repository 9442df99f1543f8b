"""Load a model, run it, get a dataset; or rebuild a run from its result file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import BalanceError, InfeasibleError, Issue
from waterbal.model.load import Loaded, load_config, load_model
from waterbal.model.rows import Floats, Rows

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.model.root import Model
    from waterbal.network.build import Network
    from waterbal.network.simulate import Simulation

BALANCE_STATUS = 9
INFEASIBLE_STATUS = 1


@dataclass
class Case:
    """A validated model with its series, ready to run."""

    loaded: Loaded
    series: Mapping[str, Floats]
    """Input series on the model's steps, by name."""

    @property
    def model(self) -> Model:
        """The validated model."""
        return self.loaded.model

    @cached_property
    def _rows(self) -> Rows:
        from waterbal.demand.lowering import lower

        return lower(self.model, self.series)

    @cached_property
    def _network(self) -> Network:
        from waterbal.network.build import build

        return build(self._rows)

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
        self._raise_failures(simulation)
        assert simulation.series is not None
        output = RunOutput.from_series(
            simulation.series,
            storage_start=simulation.totals.storage_start,
            aquifer_start=simulation.totals.ground_start,
        )
        return dataset.build(self, output, check=check)

    def _raise_failures(self, simulation: Simulation) -> None:
        """Turn the first bad status of a member into an error that names constraint and step."""
        totals = simulation.totals
        issues = []
        worst = 0
        for m in np.flatnonzero(totals.status):
            status, step = int(totals.status[m]), int(totals.step[m])
            date = str(self.rows().axis.start[step].astype("datetime64[D]"))
            name = self.network().constraint_name(int(totals.where[m]))
            if status == INFEASIBLE_STATUS:
                message = f"no allocation meets {name} in the step that begins {date}"
            elif status == BALANCE_STATUS:
                message = f"the balance of {date} does not close: residual {totals.residual[m]:.1e}"
            else:
                message = f"the allocation of {date} could not be certified (status {status})"
            if status == INFEASIBLE_STATUS:
                place = self.loaded.marks.place(tuple(name.split(".")[:2]), key=True)
                issues.append(Issue(message, name, *place))
            else:
                issues.append(Issue(message))
            worst = max(worst, status)
        if issues:
            raise (InfeasibleError if worst == INFEASIBLE_STATUS else BalanceError)(*issues)

    def summary(self) -> dict[str, Any]:
        """Return what the model consists of, as plain data."""
        rows = self.rows()
        grades: dict[str, int] = {}
        for entry in self.model.assumptions():
            grades[entry.grade] = grades.get(entry.grade, 0) + 1
        return {
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


def load(path: str | Path, overrides: Sequence[str] = ()) -> Case:
    """Read, validate and complete a model.

    Parameters
    ----------
    path : str or Path
        Model file (YAML).
    overrides : sequence of str
        ``path=value`` texts, applied in order.

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
    """
    loaded = load_model(path, overrides)
    return Case(loaded, read_series(loaded))


def read_series(loaded: Loaded) -> dict[str, Floats]:
    """Read every series that the model needs; collect all problems."""
    from waterbal.demand.lowering import axis
    from waterbal.hydrology.series import read_all

    return read_all(loaded.model.series, loaded.series_dir, axis(loaded.model))


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

    config, series, _overrides = read_run(path)
    loaded = load_config(config)
    return Case(loaded, series)


def open_result(path: str | Path) -> xr.Dataset:
    """Open a result file.

    Parameters
    ----------
    path : str or Path
        NetCDF file written by ``waterbal run``.
    """
    from waterbal.results.netcdf import open_result as opened

    return opened(path)
