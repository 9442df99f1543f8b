"""The smallest change with which a project passes: each kind alone, found by bisection and verified by the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_ledger import Ledger, Rules
from waterbal.capacity.admission_left import years_left
from waterbal.capacity.admission_model import CURTAILED, RECLAIMED
from waterbal.capacity.admission_runs import Future
from waterbal.capacity.admission_static import LEDGER, VOLUME
from waterbal.capacity.admission_supply import Supply, supply_of
from waterbal.capacity.admission_terms import (
    FAIL,
    Admitted,
    Terms,
)
from waterbal.capacity.admission_tests import in_future

SIZE, OFFSET, BY_RECLAIMED, BY_CURTAILING, START = "size", "offset", "reclaimed", "curtailed", "start"
KINDS = (BY_RECLAIMED, OFFSET, BY_CURTAILING, START, SIZE)
"""Kinds of changes, in the order in which they are taken up; a smaller project is another project, so it comes last."""
WAY_OF = {BY_RECLAIMED: RECLAIMED, BY_CURTAILING: CURTAILED}
"""Kinds of changes by which a part is served another way -> that way."""
LEAST = 0.1
"""Share of a part that is served another way that must be supplied, where the rules set none: a part that gets less
is as good as left out, which is a smaller project and no other way to serve it [-]."""
PARTS = tuple(part / 8 for part in range(7, 0, -1))
"""Where a range is looked into besides its ends, for cases that are not monotone [-]."""

CLOSER = tuple(part / 24 for part in range(23, 0, -1))
"""The same where more of a change takes from who lives on what is given back: enough and too much lie near then [-]."""


@dataclass(frozen=True)
class Remedy:
    """A change with which a project passes."""

    kind: str
    """One of ``KINDS``."""
    amount: float
    """Volume that is changed, or years [unit]."""
    unit: str
    tolerance: float
    """By how much a smaller change might do; 0 if none does [unit]."""
    terms: Terms
    """Terms on which the tests were passed."""
    gets: tuple[Supply, ...] = ()
    """What the project itself would get, in every future in which it takes water."""
    named: bool = True
    """Whether the user at which water is saved is named, so that the saving was simulated."""
    least: float | None = None
    """Share of the part that is served another way that must be supplied; None where no part is [-]."""

    @property
    def idle(self) -> bool:
        """Whether a part is served another way and gets practically nothing in some future."""
        shares = [one.part_share for one in self.gets if one.part_share is not None]
        return self.least is not None and bool(shares) and min(shares) < self.least


@dataclass
class Seeker:
    """Looks for the smallest changes of a project."""

    one: Admitted
    before: tuple[Admitted, ...]
    futures: Sequence[Future]
    ledger: Ledger | None
    rules: Rules | None
    tolerance: float
    """Share of the project's need to which changes are found [-]."""
    failed: frozenset[str]
    """Tests that fail without a change."""
    _known: dict[Terms, bool] = field(default_factory=dict)
    _first: int = 0
    """Future that failed last, which is judged first."""

    def passes(self, terms: Terms) -> bool:
        """Tell whether no test fails on some terms."""
        if terms not in self._known:
            self._known[terms] = self._judge(Admitted(self.one.placed, terms))
        return self._known[terms]

    def _judge(self, one: Admitted) -> bool:
        numbers = list(range(len(self.futures)))
        numbers.sort(key=lambda n: n != self._first)
        for n in numbers:
            future = self.futures[n]
            if one.share(future.year) <= 0.0:
                continue
            case = Candidate(one, self.before, future)
            failing = any(
                test.status == FAIL for test in in_future(case, self.ledger, self.rules, until=FAIL).values()
            )
            if failing:
                self._first = n
                return False
        return True

    def seek(self, kinds: Sequence[str] = KINDS) -> list[Remedy]:
        """Find the smallest change of each kind that works, in the order of ``kinds``."""
        ways = {
            SIZE: self._size, OFFSET: self._offset, BY_RECLAIMED: lambda: self._way(BY_RECLAIMED, RECLAIMED),
            BY_CURTAILING: lambda: self._way(BY_CURTAILING, CURTAILED), START: self._start,
        }  # fmt: skip
        return [self._told(remedy) for remedy in (ways[kind]() for kind in kinds) if remedy is not None]

    def _told(self, remedy: Remedy) -> Remedy:
        """Add what the project itself would get."""
        way = WAY_OF.get(remedy.kind, "")
        one = Admitted(self.one.placed, remedy.terms)
        gets = tuple(
            supply_of(Candidate(one, self.before, future), way)
            for future in self.futures
            if one.share(future.year) > 0.0
        )
        asked = None if self.rules is None else self.rules.supplied_at_least
        least = LEAST if asked is None else asked.scalar()
        return replace(remedy, gets=gets, least=least if way else None)

    def _volume(self, kind: str, high: float, guess: float, terms: Callable[[float], Terms]) -> Remedy | None:
        """Find the smallest volume of a change [1e4 m3/yr]."""
        step = self.tolerance * self.one.placed.project.intake
        if high <= 0.0 or step <= 0.0:
            return None
        gives_back = self._gives_back(kind)
        rising = kind == OFFSET and not gives_back  # more of it takes from no one
        found = smallest(
            lambda volume: self.passes(terms(volume)),
            high,
            step,
            guess,
            PARTS[1::2] if rising else CLOSER if gives_back else PARTS,
            rising=rising,
        )
        if found is None:
            return None
        return Remedy(kind, found[0], VOLUME, found[1], terms(found[0]))

    def _gives_back(self, kind: str) -> bool:
        """Tell whether others may live on what is given back by whom more of a change leaves less."""
        project = self.one.placed.project
        if kind == SIZE:
            return project.returns is not None
        saver = None if project.offset is None else self.futures[0].case.model.demands[project.offset.demand]
        return bool(getattr(saver, "returns", None))

    def _short_of_ledger(self) -> float:
        """Return what the ledger is short of, in the year in which that is most [1e4 m3/yr]."""
        if self.ledger is None:
            return 0.0
        cases = [Candidate(self.one, self.before, future) for future in self.futures]
        years = [
            one
            for case in cases
            if self.one.share(case.future.year) > 0.0
            for one in years_left(case, self.ledger)
        ]
        # one that takes nothing fits into what is overdrawn already
        return max([0.0, *(one.taken - max(one.left, 0.0) for one in years)])

    def _offset(self) -> Remedy | None:
        project = self.one.placed.project
        named = project.offset
        if named is None and self.failed - {LEDGER}:
            return None  # a user has to be named before it can be simulated
        high = project.intake
        if self.rules is not None and self.rules.offset_at_most is not None:
            agreed = 0.0 if named is None or named.annual is None else named.annual.scalar()
            high = high * self.rules.offset_at_most.scalar() - agreed
        if named is not None and named.at_most is not None:
            agreed = 0.0 if named.annual is None else named.annual.scalar()
            high = min(high, named.at_most.scalar() - agreed)
        if named is not None:
            high = min([high, *(self._left_to_save(named.demand, future) for future in self.futures)])
        else:  # nobody is named, but nobody can save more than all of them need
            high = min([high, *(sum(future.mean_need.values()) for future in self.futures)])
        found = self._volume(OFFSET, high, self._short_of_ledger(), lambda volume: Terms(offset=volume))
        return None if found is None else replace(found, named=named is not None)

    def _left_to_save(self, demand: str, future: Future) -> float:
        """Return what a user needs that no project has promised to save [1e4 m3/yr]."""
        if self.one.share(future.year) <= 0.0:
            return float("inf")
        saved = sum(
            one.saved(future.year)
            for one in (*self.before, self.one)
            if one.placed.project.offset is not None and one.placed.project.offset.demand == demand
        )
        return future.mean_need.get(demand, 0.0) - saved

    def _size(self) -> Remedy | None:
        intake = self.one.placed.project.intake
        if intake <= 0.0:
            return None
        high = intake * (1.0 - self.tolerance)
        return self._volume(
            SIZE, high, self._short_of_ledger(), lambda volume: Terms(size=1.0 - volume / intake)
        )

    def _way(self, kind: str, way: str) -> Remedy | None:
        if way not in self.one.placed.ways:
            return None
        intake = self.one.placed.project.intake
        if intake <= 0.0:
            return None

        def terms(volume: float) -> Terms:
            share = min(1.0, volume / intake)
            return Terms(reclaimed=share) if kind == BY_RECLAIMED else Terms(curtailed=share)

        return self._volume(kind, intake, 0.0, terms)

    def _start(self) -> Remedy | None:
        """Find the first year in which it can begin, with as much judged in the last planning year as before.

        Only planning years are simulated, so that it may begin in these and not between them, unless it is the ledger
        alone that it does not fit, which knows every year.
        """
        planned = sorted({future.year for future in self.futures})
        project, last = self.one.placed.project, planned[-1]
        years = range(project.start_year + 1, last + 1) if self.failed == {LEDGER} else planned
        for year in years:
            delay = year - project.start_year
            if delay <= 0 or project.share(last, delay) < project.share(last) - 1e-9:
                continue
            if self.passes(Terms(delay=delay)):
                return Remedy(START, float(delay), "yr", 0.0, Terms(delay=delay))
        return None


