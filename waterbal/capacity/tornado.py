"""Which uncertain inputs a capacity depends on: one at a time from low to high, and all at once over samples.

The first shows how far each can move the capacity while all others stay (tornado). The second counts what they do
together: first-order share of the variance by RBD-FAST (Tarantola et al. 2006; Plischke 2010), the moment-independent
delta (Borgonovo 2007; Plischke et al. 2013), and the elementary effects of Morris (1991), all by SALib.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from waterbal.api import Case
from waterbal.capacity.judging import trials
from waterbal.capacity.nearby import first_step
from waterbal.capacity.one_plan import SAME, in_plan
from waterbal.capacity.question import Question
from waterbal.capacity.resampling import known_direction
from waterbal.capacity.search import INFEASIBLE, UNBOUNDED, Found, Options, Search, run
from waterbal.capacity.side_by_side import share, side_by_side
from waterbal.capacity.trial import Ground, building
from waterbal.errors import Issue, Message, UsageError
from waterbal.model.base import Label
from waterbal.model.overrides import Change
from waterbal.model.rows import Floats
from waterbal.scenarios.sampling import Factor, Margin, values_of
from waterbal.scenarios.study import Study

TAIL = 0.01
"""Quantile that stands for the end of a range that has none [-]."""
NO_UNIT = "-"
"""Unit of values that have none, as tables of parameters write it."""


@dataclass(frozen=True)
class Carried:
    """Capacity under one set of inputs."""

    found: Found
    value: float
    """Amount of the driver that grows; the scale where several grow. 0 where the requirements do not hold at the
    smallest scale there is, so that nothing is carried; inf where nothing stops it."""
    plan: tuple[float, ...] = ()
    """Amounts at plan of the drivers that grow; empty where they are not known."""

    @property
    def extreme(self) -> bool:
        """Whether nothing is carried, or nothing stops it."""
        return self.found.status in (INFEASIBLE, UNBOUNDED)


@dataclass(frozen=True)
class Bar:
    """Capacity at both ends of the range of one input."""

    factor: str
    name: Label
    low: float
    """Value at the lower end, in the planning year; its quantile, 0, where the input has no range in that year."""
    high: float
    at_low: Carried
    at_high: Carried
    unit: str | None = ""
    """Unit of the values; ``-`` for values without one, empty for factors, None where they are quantiles."""
    source: str = ""
    """Where the range comes from."""
    grade: str = "assumed"
    """Grade of the range."""
    moves_plan: bool = False
    """Whether the input changes the plan that the capacities are multiples of, so that they cannot be compared."""

    @property
    def swing(self) -> float:
        """Distance of the two capacities; 0 where nothing stops either."""
        if self.at_low.value == self.at_high.value:
            return 0.0
        return abs(self.at_high.value - self.at_low.value)

    @property
    def extreme(self) -> bool:
        """Whether at one end nothing is carried, or nothing stops it."""
        return self.at_low.extreme or self.at_high.extreme


@dataclass(frozen=True)
class Tornado:
    """Inputs one at a time, the largest swing first."""

    direction: str
    driver: str
    """Driver whose amount is told; empty where scales are."""
    nominal: Carried
    bars: tuple[Bar, ...]
    """The largest swing first, at the end those that change the plan itself."""


@dataclass
class Nominal:
    """A scenario with its uncertain inputs as they are, ready to have any of them changed."""

    study: Study
    number: int
    """Scenario; any sample of it will do."""
    direction: str
    realizations: int
    options: Options = field(default_factory=lambda: Options(audit_below=5, audit_above=2))
    threads: int | None = None
    runs: int = 0
    """Members simulated so far."""

    def __post_init__(self) -> None:
        """Take the sampled changes out of the scenario.

        Raises
        ------
        UsageError
            If the study has no sampled inputs or no such scenario.
        """
        if not self.study.factors:
            expected = Message(
                "情景文件中含 'factors' 的 'sampling' 一节",
                "a section 'sampling' with 'factors' in the scenario file",
            )
            raise UsageError(
                Issue(
                    Message("没有不确定参数", "no input is uncertain"),
                    "sampling",
                    str(self.study.path),
                    expected=expected,
                )
            )
        if not 0 <= self.number < len(self.study.scenarios):
            expected = Message(
                f"0 至 {len(self.study.scenarios) - 1}", f"0 to {len(self.study.scenarios) - 1}"
            )
            raise UsageError(
                Issue(
                    Message(f"没有第 {self.number} 个方案", f"there is no scenario {self.number}"),
                    expected=expected,
                )
            )
        own = self.study.scenarios[self.number]
        count = sum(len(factor.targets) for factor in self.study.factors) if own.sample else 0
        plain = replace(own, edits=own.edits[: len(own.edits) - count], sampled={}, sample=None)
        self.plain = replace(self.study, scenarios=(plain,), baseline=0)
        self._near: Found | None = None

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Uncertain inputs."""
        return self.study.factors

    def carried(self, edits: Sequence[Change] = ()) -> Carried:
        """Search the capacity after some changes; the first that is found is where later searches begin.

        Raises
        ------
        UsageError
            If there is no such direction.
        ConfigError
            If a changed model is not valid, or the sample is too small for a rate that is required.
        """
        return self._search(partial(self.plain.case, 0, edits=edits), self.threads)

    def at(self, places: Sequence[Mapping[str, float]]) -> list[Carried]:
        """Search the capacity with some inputs at quantiles of their ranges, the others as they are, for each place.

        Scales are multiples of the plan as it is, also where an input changes the plan: see ``in_plan``.
        """
        by_id = {factor.id: factor for factor in self.factors}
        edits = [
            [change for id, q in place.items() for change in at_quantile(by_id[id], q)] for place in places
        ]
        return self._each([partial(self.plain.case, 0, edits=own) for own in edits], one_plan=True)

    def of_samples(
        self,
        sampled: Sequence[tuple[Mapping[str, float], Found]],
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Floats, list[Carried]]:
        """Bring capacities of samples of this scenario to one measure, so that they can be compared.

        Where one driver grows that is its amount. Where several do there is no single amount: it is the multiple of
        the plan as it is, and samples that have another plan are searched again in the proportions of that one.

        Parameters
        ----------
        sampled : sequence of (mapping, Found)
            Inputs of each sample and the capacity that was searched, in multiples of its own plan.
        progress : callable, optional
            Called with (searches done, searches in all).

        Returns
        -------
        ndarray (sample, factor), list of Carried
            Values of the inputs, or quantiles where one moves several ranges, and capacities.
        """
        own = self.study.scenarios[self.number].values
        numbers = {_place(s.sampled): s.number for s in self.study.scenarios if s.sample and s.values == own}
        mine = [numbers[_place(values)] for values, _ in sampled]
        with building:
            questions = [Ground(self.study.case(number), self.realizations).question for number in mine]
        moved = [
            k
            for k, question in enumerate(questions)
            if not driver_of(question, self.direction)
            and in_plan(question, self.direction, self.amounts) is not question
        ]
        again = self._each([partial(self.study.case, mine[k]) for k in moved], progress, one_plan=True)
        anew = dict(zip(moved, again, strict=True))
        inputs = np.array([[values[factor.id] for factor in self.factors] for values, _ in sampled])
        return inputs, [
            anew[k]
            if k in anew
            else Carried(found, _value(question, self.direction, found), _plan(question, self.direction))
            for k, (question, (_, found)) in enumerate(zip(questions, sampled, strict=True))
        ]

    @cached_property
    def amounts(self) -> Mapping[str, float]:
        """What grows of every driver at the plan as it is, in its unit."""
        with building:
            question = Ground(self.plain.case(0), self.realizations).question
        return {id: driver.amount for id, driver in question.drivers.items()}

    def carried_each(
        self, edits: Sequence[Sequence[Change]], progress: Callable[[int, int], None] | None = None
    ) -> list[Carried]:
        """Search the capacity after each of several sets of changes; see ``carried``."""
        return self._each([partial(self.plain.case, 0, edits=own) for own in edits], progress)

    def _each(
        self,
        cases: Sequence[Callable[[], Case]],
        progress: Callable[[int, int], None] | None = None,
        *,
        one_plan: bool = False,
    ) -> list[Carried]:
        """Search the capacity of each case side by side, once it is known where searches begin."""
        found: list[Carried] = []
        while len(found) < len(cases) and self._near is None:
            found.append(self._search(cases[len(found)], self.threads, one_plan=one_plan))
            if progress is not None:
                progress(len(found), len(cases))
        left, first = cases[len(found) :], len(found)
        at_once, threads = share(self.threads, self.realizations, len(left))
        told = None if progress is None else lambda done, _: progress(first + done, len(cases))
        tasks = [partial(self._search, case, threads, one_plan=one_plan) for case in left]
        return found + side_by_side(tasks, at_once, told)

    def _search(self, case: Callable[[], Case], threads: int | None, *, one_plan: bool = False) -> Carried:
        """Search one capacity, in multiples of the plan of the case or of the one plan that is as it is."""
        with building:
            ground = Ground(case(), self.realizations, threads)
            question = ground.question
            known_direction(question, self.direction)
            ground.refuse_unsupported(alone=False)
            if one_plan and not driver_of(question, self.direction):
                question = in_plan(question, self.direction, self.amounts)
                ground = ground if question is ground.question else ground.asking(question)
        low, _, high, above = question.room(self.direction)
        if low > high:
            plan = _plan(question, self.direction)
            return Carried(Found(status=INFEASIBLE, limit=above), 0.0, plan)
        search = Search(self.direction, -1, low, high)
        if self._near is not None:
            search.guess, search.step = self._near.scale, first_step(self._near.scale)
        found = run([search], trials(ground.ready()), self.options)[0]
        if np.isfinite(high) and found.scale >= high:
            found.limit = above
        if self._near is None and np.isfinite(found.scale):
            self._near = found
        with building:
            self.runs += ground.count.runs
        return Carried(found, _value(question, self.direction, found), _plan(question, self.direction))


