"""Real years that stand for guarantee rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.words import term
from waterbal.results.metrics import years_by_gap
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]

PROBABILITIES = (0.50, 0.75, 0.95, 0.97)
"""[-] guarantee rates that planners ask for."""


@dataclass(frozen=True)
class When:
    """A line of a table: the mean of all years, or one real year."""

    label: Term
    picked: Term
    """Which year it is; empty for the mean."""
    place: int | None
    """Position among the years of all realizations; None for the mean."""

    def of(self, values: Floats) -> Floats:
        """Take the line from values by year, ndarray (year of a realization, ...) to ndarray (...)."""
        return np.asarray(values.mean(axis=0) if self.place is None else values[self.place])


MEAN = When(term("mean"), Term("", ""), None)


def lines(case: Case) -> tuple[list[When], list[float]]:
    """Choose the years that stand for the guarantee rates; a typical year stands for its own probability only.

    Years of all realizations stand in order of the gap of the district, least first, equal ones in order of need,
    then of realization and year, as those of the first balance do; the year at P is the first whose rank m has
    m / (n + 1) >= P.

    Parameters
    ----------
    case : Case
        Scenario.

    Returns
    -------
    list of When
        The mean, then one real year for each guarantee rate. Of a typical year the mean of its copies.
    list of float
        Guarantee rates that the number of years does not support.
    """
    if case.typical is not None:
        year = case.typical.year
        picked = Term("", "") if year is None else term("typical_year_of", year=year)
        return [When(case.typical.name, picked, None)], []
    if not case.count or not case.has("water_demand"):
        return [MEAN], []
    need, supply = case.by_year("water_demand"), case.by_year("water_supply")
    order = years_by_gap(np.maximum(need - supply, 0.0).sum(axis=1), need.sum(axis=1))
    told, left = [MEAN], []
    for probability in PROBABILITIES:
        rank = int(np.ceil(probability * (case.count + 1) - 1e-9))
        if rank > case.count:
            left.append(probability)
            continue
        place = int(order[rank - 1])
        told.append(When(term("at_p", p=f"{100 * probability:.0f}"), named(case, place), place))
    return told, left


def mean_notes(told: Sequence[Case], cases: Sequence[Case]) -> list[Term]:
    """Say what the means of a table are of, and which typical years are not in it because they did not end well."""
    notes = [term("note_mean")] if any(case.typical is None for case in told) else []
    notes += [term("note_typical")] if any(case.typical is not None for case in told) else []
    failed = [case.name for case in cases if case.typical is not None and not case.realizations]
    if failed:
        names = Term("；".join(name.zh for name in failed), "; ".join(name.en for name in failed))
        notes.append(term("note_typical_failed", cases=names))
    return notes


def named(case: Case, place: int) -> Term:
    """Name a year by its position among the years of all realizations."""
    year = int(case.year[place])
    if case.results.sizes["realization"] == 1:
        return term("year_of", year=year)
    return term("year_of_sample", year=year, realization=int(case.realization[place]))
