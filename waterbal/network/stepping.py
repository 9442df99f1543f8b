"""One member of a network simulated step by step, with inputs that may change while it goes on."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from waterbal.kernel import tables as kernel
from waterbal.kernel.keeping import KEEP_ALL
from waterbal.kernel.pointer import Table
from waterbal.kernel.program import workspace
from waterbal.kernel.simulate import begin_member, run_steps
from waterbal.model.rows import Floats, Rows
from waterbal.network import tables
from waterbal.network.build import Network, same_coefficients, unlimited
from waterbal.network.requirements import allocate_outcome, no_requirements
from waterbal.network.simulate import (
    VOLUMELESS,
    Simulation,
    allocate_series,
    allocate_tally,
    totals,
    unscaled,
)

INITIAL = ("quota_initial",)
"""Forcing that counts in the first step only."""
CALENDAR = ("days", "quota_reset")
"""Forcing that no input changes."""


class Stepper:
    """A member that is simulated step by step; what it leads to is what ``simulate`` gives, to the last bit.

    The warm-up, if the model has one, is run when the stepper is made, under the weather of the network.

    Parameters
    ----------
    network : Network
        Kernel tables; they are not changed.
    variant : int
        Forcing of the member.
    """

    def __init__(self, network: Network, variant: int = 0) -> None:
        rows = network.rows
        self.network = network
        self.size = rows.axis.size
        """Steps of the record."""
        self.position = 0
        """Number of the next step."""
        self.forcing = own_forcing(network.forcing, variant)
        self.state = network.workspace()
        self.series = allocate_series(network, 1, self.size)
        self.tally = allocate_tally(network, 1)
        self.outcome = allocate_outcome(no_requirements(self.size), 1)
        members = kernel.Members(
            variant=tables.integers([0]),
            demand_scale=np.ones((1, len(rows.demands))),
            source_scale=np.ones((1, len(rows.sources))),
            roof_scale=np.ones(1),
        )
        self._work = workspace(network.problem)
        problem, reduction, layout, coefficients, forcing, factors, state, work, series, tally, asked, outcome = (
            Table(fields)
            for fields in (
                network.problem, network.reduction, network.layout, network.coefficients, self.forcing, members,
                self.state, self._work, self.series, self.tally, no_requirements(self.size), self.outcome,
            )
        )  # fmt: skip
        self._tables = (
            problem, reduction, layout, coefficients, forcing, factors, state, work, series, tally, asked, outcome
        )  # fmt: skip
        begin_member(problem, layout, forcing, factors, state, work, tally, 0)
        self.good = self._run(0, rows.axis.warm_up)
        """Whether every step so far had an allocation that closes."""

    def _run(self, first: int, last: int) -> bool:
        """Run steps counted from the start of the warm-up."""
        return bool(run_steps(0, first, last, KEEP_ALL, self.network.rows.axis.warm_up, *self._tables))

    def step(self) -> bool:
        """Simulate the next step; the state moves to its end.

        Returns
        -------
        bool
            Whether the step has an allocation that closes; where not, ``simulation`` says why, and there is no next.

        Raises
        ------
        ValueError
            If there is no step left.
        """
        if not self.good or self.position >= self.size:
            raise ValueError("there is no step left")
        first = self.network.rows.axis.warm_up + self.position
        self.good = self._run(first, first + 1)
        self.position += 1
        return self.good

    def change(self, rows: Rows, steps: int | None = None) -> None:
        """Put coming steps under other inputs; what is planned stays as it was.

        Parameters
        ----------
        rows : Rows
            The same model, lowered with other series.
        steps : int, optional
            How many steps from the next one on; all if not given.

        Raises
        ------
        ValueError
            If they change a loss, a recovery or a returned share: those are in the program.
        """
        if not same_coefficients(self.network.rows, rows):
            raise ValueError("the inputs change a coefficient of the program")
        first = self.position
        coming = window(rows, first, self.size if steps is None else min(first + steps, self.size))
        fresh = tables.forcing([coming], self.network.scale, unlimited([coming], self.network.ahead))
        for name, values in fresh.items():
            own = getattr(self.forcing, name)
            if name == "roof":
                np.maximum(own, values, out=own)
            elif name in INITIAL:
                if first == 0:
                    own[:] = values
            elif name not in CALENDAR:
                own[:, first : first + coming.axis.size] = values

    def last(self, name: str) -> Floats:
        """Return a series in the step that was simulated last; ndarray (element) [1e4 m3] or its own unit."""
        values = getattr(self.series, name)[0, self.position - 1]
        return values.copy() if name in VOLUMELESS else values * self.network.scale

    @property
    def storage(self) -> Floats:
        """Volume of every store at present; ndarray (store) [1e4 m3]."""
        return self.state.storage * self.network.scale

    @property
    def ground(self) -> Floats:
        """Storage of every aquifer above its pumping floor at present; ndarray (aquifer) [1e4 m3]."""
        return self.state.ground * self.network.scale

    @property
    def quota_at_start(self) -> Floats:
        """What is left of every quota before the first step; ndarray (quota) [1e4 m3]."""
        return self.forcing.quota_initial[0] * self.network.scale

    def simulation(self) -> Simulation:
        """Return sums and series up to the present step, as ``simulate`` returns them for one member."""
        scale = self.network.scale
        series = kernel.Series(**{name: array.copy() for name, array in self.series._asdict().items()})
        return Simulation(totals(self.tally, scale), unscaled(series, scale), self.outcome)


def own_forcing(forcing: kernel.Forcing, variant: int) -> kernel.Forcing:
    """Copy what a forcing table says for one variant."""
    parts = {}
    for name, table in forcing._asdict().items():
        row = min(variant, table.shape[0] - 1)
        parts[name] = np.array(table[row : row + 1], order="C")
    return kernel.Forcing(**parts)


def window(rows: Rows, first: int, last: int) -> Rows:
    """Return rows as they are in steps first..last-1."""
    size = rows.axis.size

    def cut(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value[..., first:last] if value.shape[-1:] == (size,) else value
        if isinstance(value, dict):
            return {name: cut(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(cut(part) for part in value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{part.name: cut(getattr(value, part.name)) for part in fields(value)})
        return value

    windowed: Rows = cut(rows)
    return windowed
