"""What a sweep computes: the members of a study, block by block. The runner knows no more of it than this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    Arrays = dict[str, np.ndarray[Any, Any]]

STATUS = "member_status"
"""Variable that says how each member ended, 0 if well."""
MESSAGES = "messages"
"""Beside the variables: what went wrong with each member whose status is not 0, in words and in order."""


@dataclass(frozen=True)
class Field:
    """A variable of the results of a sweep."""

    dims: tuple[str, ...]
    """``scenario`` first; then ``realization``, unless it is the same in every realization."""
    dtype: np.dtype[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Work(Protocol):
    """A study, ready to be computed. Threads share one."""

    @property
    def scenarios(self) -> Sequence[str]:
        """Ids of the scenarios, in order."""

    @property
    def realizations(self) -> int:
        """Realizations of every scenario."""

    @property
    def keep(self) -> str:
        """What is kept of each member: ``metrics``, ``yearly`` or ``full``."""

    def identity(self) -> dict[str, Any]:
        """Give everything that decides the results, by name, as JSON; nothing of the machine is in it."""

    def names(self) -> str:
        """Hash what the frame says that decides no number: a change of it makes the frame anew, not the parts."""

    def frame(self) -> xr.Dataset:
        """Give the coordinates of all dimensions and the attributes of the results."""

    def schema(self) -> dict[str, Field]:
        """Describe the variables of the results."""

    def warm_up(self) -> None:
        """Compile what processes that start later would all compile."""

    def evaluate(self, scenarios: range, first: int, last: int, threads: int) -> Arrays:
        """Compute realizations ``first`` to ``last`` - 1 of some scenarios.

        Returns
        -------
        dict of str to ndarray (scenario, realization, ...)
            Every variable of the schema; those without realizations only where ``first`` is 0. Their bits
            depend on scenario and realization alone. And the messages, ndarray (bad member).
        """


Source = Callable[[], Work]
"""Opens the work; crosses process borders, so it is a function of a module, or a partial of one."""
