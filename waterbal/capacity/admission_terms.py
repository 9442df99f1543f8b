"""On what terms projects are let in, and what they then take in each future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waterbal.capacity.admission_ledger import CommittedTerms
from waterbal.capacity.admission_model import CURTAILED, NORMAL, RECLAIMED, Placed, reclaimed_feeds, upstream
from waterbal.capacity.admission_runs import Future, Scales, scaled
from waterbal.model.base import Label
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.root import Model

PASS, CONDITIONAL, FAIL, NOT_APPLICABLE = "pass", "conditional", "fail", "not_applicable"
"""What a test may come to."""
WORST = (NOT_APPLICABLE, PASS, CONDITIONAL, FAIL)


@dataclass(frozen=True)
class Terms:
    """What is changed of a project so that it may be let in."""

    size: float = 1.0
    """Factor on its need [-]."""
    offset: float = 0.0
    """Water saved elsewhere besides what is agreed [1e4 m3/yr]."""
    reclaimed: float = 0.0
    """Share of its need that is fed with reclaimed water alone [-]."""
    curtailed: float = 0.0
    """Share of its need that is served in the later class [-]."""
    delay: int = 0
    """Years by which it begins later."""


def terms_of(on: CommittedTerms | None) -> Terms:
    """Give the terms on which a committed project was let in."""
    if on is None:
        return Terms()
    offset, reclaimed, curtailed = (
        0.0 if number is None else number.scalar() for number in (on.offset, on.reclaimed, on.curtailed)
    )
    return Terms(offset=offset, reclaimed=reclaimed, curtailed=curtailed, delay=on.delay)


@dataclass(frozen=True)
class Admitted:
    """A project on terms."""

    placed: Placed
    terms: Terms = Terms()

    def share(self, year: int) -> float:
        """Return the share of the need that it has in a year [-]."""
        return self.placed.project.share(year, self.terms.delay) * self.terms.size

    def parts(self, year: int) -> dict[str, float]:
        """Return the factor on each of its demands in a year [-]."""
        share, terms = self.share(year), self.terms
        parts = {NORMAL: 1.0 - terms.reclaimed - terms.curtailed, RECLAIMED: terms.reclaimed}
        parts[CURTAILED] = terms.curtailed
        return {self.placed.project.id + way: share * parts[way] for way in self.placed.ways}

    def taken(self, year: int) -> float:
        """Return what it takes in a year [1e4 m3/yr]."""
        return self.placed.project.intake * self.share(year)

    def saved(self, year: int) -> float:
        """Return what it saves elsewhere in a year: all of it as soon as it takes water [1e4 m3/yr]."""
        if self.share(year) <= 0.0:
            return 0.0
        offset = self.placed.project.offset
        agreed = 0.0 if offset is None or offset.annual is None else offset.annual.scalar()
        return agreed + self.terms.offset


def committed(one: Admitted, year: int, model: Model, *, counts_reclaimed: bool) -> float:
    """Return what a project takes from the ledger in a year [1e4 m3/yr]."""
    taken = one.taken(year)
    if not counts_reclaimed:
        project = one.placed.project
        planned = [feed for feed in project.feeds if feed.planned]
        only = all(feed in reclaimed_feeds(project, model) for feed in planned)
        taken *= 0.0 if only else 1.0 - one.terms.reclaimed
        if project.offset is not None and _only_reclaimed(model, project.offset.demand):
            return taken
    return taken - one.saved(year)


def _only_reclaimed(model: Model, demand: str) -> bool:
    """Tell whether a user can be given reclaimed water alone."""
    sources = [model.sources[id] for id in upstream(model, demand) if id in model.sources]
    stores = [id for id in upstream(model, demand) if id in model.stores]
    return not stores and all(isinstance(source, Reclaimed) for source in sources)


def scales(projects: Sequence[Admitted], future: Future) -> Scales:
    """Give the factors on needs in a future with some projects."""
    factors: dict[str, float] = {}
    saved: dict[str, float] = {}
    for one in projects:
        factors |= {id: value for id, value in one.parts(future.year).items() if value}
        offset, volume = one.placed.project.offset, one.saved(future.year)
        if offset is not None and volume:
            saved[offset.demand] = saved.get(offset.demand, 0.0) + volume
    for id, volume in saved.items():
        need = future.mean_need.get(id, 0.0)
        factors[id] = max(0.0, 1.0 - volume / need) if need > 0.0 else 0.0
    return scaled(factors)


def oversaved(projects: Sequence[Admitted], future: Future) -> list[tuple[str, float, float]]:
    """List users at which more is to be saved than they need: (demand, saved, need) [1e4 m3/yr]."""
    saved: dict[str, float] = {}
    for one in projects:
        if one.placed.project.offset is not None:
            id = one.placed.project.offset.demand
            saved[id] = saved.get(id, 0.0) + one.saved(future.year)
    return [
        (id, volume, future.mean_need.get(id, 0.0))
        for id, volume in saved.items()
        if volume > future.mean_need.get(id, 0.0) * (1.0 + 1e-9)
    ]


@dataclass(frozen=True)
class Evidence:
    """One thing that was looked at: both sides of a comparison."""

    what: Label
    value: float | None
    relation: str
    """``<=``, ``>=`` or empty where nothing is compared."""
    limit: float | None
    unit: str
    met: bool | None
    """None where it is told only."""
    before: float | None = None
    """The value without the project."""
    future: str = ""
    """Future in which it was seen; empty where it is the same in all."""
    source: str = ""
    """Where the limit comes from."""
    grade: str = ""
    """How firm the limit is."""


@dataclass(frozen=True)
class Test:
    """What one of the tests came to."""

    __test__ = False  # for pytest

    id: str
    status: str
    """``pass``, ``conditional``, ``fail`` or ``not_applicable``."""
    evidence: tuple[Evidence, ...] = ()
    reason: Label | None = None
    """Why it could not be judged, or does not apply."""


def worst(statuses: Sequence[str]) -> str:
    """Return the worst of some statuses."""
    return max(statuses, key=WORST.index, default=NOT_APPLICABLE)


def of_evidence(id: str, evidence: Sequence[Evidence]) -> Test:
    """Give the test that fails if any evidence does."""
    return Test(id, FAIL if any(e.met is False for e in evidence) else PASS, tuple(evidence))


def joined(id: str, tests: Sequence[Test]) -> Test:
    """Put what a test came to in several futures together."""
    reasons = list(dict.fromkeys(test.reason for test in tests if test.reason is not None))
    status = worst([test.status for test in tests])
    evidence = tuple(dict.fromkeys(e for test in tests for e in test.evidence))
    reason = next((test.reason for test in tests if test.status == status and test.reason), None)
    return Test(id, status, evidence, reason or (reasons[0] if reasons and status != FAIL else None))
