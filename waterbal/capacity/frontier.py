"""The frontier of what the water carries together: the largest scale along many rays, and plans on it.

The largest amount of each driver alone, with the others at plan (单项极限), is an alternative to the others of its
kind: two of them never hold at once, which is why the frontier is what is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from waterbal.capacity.frontier_check import refuse
from waterbal.capacity.judging import WAVE, failure, worst_first
from waterbal.capacity.question import Direction, Question
from waterbal.capacity.search import INFEASIBLE, Found, Holds, Options, Search, run
from waterbal.capacity.trial import MINIMUM_FLOW, Ground, every
from waterbal.model.base import Label
from waterbal.model.rows import Floats, Ints

DIRECTIONS = 17
"""Rays of a frontier: of a pair every 5.625 degrees, the plan in the middle."""
INSIDE, OUTSIDE, BEYOND = "inside", "outside", "beyond_a_failure"
"""Where a plan lies: all that is smaller holds too; it does not hold; it holds, but something smaller does not."""


@dataclass(frozen=True)
class Point:
    """What is carried along one ray."""

    along: Mapping[str, float]
    """Driver -> factor per unit of the scale, the largest of a ray of the frontier being 1; others stay at plan [-]."""
    found: Found
    """Answer of the search."""
    amounts: Mapping[str, float]
    """Amount of every driver, nan where nothing is carried [unit of the driver]."""
    requirement: str
    """Path of the requirement that fails first beyond it; empty where a limit that is not water binds."""
    limit: str
    """Limit that is not water and that binds; empty if none does."""
    dominated: bool = False
    """Whether another point has more of one driver and no less of any."""
    raised: bool = False
    """Whether another point has more of every driver though water stops this one: more of one lets more of another."""


@dataclass(frozen=True)
class PlanPoint:
    """A plan seen from the frontier."""

    amounts: Mapping[str, float]
    """Amount of every driver; those that are not on the frontier stay at the plan of this case."""
    point: Point
    """What is carried along the ray through the plan, which has scale 1 on it."""
    place: str
    """``inside``, ``outside`` or ``beyond_a_failure``."""


@dataclass(frozen=True)
class Frontier:
    """What is carried together."""

    drivers: tuple[str, ...]
    question: Question
    points: tuple[Point, ...]
    """Along rays from the origin, from the last driver of a pair to the first."""
    alternatives: Mapping[str, Point]
    """Driver -> largest amount with all others at plan (单项极限); alternatives, never simultaneous."""
    plans: Mapping[str, PlanPoint]
    """Plans of other cases by name."""
    tolerance: float
    """Of the scales [-]."""

    @property
    def monotone(self) -> bool:
        """Whether more of one driver never lets the water carry more of another, as far as the rays tell."""
        return not any(point.raised for point in self.points)

    @property
    def non_monotone(self) -> bool:
        """Whether along some ray something larger holds than the first that fails."""
        return any(point.found.non_monotone for point in self.points)


def frontier(
    ground: Ground,
    drivers: Sequence[str],
    directions: int = DIRECTIONS,
    options: Options | None = None,
    plans: Mapping[str, Mapping[str, float]] | None = None,
    known: Mapping[str, Found] | None = None,
) -> Frontier:
    """Search the frontier of some drivers; the others stay at plan.

    Parameters
    ----------
    ground : Ground
        Scenario.
    drivers : sequence of str
        Two drivers or more.
    directions : int
        Number of rays.
    options : Options, optional
        How thoroughly is searched.
    plans : mapping, optional
        Name -> amount of every driver of the frontier, as ``plan_amounts`` gives it for another case.
    known : mapping, optional
        Direction of the question -> answer of all records together. A ray that is such a direction has that answer and
        is not searched again: another search ends elsewhere within the tolerance.

    Raises
    ------
    UsageError
        If there are fewer than two drivers, one that does not exist or has no amount, or fewer than three rays.
    ConfigError
        If the sample is too small for a rate that is required.
    """
    options = options or Options()
    asked, plans = ground.question, plans or {}
    refuse(asked, drivers, directions, plans)
    ground.refuse_unsupported(alone=False)
    along = {f"ray {k}": ray for k, ray in enumerate(rays(drivers, directions))}
    along |= {f"alone {id}": {id: 1.0} for id in drivers}
    along |= {f"plan {name}": _factors(asked, drivers, amounts) for name, amounts in plans.items()}
    question = replace(
        asked, directions={id: Direction(id, Label(zh=id, en=id), ray) for id, ray in along.items()}
    )
    points = search_rays(ground, question, options, _answered(asked, along, known or {}))
    own = [points[f"ray {k}"] for k in range(directions)]
    reach = {id: 2.0 * options.tolerance * question.drivers[id].amount for id in drivers}
    flagged = [
        replace(
            point,
            dominated=any(_dominates(other, point, reach) for other in own),
            raised=not point.limit and any(_exceeds(other, point, reach) for other in own),
        )
        for point in own
    ]
    return Frontier(
        tuple(drivers), question, tuple(flagged), {id: points[f"alone {id}"] for id in drivers},
        {name: _placed(points[f"plan {name}"], f"plan {name}", question) for name in plans}, options.tolerance,
    )  # fmt: skip


def pair_frontiers(
    ground: Ground,
    directions: int = DIRECTIONS,
    options: Options | None = None,
    plans: Mapping[str, Mapping[str, float]] | None = None,
    known: Mapping[str, Found] | None = None,
) -> dict[tuple[str, str], Frontier]:
    """Search the frontier of every pair of drivers that grow, the others at plan; parameters as for ``frontier``."""
    growing = [id for id, driver in ground.question.drivers.items() if driver.amount > 0.0]
    return {
        pair: frontier(ground, pair, directions, options, plans, known) for pair in combinations(growing, 2)
    }


def plan_amounts(question: Question) -> dict[str, float]:
    """Return the amount of every driver at plan."""
    return {id: float(driver.at(1.0)) for id, driver in question.drivers.items()}


def rays(drivers: Sequence[str], count: int) -> list[dict[str, float]]:
    """Return rays into the space where all drivers grow, the same every time.

    Two drivers: equal angles from the last alone to the first alone, in parts of the plan. More: points of the Sobol
    sequence (1967) as quantiles of half-normal numbers, whose directions are spread evenly; the first is the plan.

    Parameters
    ----------
    drivers : sequence of str
        Drivers.
    count : int
        Number of rays.

    Returns
    -------
    list of dict
        Driver -> factor per unit of the scale [-], the largest being 1.
    """
    if len(drivers) == 2:
        angle = np.linspace(0.0, 0.5 * np.pi, count)
        made = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        made[0, 0] = made[-1, 1] = 0.0
    else:
        from scipy.stats import norm, qmc

        engine = qmc.Sobol(len(drivers), scramble=False).fast_forward(1)
        made = norm.ppf(0.5 + 0.5 * engine.random(count))
    made = made / made.max(axis=1, keepdims=True)
    return [dict(zip(drivers, map(float, row), strict=True)) for row in made]


def _answered(
    asked: Question, along: Mapping[str, Mapping[str, float]], known: Mapping[str, Found]
) -> dict[str, Found]:
    """Give the rays whose answer is known, because they are directions along which everything is judged."""
    whole = [id for id in known if asked.judged(id).all()]
    return {
        ray: known[id]
        for ray, factors in along.items()
        for id in whole
        if _alike(asked.directions[id].along, factors)
    }


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Tell whether the same drivers grow in the same way."""
    return one.keys() == other.keys() and all(math.isclose(one[id], other[id]) for id in one)