def smallest(
    passes: Callable[[float], bool],
    high: float,
    step: float,
    guess: float = 0.0,
    parts: Sequence[float] = PARTS,
    *,
    rising: bool = False,
) -> tuple[float, float] | None:
    """Find the smallest change that passes.

    The range is bisected, then looked into below what was found, so that a range that is not monotone is not taken
    for one that is, as far as ``parts`` show it.

    Parameters
    ----------
    passes : callable
        Tells whether a change passes; 0 does not.
    high : float
        Largest change.
    step : float
        Tolerance.
    guess : float
        Change below which none passes for a reason that is known; tried first.
    parts : sequence of float
        Where the range below what was found is looked into [-].
    rising : bool
        Whether none passes if the largest does not.

    Returns
    -------
    float, float
        Change that passes, and by how much a smaller one might; None if none was found.
    """
    if guess > high * (1.0 + 1e-12):
        return None
    if guess > 0.0 and passes(guess):
        return guess, 0.0
    low = guess
    if not passes(high):
        points = () if rising else [low + part * (high - low) for part in parts]
        inner = next((point for point in points if passes(point)), None)
        if inner is None:
            return None
        high = inner
    while True:
        floor = low
        while high - low > step:
            middle = 0.5 * (low + high)
            if passes(middle):
                high = middle
            else:
                low = middle
        lower = [guess + part * (high - guess) for part in parts]
        again = next((x for x in reversed(lower) if x < low and passes(x)), None)
        if again is None:
            return high, high - low
        low, high = min(floor, guess), again
