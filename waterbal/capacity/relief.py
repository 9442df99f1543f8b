"""Relief: how much more each measure carries, at what cost, together within a budget, and what binds next."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from waterbal.capacity.budget import Cases, cost_of, in_place, refuse_budget, to_build
from waterbal.capacity.judging import trials
from waterbal.capacity.nearby import first_step
from waterbal.capacity.question import Question
from waterbal.capacity.search import NEAR, STATUS, Found, Options, Search, run
from waterbal.capacity.side_by_side import share, side_by_side
from waterbal.capacity.trial import MINIMUM_FLOW, Ground, building
from waterbal.scenarios.measures import Measure, with_required

EXHAUSTIVE = 128
"""Sets of measures at most that are all tried; beyond that only what the greedy search leads to."""


@dataclass(frozen=True)
class Relief:
    """What measures carry more."""

    measures: tuple[str, ...]
    """With what they require, as far as the future does not have that already."""
    cost: float
    """[1e4 yuan/yr]; nan where that of one is not known."""
    lead_years: float
    """[yr], the longest of them; nan where that of one is not known."""
    found: Found
    """The capacity with them."""
    stopped_by: str
    """What binds next: the requirement that fails beyond, or the limit that is not water; empty if nothing does."""
    change: float
    """Change of the scale [-]; from the smallest scale there is where nothing held before, to it where nothing does
    now. 0 within the tolerance; infinite where nothing stops the growth any more, minus infinite where something only
    stops it now."""
    present: bool = False
    """Whether the future has them already: with them on top every number of the model is the same."""

    @property
    def per_cost(self) -> float:
        """Change of the scale per cost [1/(1e4 yuan/yr)]; infinite for what costs nothing and helps."""
        if self.cost > 0.0:
            return self.change / self.cost
        return np.inf if self.cost == 0.0 and self.change > 0.0 else np.nan


@dataclass(frozen=True)
class Portfolio:
    """Measures that go best together within a budget."""

    budget: float
    """[1e4 yuan/yr]"""
    best: Relief | None
    """None if nothing within the budget helps."""
    greedy: tuple[str, ...]
    """Measures in the order in which the greedy search takes them."""
    exhaustive: bool
    """Whether every set within the budget was tried."""
    tried: int
    """Sets tried."""
    unpriced: tuple[str, ...] = ()
    """Measures that are left out because their cost is not known."""


class Reliefs:
    """Capacities with measures; each set of measures is searched once."""

    def __init__(
        self,
        cases: Cases,
        measures: dict[str, Measure],
        realizations: int,
        direction: str,
        base: Found,
        options: Options,
        threads: int | None = None,
        known: Mapping[str, Measure] | None = None,
    ) -> None:
        """Prepare.

        Parameters
        ----------
        cases : callable
            Gives the case of the future with measures on top.
        measures : dict
            Measures by id.
        realizations : int
            Records.
        direction : str
            Direction of the capacity.
        base : Found
            The capacity without measures.
        options : Options
            How thoroughly is searched.
        threads : int, optional
            Threads of the kernel.
        known : mapping, optional
            Measures that others may require, offered or not.
        """
        self.known = known or measures
        self.cases, self.measures, self.realizations = cases, measures, realizations
        self.direction, self.base, self.options, self.threads = direction, base, options, threads
        self.runs = 0
        self._known: dict[frozenset[str], Relief] = {}
        self._content = b""
        self._has = in_place(cases, self.known)

    @property
    def _step(self) -> float:
        """Largest difference of two changes that tells nothing [-]."""
        return self.options.tolerance * (1.0 + NEAR)

    def of(self, names: Sequence[str]) -> Relief:
        """Return what some measures carry more, with those that they require."""
        return self.of_each([names])[0]

    def of_each(
        self, sets: Sequence[Sequence[str]], progress: Callable[[int, int], None] | None = None
    ) -> list[Relief]:
        """Return what each set of measures carries more, with those that they require; searches go side by side."""
        keys = [frozenset(with_required(tuple(names), self.known)) for names in sets]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        at_once, threads = share(self.threads, self.realizations, len(new))
        tasks = [partial(self._search, tuple(n for n in self.known if n in key), threads) for key in new]
        self._known |= dict(zip(new, side_by_side(tasks, at_once, progress), strict=True))
        return [self._known[key] for key in keys]

    def _search(self, names: tuple[str, ...], threads: int) -> Relief:
        with building:
            ground = Ground(self.cases(names), self.realizations, threads).ready()
            self._content = self._content or Ground(self.cases(()), self.realizations).content
        low, _, high, _ = ground.question.room(self.direction)
        guess = self.base.scale if np.isfinite(self.base.scale) else low
        search = Search(self.direction, -1, low, high, guess, first_step(guess))
        present = ground.content == self._content
        found = self.base if present else run([search], trials(ground), self.options)[0]
        with building:
            self.runs += ground.count.runs
        names = to_build(names, self.known, self._has)
        leads = [self.known[name].lead_years for name in names]
        return Relief(
            names,
            self._cost(names),
            max(leads, default=0.0) if None not in leads else np.nan,  # type: ignore[type-var,arg-type]
            found,
            _stopped_by(ground.question, found, search),
            change_of(self.base, found, low, self.options.tolerance),
            present,
        )

    def each(self, progress: Callable[[int, int], None] | None = None) -> list[Relief]:
        """Return what each measure alone carries more, most per cost first; those without a cost follow by change."""
        found = self.of_each([[name] for name in self.measures], progress)

        def rank(relief: Relief) -> tuple[int, float, float]:
            helps = relief.change > self.options.tolerance
            known = np.isfinite(relief.cost)
            return (
                0 if helps and known else 1 if helps else 2,
                -np.nan_to_num(relief.per_cost if known else relief.change),
                relief.cost if helps and known else 0.0,
            )

        return sorted(found, key=rank)

    def portfolio(self, budget: float) -> Portfolio:
        """Return the measures that carry most within a budget; of those the search cannot tell apart, the cheapest.

        Where the sets within the budget are few, all are tried. Else a greedy search takes the measure with the largest
        change per cost in the presence of those taken before, as long as the budget lasts; it begins with nothing, and
        with the two best pairs, so that two which help only together are found. Another begins with all measures and
        leaves out the one that is worth least per cost. A better set may be missed.

        Parameters
        ----------
        budget : float [1e4 yuan/yr]

        Raises
        ------
        UsageError
            If the budget is below the cheapest measure, or no measure has a cost.
        """
        costs = {name: self._cost([name]) for name in self.measures}
        priced = [name for name, cost in costs.items() if np.isfinite(cost)]
        refuse_budget(costs, budget)
        greedy = self._greedy(priced, budget, [])
        sets = (
            [
                chosen
                for size in range(1, len(priced) + 1)
                for chosen in itertools.combinations(priced, size)
                if self._cost(chosen) <= budget and set(chosen) == set(with_required(chosen, self.known))
            ]
            if 2 ** len(priced) <= 4096
            else []
        )
        exhaustive = 0 < len(sets) <= EXHAUSTIVE
        if not exhaustive:
            starts = self._best_pairs(priced, budget)
            sets = [tuple(self._greedy(priced, budget, start)) for start in starts] + [tuple(greedy)]
            sets = [taken[:k] for taken in dict.fromkeys(sets) for k in range(1, len(taken) + 1)]
            sets += [chosen for chosen in self._shrinking(priced) if self._cost(chosen) <= budget]
        reliefs = self.of_each(sets)
        helping = [relief for relief in reliefs if relief.change > self.options.tolerance]
        largest = max((relief.change for relief in helping), default=0.0) - self._step
        best = min(
            (relief for relief in helping if relief.change >= largest),
            key=lambda relief: (relief.cost, -relief.change),
            default=None,
        )
        unpriced = tuple(name for name in self.measures if name not in priced)
        return Portfolio(budget, best, tuple(greedy), exhaustive, len(self._known), unpriced)

    def _cost(self, names: Sequence[str]) -> float:
        return cost_of(names, self.known, self._has)

    def _shrinking(self, priced: Sequence[str]) -> list[tuple[str, ...]]:
        """Leave out the measure that is worth least per cost, with those that require it, again and again."""
        taken = with_required(tuple(priced), self.known)
        found = []
        while taken:
            found.append(taken)
            left = dict.fromkeys(self._without(taken, out) for out in taken)
            losses = zip(self.of_each([taken, *left])[1:], left, strict=True)
            taken = min(losses, key=partial(self._loss, taken))[1]
        return found

    def _without(self, taken: Sequence[str], out: str) -> tuple[str, ...]:
        """Leave out a measure and those that require it."""
        return tuple(name for name in taken if out not in with_required((name,), self.known))

    def _loss(self, taken: Sequence[str], left: tuple[Relief, tuple[str, ...]]) -> tuple[float, float]:
        """Return by how much less is carried per cost with fewer measures, and the cost, by which they are ranked."""
        lost, saved = self.of(taken).change - left[0].change, self._cost(taken) - self._cost(left[1])
        lost = lost if lost > self._step else 0.0
        return (lost / saved if saved > 0.0 else np.inf if lost else 0.0, -saved)

    def _best_pairs(self, priced: Sequence[str], budget: float) -> list[tuple[str, ...]]:
        """Give the pair of measures that carries most per cost, and the one that carries most, if pairs are few."""
        pairs = [with_required(pair, self.known) for pair in itertools.combinations(priced, 2)]
        pairs = [pair for pair in dict.fromkeys(pairs) if self._cost(pair) <= budget]
        if not 0 < len(pairs) <= EXHAUSTIVE:
            return []
        found = list(zip(self.of_each(pairs), pairs, strict=True))
        by_cost = max(found, key=lambda one: np.nan_to_num(one[0].per_cost, nan=-np.inf))[1]
        return list(dict.fromkeys([by_cost, max(found, key=lambda one: one[0].change)[1]]))

    def _greedy(self, priced: Sequence[str], budget: float, start: Sequence[str]) -> list[str]:
        """Take the measure that carries most per cost, again and again."""
        taken = list(start)
        while True:
            before = self.of(taken).change if taken else 0.0
            left = [n for n in priced if n not in taken and self._cost([*taken, n]) <= budget]
            steps = []
            for name, relief in zip(left, self.of_each([[*taken, n] for n in left]), strict=True):
                gain = relief.change - before
                extra = self._cost([*taken, name]) - (self._cost(taken) if taken else 0.0)
                if gain > self._step:
                    steps.append((gain / extra if extra > 0.0 else np.inf, -extra, name))
            if not steps:
                return taken
            best = max(steps)[-1]
            taken = list(with_required((*taken, best), self.known))


def change_of(base: Found, found: Found, low: float, tolerance: float) -> float:
    """Return what a measure changes of the scale that is carried.

    Parameters
    ----------
    base, found : Found
        Capacity without and with the measure.
    low : float
        Smallest scale there is, which stands for a capacity where nothing holds [-].
    tolerance : float
        Largest error of a scale [-].

    Returns
    -------
    float [-]
        As ``Relief.change``.
    """
    before, after = (
        np.inf if STATUS[one.status] == "unbounded" else one.scale if np.isfinite(one.scale) else low
        for one in (base, found)
    )
    if STATUS[found.status] == "infeasible_at_zero":
        after = min(after, before)  # a floor is no scale that is carried
    if before == after or (np.isfinite(base.scale) and abs(after - before) <= tolerance * (1.0 + NEAR)):
        return 0.0  # each of the two scales is known to within the tolerance
    return float(after - before)


def _stopped_by(question: Question, found: Found, search: Search) -> str:
    """Name what stops a capacity."""
    if STATUS[found.status] == "limited":
        return question.room(search.direction)[3]
    if found.item == MINIMUM_FLOW:
        return "minimum flow"
    return question.requirements[found.item].id if found.item >= 0 else ""