def search_rays(
    ground: Ground, question: Question, options: Options, known: Mapping[str, Found] | None = None
) -> dict[str, Point]:
    """Search along every direction of a question at once, all records judged together.

    Parameters
    ----------
    ground : Ground
        Scenario.
    question : Question
        Its question, with the directions to be searched; all requirements count along them.
    options : Options
        How thoroughly.
    known : mapping, optional
        Direction -> answer that is known already.
    """
    known = known or {}
    room = {id: question.room(id) for id in question.directions}
    open_ = {
        id: Search(id, -1, low, high)
        for id, (low, _, high, _) in room.items()
        if low <= high and id not in known and not _only_the_origin(question, id, high)
    }
    answers = {**known} | dict(
        zip(open_, run(list(open_.values()), together(ground, question), options), strict=True)
    )
    found = {}
    for id, direction in question.directions.items():
        _, below, high, above = room[id]
        # where limits leave nothing the one that asks for the least stops it
        answer = answers.get(id) or Found(status=INFEASIBLE, limit=above or below)
        if np.isfinite(high) and answer.scale >= high and answer.status != INFEASIBLE:
            answer.limit = above
        nothing = dict.fromkeys(question.drivers, np.nan)
        amounts = question.amounts(id, answer.scale) if np.isfinite(answer.scale) else nothing
        found[id] = Point(
            direction.along, answer, amounts, "" if answer.limit else _name(question, answer), answer.limit
        )
    return found


