"""What a project takes from the ledger, and what is left of it, in every year that decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_ledger import Commitment, Ledger
from waterbal.capacity.admission_terms import Admitted, committed
from waterbal.model.root import Model
from waterbal.model.values import Number


@dataclass(frozen=True)
class Left:
    """One year of the ledger."""

    year: int
    taken: float
    """Net intake of the project [1e4 m3/yr]."""
    left: float
    """What remains for it [1e4 m3/yr]."""


def years_left(case: Candidate, ledger: Ledger) -> list[Left]:
    """Tell what a project takes and what is left, in the year of a future and all years in which that changes.

    These are years from its start on; between them all of it is linear. The ledger itself says what it has in them, so
    that they need not be planning years of the model.

    Parameters
    ----------
    case : Candidate
    ledger : Ledger

    Returns
    -------
    list of Left
        That of the future first, then the others in their order.
    """
    counts, model, own = ledger.counts_reclaimed, case.future.case.model, case.future.year
    known = {entry.id for entry in ledger.committed if entry.status == "approved"}
    others = [one for one in case.before if one.placed.project.id not in known]
    changes = {
        *_of_ledger(ledger),
        *_of_project(case.one),
        *(year for one in others for year in _of_project(one)),
    }
    found = []
    start = min(_of_project(case.one))
    for year in (own, *sorted(year for year in changes if year >= start and year != own)):
        promised = sum(committed(one, year, model, counts_reclaimed=counts) for one in others)
        taken = committed(case.one, year, model, counts_reclaimed=counts)
        found.append(Left(year, taken, ledger.remaining(year) - promised))
    return found


def takes(one: Admitted, model: Model, ledger: Ledger | None) -> dict[int, float]:
    """Tell what a project takes from a ledger in the years in which it begins or grows [1e4 m3/yr]."""
    counts = ledger is None or ledger.counts_reclaimed
    return {year: committed(one, year, model, counts_reclaimed=counts) for year in _of_project(one)}


def _of_ledger(ledger: Ledger) -> Iterator[int]:
    """List the years in which a ledger changes."""
    yield from _years(ledger.capacity)
    yield from _years(ledger.growth_reserved)
    yield from changing(ledger.committed)


def changing(entries: Iterable[Commitment]) -> Iterator[int]:
    """List the years in which what is promised begins or changes."""
    for entry in entries:
        yield from _years(entry.annual)
        if entry.from_ is not None:
            yield entry.from_


def _of_project(one: Admitted) -> Iterator[int]:
    """List the years in which a project begins or grows, on its terms."""
    for year in one.placed.project.growing:
        yield year + one.terms.delay


def _years(number: Number | None) -> Iterator[int]:
    if number is not None:
        yield from (year for year, _ in number.by_year)
