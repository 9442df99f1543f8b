"""What the variables of a result are computed from: the run, its closure, its budget, its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterbal.model.rows import Floats
from waterbal.results.budget import budget
from waterbal.results.performance import Conventions, Performance
from waterbal.results.view import View


@dataclass(frozen=True)
class Facts:
    """A run with everything that is derived from it; computed once, when first asked for."""

    view: View
    closure: Floats
    """ndarray (member, time) [-], largest relative residual of any equation."""
    conventions: Conventions

    @cached_property
    def budget(self) -> Floats:
        """Return ndarray (member, time, term) [1e4 m3]."""
        return budget(self.view)

    @cached_property
    def performance(self) -> Performance:
        """Return need and supply with their metrics; steps that were not simulated count as without need."""
        known = self.view.simulated[:, :, None]
        need, supply = (np.where(known, v, 0.0) for v in (self.view.need, self.view.run.supply))
        return Performance(self.view.rows, need, supply, self.conventions)