def driver_of(question: Question, direction: str) -> str:
    """Return the driver that alone grows along a direction, empty if several do."""
    growing = [id for id, factor in question.directions[direction].along.items() if factor > 0.0]
    return growing[0] if len(growing) == 1 else ""


def _place(sampled: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Give the inputs of a sample in an order of their own, to find it by."""
    return tuple(sorted(sampled.items()))


def _plan(question: Question, direction: str) -> tuple[float, ...]:
    """Give the amounts at plan of the drivers that grow along a direction."""
    along = question.directions[direction].along
    return tuple(float(question.drivers[id].at(1.0)) for id, factor in along.items() if factor > 0.0)


def _value(question: Question, direction: str, found: Found) -> float:
    """Give the amount of the driver that grows, or the scale where several do."""
    if found.status in (UNBOUNDED, INFEASIBLE):
        return np.inf if found.status == UNBOUNDED else 0.0
    driver = driver_of(question, direction)
    return question.amounts(direction, found.scale)[driver] if driver else found.scale


def at_quantile(factor: Factor, quantile: float) -> list[Change]:
    """Return the changes that put an input at a quantile of each of its ranges.

    Parameters
    ----------
    factor : Factor
        Input.
    quantile : float
        From 0 to 1; the ends of a range that has none are at 0.01 and 0.99 [-].
    """
    return [_set(factor, change, _quantile(factor, margin, quantile)) for change, margin in factor.targets]


def _quantile(factor: Factor, margin: Margin, quantile: float) -> float:
    """Give the value at a quantile; the ends are those of the range, or of the values that may be drawn."""
    spec = factor.spec
    if spec.distribution == "discrete":
        weights = spec.weights or [1.0] * len(spec.values or ())
        drawn = [value for value, weight in zip(spec.values or (), weights, strict=True) if weight > 0.0]
        if quantile in (0.0, 1.0):
            return float(min(drawn) if quantile == 0.0 else max(drawn))
    else:
        if quantile == 0.0 and np.isfinite(margin.low):
            return margin.low
        if quantile == 1.0 and np.isfinite(margin.high):
            return margin.high
        least = 0.0 if np.isfinite(margin.low) else TAIL
        most = 1.0 if np.isfinite(margin.high) else 1.0 - TAIL
        quantile = min(max(quantile, least), most)
    return float(values_of(spec, margin, np.array([quantile]))[0])


def _set(factor: Factor, change: Change, value: float) -> Change:
    """Give a change its value, with the unit that a place in the model needs."""
    unit = "" if change.parameter or change.times else factor.spec.unit
    return replace(change, value=f"{value!r} {unit}" if unit else value)


def tornado(nominal: Nominal, progress: Callable[[int, int], None] | None = None) -> Tornado:
    """Move each uncertain input from the low to the high end of its range while the others stay as they are.

    Parameters
    ----------
    nominal : Nominal
        Scenario, direction and inputs.
    progress : callable, optional
        Called with (searches done, searches in all).
    """
    base = nominal.carried()
    own = Ground(nominal.plain.case(0), 1)
    driver, year = driver_of(own.question, nominal.direction), int(own.case.rows().axis.planning_year[-1])
    bars = []
    sides = [at_quantile(factor, side) for factor in nominal.factors for side in (0.0, 1.0)]
    carried = nominal.carried_each(sides, progress)
    for number, factor in enumerate(nominal.factors):
        ends = carried[2 * number : 2 * number + 2]
        bars.append(_bar(factor, year, ends, moves_plan=not driver and _moved(base, ends)))
    order = sorted(bars, key=lambda bar: (bar.moves_plan, -bar.swing))
    return Tornado(nominal.direction, driver, base, tuple(order))


def _bar(factor: Factor, year: int, ends: Sequence[Carried], *, moves_plan: bool) -> Bar:
    """Describe an input by its range in the planning year."""
    own = [margin for change, margin in factor.targets if str(year) in change.path.split(".")]
    margin = own[0] if own else factor.targets[0][1]
    ranged = factor.shared or bool(own)
    low, high = (_quantile(factor, margin, side) if ranged else side for side in (0.0, 1.0))
    unit = margin.unit or (NO_UNIT if factor.spec.times is None else "")
    return Bar(
        factor.id, factor.name, low, high, ends[0], ends[1],
        unit if ranged else None, margin.source, margin.grade, moves_plan,
    )  # fmt: skip


def _moved(base: Carried, ends: Sequence[Carried]) -> bool:
    """Tell whether the plan of a driver that grows is another at an end."""
    return any(not np.allclose(base.plan, end.plan, rtol=SAME, atol=0.0) for end in ends)
