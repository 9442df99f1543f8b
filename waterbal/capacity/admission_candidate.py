"""A project on terms in one future, and the runs of that future with and without it."""

from __future__ import annotations

from dataclasses import dataclass

from waterbal.capacity.admission_runs import Future, Run
from waterbal.capacity.admission_terms import Admitted, scales
from waterbal.capacity.project import Project
from waterbal.errors import InfeasibleError


@dataclass(frozen=True)
class Candidate:
    """A project on terms, among those before it, in one future."""

    one: Admitted
    before: tuple[Admitted, ...]
    """Those that are committed or were admitted before."""
    future: Future

    @property
    def project(self) -> Project:
        """The project."""
        return self.one.placed.project

    @property
    def without(self) -> Run:
        """The future without it."""
        return self.future.run(scales(self.before, self.future))

    @property
    def with_it(self) -> Run:
        """The future with it."""
        return self.future.run(scales((*self.before, self.one), self.future))

    @property
    def possible(self) -> bool:
        """Whether the future can be simulated with it: a minimum flow may be out of reach then."""
        try:
            return self.with_it is not None
        except InfeasibleError:
            return False

    @property
    def saving_alone(self) -> Run:
        """The future without it, but with what it saves elsewhere; without both where that cannot be simulated."""
        own = self.one.parts(self.future.year)
        whole = scales((*self.before, self.one), self.future)
        try:
            return self.future.run(tuple(pair for pair in whole if pair[0] not in own))
        except InfeasibleError:  # a minimum flow that lives on what the user gives back
            return self.without

    @property
    def demands(self) -> list[str]:
        """Those of its demands that need water."""
        return [id for id, part in self.one.parts(self.future.year).items() if part > 0.0]
