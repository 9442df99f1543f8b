"""What the quotas that count a source grant it in a year: those of its own, and those it shares with others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.report.quotas import COUNTED, alone
from waterbal.report.rounding import nearest
from waterbal.report.sheets.binding import quota_weights
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.models import NO_YEAR, Models, at_horizon, other_changes, touched
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Permit:
    """A quota that counts a source."""

    name: Term
    own: bool
    """Whether it counts nothing else."""
    volume: Floats
    """What the source may take of it in every year, ndarray (year of a realization) [1e4 m3]; nan where not known."""

    @property
    def told(self) -> Term:
        """Name it with its volume, and say where it is shared."""
        mean = float(self.volume.mean()) if self.volume.size else float("nan")
        if np.isnan(mean):
            return self.name if self.own else term("quota_shared", quota=self.name)
        key = "quota_of" if self.own else "quota_shared_of"
        return term(key, quota=self.name, volume=f"{nearest(mean):,.0f}")


def of(case: Case, element: str, number: int) -> list[Permit]:
    """List the quotas that count a source.

    Parameters
    ----------
    case : Case
        Scenario.
    element : str
        ``source`` or ``aquifer``.
    number : int
        Its position.
    """
    weights = {kind: found for kind in COUNTED if (found := quota_weights(case, kind)) is not None}
    if element not in weights:
        return []
    told, own = [], alone(weights)
    for q, name in enumerate(case.names("quota")):
        weight = float(weights[element][q, number])
        if weight > 0.0:
            told.append(Permit(name, bool(own[q]), _entitled(case, q) / weight))
    return told


def smallest(permits: list[Permit], *, own: bool = False) -> Floats | None:
    """Return the least that quotas grant in every year; None where no quota is known.

    Parameters
    ----------
    permits : list of Permit
        As ``of`` gives them.
    own : bool
        Whether to leave out those that are shared.
    """
    known = [one.volume for one in permits if (one.own or not own) and np.isfinite(one.volume).all()]
    return np.min(known, axis=0) if known else None


def least(permits: list[Permit]) -> tuple[Term, float] | None:
    """Name the quota of its own that grants least, with its mean volume [1e4 m3/yr]; None where none is known."""
    known = [(one.name, float(one.volume.mean())) for one in permits if one.own]
    return min((pair for pair in known if np.isfinite(pair[1])), key=lambda pair: pair[1], default=None)


def _entitled(case: Case, quota: int) -> Floats:
    """Return the entitlement of every year, ndarray (year of a realization) [1e4 m3]; nan where it is not known.

    Runs and results by year keep it. Of those by year that an older waterbal wrote it is what was used and what is
    left, where the quota begins in January; else it is that of the stored model.
    """
    if case.has("quota_volume"):
        return case.at_end("quota_volume")[:, quota]
    if case.reset_months[quota] == 1 and case.has("quota_remaining"):
        return np.asarray(case.at_end("quota_remaining")[:, quota] + case.by_year("quota_used")[:, quota])
    return np.full(case.count, _of_model(case, case.ids("quota")[quota]))


def _of_model(case: Case, id: str) -> float:
    """Return the volume of a quota of the stored model [1e4 m3/yr]; nan where it changes or is not known."""
    model = Models().of(case.results)
    found = None if isinstance(model, str) else model.quotas.get(id)
    if found is None:
        return float("nan")
    changes = other_changes(case)
    factor = 1.0
    if found.cut is not None:
        cut = found.cut.constant
        if cut is None or touched(cut, f"quotas.{id}.cut", changes):
            return float("nan")
        factor = cut.scalar()
    if touched(found.volume, f"quotas.{id}.volume", changes):
        return float("nan")
    try:
        return at_horizon(found.volume, NO_YEAR if case.horizon is None else case.horizon) * factor
    except ValueError:
        return float("nan")
