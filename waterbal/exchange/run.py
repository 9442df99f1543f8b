"""A run that goes on step by step: values that other models set go in, what the step led to comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import BalanceError, InfeasibleError, Issue, Message, UsageError, nearest, one_of
from waterbal.exchange.opened import OpenModel
from waterbal.exchange.values import elements, own_values, returned, with_values
from waterbal.exchange.variables import INPUTS, KEPT, LOWERED, OUTPUTS, Variable
from waterbal.model.rows import Floats

if TYPE_CHECKING:
    from waterbal.api import Case
    from waterbal.network.stepping import Stepper


class Exchange:
    """A run in progress.

    Parameters
    ----------
    case : Case
        Model and realization to run.
    """

    def __init__(self, case: Case) -> None:
        from waterbal.network.stepping import Stepper

        self.case = case
        self.rows = case.rows()
        """Lowered model, with what was set so far."""
        self.axis = self.rows.axis
        self.stepper: Stepper = Stepper(case.network())
        self.open = OpenModel(case)
        self.elements = elements(self.rows) | self.open.elements
        """Ids of the elements of every group, in the order of values."""
        self.inputs = {
            v.name: np.zeros(len(self.elements[v.group])) for v in INPUTS if self.elements[v.group]
        }
        """Values of the coming step by name, ndarray (element); write into them before ``step``."""
        self.outputs = {
            v.name: np.zeros(len(self.elements[v.group])) for v in OUTPUTS if self.elements[v.group]
        }
        """Values of the step before by name, ndarray (element); the state at the start before the first one."""
        self._own: dict[str, Floats] = {}
        self._set = {
            name: np.full((self.axis.size, values.size), np.nan)
            for name, values in self.inputs.items()
            if name not in LOWERED
        }
        self._begin()
        self._expect()

    @property
    def position(self) -> int:
        """Number of the coming step."""
        return self.stepper.position

    def step(self) -> None:
        """Simulate the coming step under ``inputs``; write ``outputs``, and the model's own values of the next step.

        Raises
        ------
        UsageError
            If there is no step left, or a value that was set is not finite or below 0.
        InfeasibleError
            If a minimum flow cannot be met; the message names the constraint and the step.
        BalanceError
            If a node does not close within 1e-9.
        """
        from waterbal.api import INFEASIBLE_STATUS, failures

        if self.position >= self.axis.size or not self.stepper.good:
            raise UsageError(
                Issue(
                    Message("已没有后续时段", "there is no step left"),
                    expected=Message(f"至多 {self.axis.size} 个时段", f"at most {self.axis.size} steps"),
                )
            )
        self._take()
        if not self.stepper.step():
            issues, worst = failures(self.case, self.rows, self.case.network(), self.stepper.simulation())
            raise (InfeasibleError if worst == INFEASIBLE_STATUS else BalanceError)(*issues)
        self._report()
        if self.position < self.axis.size:
            self._expect()

    # ---- in

    def _expect(self) -> None:
        """Put the model's own values of the coming step into ``inputs``."""
        t = self.position
        for name, values in self.inputs.items():
            values[:] = self.open.at(name, t) if name in LOWERED else own_values(self.rows, name, t)
            self._own[name] = values.copy()

    def _take(self) -> None:
        """Put what was set into the rows and the forcing of the coming step."""
        t = self.position
        changed = {name: values != self._own[name] for name, values in self.inputs.items()}
        if not any(which.any() for which in changed.values()):
            return
        self._refuse(changed)
        for name, which in changed.items():
            if name in LOWERED:
                self.open.put(name, t, self.inputs[name], which)
            else:
                self._set[name][t, which] = self.inputs[name][which]
        lowered = any(which.any() for name, which in changed.items() if name in LOWERED)
        if lowered:
            self.rows = self.open.lower()
        self.rows = with_values(self.rows, self._set)
        try:
            self.stepper.change(self.rows, None if lowered else 1)
        except ValueError:
            names = ", ".join(name for name in LOWERED if name in changed and changed[name].any())
            message = Message(
                "某个损失率、回收率或退水率随此系列变化，因而不能在模拟中途改变",
                "a loss, a recovery or a returned share follows this series, so it cannot change during a run",
            )
            raise UsageError(Issue(message, names)) from None

    def _refuse(self, changed: Mapping[str, Any]) -> None:
        """Refuse what no water can be."""
        issues = []
        for name, which in changed.items():
            for i in np.flatnonzero(which):
                value = self.inputs[name][i]
                if not (np.isfinite(value) and value >= 0.0):
                    group = next(v.group for v in INPUTS if v.name == name)
                    where = f"{name}.{self.elements[group][i]}"
                    issues.append(
                        Issue(
                            Message(f"为下一时段设定了 {value}", f"{value} was set for the coming step"),
                            where,
                            expected=Message("0 或更大的有限数", "0 or more, finite"),
                        )
                    )
        if issues:
            raise UsageError(issues)

    # ---- out

    def _begin(self) -> None:
        """Write the state before the first step."""
        stepper, rows = self.stepper, self.rows
        state: dict[str, Any] = {
            "storage_volume": stepper.storage,
            "groundwater_storage": stepper.ground,
            "groundwater_depth": [
                row.floor_depth - ground / row.storage_per_metre
                for row, ground in zip(rows.aquifers, stepper.ground, strict=True)
            ],
            "quota_remaining": stepper.quota_at_start,
        }
        for name, values in state.items():
            if name in self.outputs:
                self.outputs[name][:] = values

    def _report(self) -> None:
        """Write what the step before led to."""
        t = self.position - 1
        for name, series in KEPT.items():
            if name in self.outputs:
                self.outputs[name][:] = self.stepper.last(series)
        supply = self.stepper.last("supply")
        need = np.array([row.gross[t] for row in self.rows.demands])
        self.outputs["water_shortage"][:] = np.maximum(need - supply, 0.0)
        parts = returned(self.rows, supply, t)
        of_user = self.outputs["return_flow"]
        of_user[:] = 0.0
        for number, (d, _, volume) in enumerate(parts):
            of_user[d] += volume
            self.outputs["return_flow_part"][number] = volume

    # ---- names

    def variable(self, name: str) -> Variable:
        """Return what is known of an exchanged variable.

        Raises
        ------
        UsageError
            If the model has no such variable.
        """
        for variable in (*INPUTS, *OUTPUTS):
            if variable.name == name and (name in self.inputs or name in self.outputs):
                return variable
        known = (*self.inputs, *self.outputs)
        message = Message(f"模型不交换变量 {name!r}", f"the model exchanges no variable {name!r}")
        raise UsageError(Issue(message, expected=one_of(known), nearest=nearest(name, known)))

    def values(self, name: str) -> Floats:
        """Return the array of an exchanged variable itself; ndarray (element)."""
        self.variable(name)
        return self.inputs[name] if name in self.inputs else self.outputs[name]