def _only_the_origin(question: Question, id: str, high: float) -> bool:
    """Tell whether a limit such as people per area holds along a ray at its origin alone, where nothing grows.

    Of one driver alone the others stay at plan, so that none of it is an amount like any other.
    """
    along = question.directions[id].along
    if high > 0.0 or len(along) < 2:
        return False
    amounts = question.amounts(id, 0.0)
    return not any(amounts[driver] > 0.0 for driver in along)


def _name(question: Question, found: Found) -> str:
    """Give the path of the requirement that fails first."""
    if found.item == MINIMUM_FLOW:
        return "minimum flow"
    return question.requirements[found.item].id if found.item >= 0 else ""


def together(ground: Ground, question: Question) -> Holds:
    """Give trials in which all searches are simulated side by side, and all records of each are judged together.

    Parameters
    ----------
    ground : Ground
        Scenario.
    question : Question
        Its question with the directions that are searched.
    """
    rows = ground.case.rows()
    counts = np.ones(len(question.requirements), dtype=np.bool_)
    pooled = ground.records > 1
    allowed = ground.allowed_in_all if pooled else ground.allowed[0]
    order: dict[str, Ints] = {}

    def holds(searches: Sequence[Search], scales: Sequence[float]) -> list[bool]:
        missed = np.zeros((len(searches), allowed.size), dtype=np.int64)
        left = list(range(len(searches)))
        for first, last in ((0, WAVE), (WAVE, ground.records)):
            parts = [
                order.get(searches[k].direction, every(ground))[first : min(last, ground.records)]
                for k in left
            ]
            if not left or parts[0].size == 0:
                break
            needs, offers = _stacked(
                [(searches[k].direction, scales[k]) for k in left], parts, question, rows
            )
            trial = ground.trial_of(needs, offers, np.concatenate(parts), counts, pooled=pooled)
            going, end = [], 0
            for k, part in zip(left, parts, strict=True):
                own = slice(end, end := end + part.size)
                mine = trial.of(own)
                missed[k] += mine.missed.sum(axis=0)
                why = failure(mine, part, missed[k] - allowed)
                if why is None:
                    going.append(k)
                    continue
                searches[k].why[scales[k]] = why
                rest = order.get(searches[k].direction, every(ground))
                order[searches[k].direction] = worst_first(rest, part, mine.missed)
            left = going
        return [k in left for k in range(len(searches))]

    return holds


def _stacked(
    wanted: Sequence[tuple[str, float]], parts: Sequence[Ints], question: Question, rows: object
) -> tuple[Floats, Floats]:
    """Put the factors of all members of all searches below each other."""
    pairs = [
        question.scales(direction, np.full(part.size, scale), rows)  # type: ignore[arg-type]
        for (direction, scale), part in zip(wanted, parts, strict=True)
    ]
    return np.concatenate([needs for needs, _ in pairs]), np.concatenate([offers for _, offers in pairs])


def _more(other: Point, point: Point, reach: Mapping[str, float]) -> Floats:
    """Give how much more of each driver another point has, in parts of what the search cannot tell."""
    return np.array([(other.amounts[id] - point.amounts[id]) / slack for id, slack in reach.items()])


def _dominates(other: Point, point: Point, reach: Mapping[str, float]) -> bool:
    """Tell whether another point has more of one driver and no less of any."""
    more = _more(other, point, reach)
    return bool((more >= -1.0).all() and (more > 1.0).any())


def _exceeds(other: Point, point: Point, reach: Mapping[str, float]) -> bool:
    """Tell whether another point has more of every driver."""
    return bool((_more(other, point, reach) > 1.0).all())


def _factors(question: Question, drivers: Sequence[str], amounts: Mapping[str, float]) -> dict[str, float]:
    """Give the factors on what grows at which drivers have some amounts."""
    return {id: (amounts[id] - question.drivers[id].fixed) / question.drivers[id].amount for id in drivers}


def _placed(point: Point, id: str, question: Question) -> PlanPoint:
    """Tell where a plan lies."""
    low, _, high, _ = question.room(id)
    tried, fails = point.found.tried, point.found.fails
    held = low <= 1.0 <= high and tried.get(1.0, point.found.scale >= 1.0)
    place = OUTSIDE if not held else BEYOND if fails < 1.0 else INSIDE
    return PlanPoint(question.amounts(id, 1.0), point, place)
