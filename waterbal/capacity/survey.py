"""Capacities of many scenarios: along every direction, under one set of hydrologies, neighbours starting neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from waterbal.api import Case
from waterbal.capacity.binding import decisive_step, first_short
from waterbal.capacity.judging import trials
from waterbal.capacity.nearby import first_step
from waterbal.capacity.plan_limits import broken
from waterbal.capacity.question import Question, chosen, driver_number, rain_sources
from waterbal.capacity.search import LARGEST, Found, Options, Search, run
from waterbal.capacity.support import typical_years
from waterbal.capacity.trial import MINIMUM_FLOW, Ground, Trial, unsupported
from waterbal.errors import ConfigError, Issue, Message, UsageError
from waterbal.model.base import Label
from waterbal.model.rows import Ints, TimeAxis
from waterbal.model.setting import context_of
from waterbal.network.simulate import simulate
from waterbal.results.metrics import Bools

MULTIPLE = 4.0
"""Factor by which needs grow until what is supplied is called available [-]."""
SATURATED = 0.5
"""Share of the needs below which what is supplied of them is called available [-]."""


@dataclass(frozen=True)
class Subject:
    """One future whose capacities are asked for."""

    id: str
    name: Label
    case: Callable[[], Case]
    values: Mapping[str, object] = field(default_factory=dict)
    """Axis -> value, by which neighbours are known."""


@dataclass
class Answer:
    """Capacities of one future."""

    subject: Subject
    question: Question
    axis: TimeAxis
    found: dict[str, Found]
    """Direction -> what the search found, all records together."""
    alone: dict[str, list[Found]]
    """Direction -> the same for each record alone, where that was asked for."""
    plan: Trial
    """How each record meets the requirements at plan."""
    unsupported: tuple[str, ...]
    """Requirements whose rate a record alone is too short to support, so that no record can be judged alone."""
    allowed: Ints
    """ndarray (realization, item) misses that a record may have"""
    need: float
    """Mean yearly need at plan [1e4 m3/yr]."""
    supply: float
    """Water available: mean yearly supply if needs were far above the plan [1e4 m3/yr]; inf without limit."""
    records: int
    """Records that differ: one where nothing of the model depends on the sample."""
    runs: int
    """Members simulated for these answers."""
    steps: int
    """Steps simulated for these answers."""
    same_as: str = ""
    """Scenario with the same numbers throughout, whose answers these are."""

    @property
    def planning_year(self) -> int:
        """Planning year of the last step."""
        return int(self.axis.planning_year[-1])

    @property
    def naive(self) -> float:
        """Scale by the formula W / w: water available over need at plan, with the mix frozen [-]."""
        return self.supply / self.need if self.need > 0.0 else np.nan


@dataclass(frozen=True)
class Request:
    """What is asked of every future."""

    realizations: int
    directions: tuple[str, ...] = ()
    """Directions; all of the model if empty."""
    alone: tuple[str, ...] = ()
    """Directions along which every record is also judged alone."""
    options: Options = field(default_factory=Options)
    threads: int | None = None


def survey(
    subjects: Sequence[Subject], request: Request, progress: Callable[[int, int], None] | None = None
) -> list[Answer]:
    """Search the capacities of futures.

    Parameters
    ----------
    subjects : sequence of Subject
        Futures, in order.
    request : Request
        What is asked.
    progress : callable, optional
        Called with (searches done, searches in all).

    Returns
    -------
    list of Answer
        One per future; none depends on how many others there are, except for where its searches begin.

    Raises
    ------
    UsageError or ConfigError
        If a direction does not exist, or a rate is asked for that the sample cannot support.
    """
    answers: list[Answer] = []
    by_content: dict[bytes, Answer] = {}
    for number, subject in enumerate(subjects):
        ground = Ground(subject.case(), request.realizations, request.threads)
        wanted = directions_of(ground.question, request.directions)
        refuse(ground, alone=bool(request.alone))
        if ground.content in by_content:
            twin = by_content[ground.content]
            answers.append(_copy(twin, subject, ground.case.rows().axis))
        else:
            answers.append(answer(subject, ground, wanted, request, nearest(subject, answers)))
            by_content[ground.content] = answers[-1]
        if progress is not None:
            progress(number + 1, len(subjects))
    return answers


def answer(
    subject: Subject, ground: Ground, directions: Sequence[str], request: Request, near: Answer | None
) -> Answer:
    """Search the capacities of one future.

    Parameters
    ----------
    subject : Subject
        The future.
    ground : Ground
        Its realizations.
    directions : sequence of str
        Directions.
    request : Request
        What else is asked.
    near : Answer, optional
        Answers of a similar future, where searches begin.
    """
    holds = trials(ground.ready())
    searches = [begin(ground, direction, near) for direction in directions]
    found = dict(zip(directions, run(searches, holds, request.options), strict=True))
    for direction, one in found.items():
        one.step = decisive_step(ground, direction, one)
        one.short = first_short(ground, direction, one)
    alone: dict[str, list[Found]] = {}
    for direction in request.alone:
        searches = [around(ground, direction, k, found.get(direction)) for k in range(ground.realizations)]
        alone[direction] = run(searches, holds, request.options.coarser())
    plan = ground.plan()
    too_short = tuple(issue.where for issue in unsupported(ground, alone=True))
    need, supply = means(ground)
    return Answer(
        subject, ground.question, ground.case.rows().axis, found, alone, plan, too_short, ground.allowed, need, supply,
        ground.records, ground.count.runs, ground.count.steps,
    )  # fmt: skip


def begin(ground: Ground, direction: str, near: Answer | None = None) -> Search:
    """Return the search along a direction, which begins at the capacity of a similar future where there is one."""
    low, _, high, _ = ground.question.room(direction)
    found = None if near is None else near.found.get(direction)
    if found is None or not np.isfinite(found.scale):
        return Search(direction, -1, low, high)
    return Search(direction, -1, low, high, found.scale, first_step(found.scale))


def around(ground: Ground, direction: str, number: int, found: Found | None) -> Search:
    """Return the search of one record, which begins at the capacity of all."""
    low, _, high, _ = ground.question.room(direction)
    search = Search(direction, number, low, high)
    if found is not None and np.isfinite(found.scale):
        search.guess, search.step = found.scale, first_step(found.scale)
    return search


def means(ground: Ground) -> tuple[float, float]:
    """Return the mean yearly need at plan, and what is available: the supply once needs are far above it.

    Needs are multiples of the plan, more and more, until less than ``SATURATED`` of them is met. Records in which a
    minimum flow cannot be met are left out; nan where none is left. Supply that follows needs up to the largest scale
    that is tried is unlimited.

    Returns
    -------
    float, float [1e4 m3/yr]
    """
    multiple = 1.0
    need = supply = available = np.nan
    while multiple < LARGEST:
        multiple *= MULTIPLE
        need, supply = _mean_of(ground, multiple)
        available = supply
        if not supply >= SATURATED * multiple * need:
            break
        available = np.inf if need > 0.0 else supply
    return need, available


def _mean_of(ground: Ground, multiple: float) -> tuple[float, float]:
    """Return the mean yearly need at plan, and the supply if needs are a multiple of that [1e4 m3/yr]."""
    need = supply = 0.0
    records = 0
    for _, network, _ in ground.pieces:
        rows = network.rows
        count = network.members
        plenty = np.full((count, len(rows.demands)), multiple)
        totals = simulate(network, np.arange(count), plenty, keep=False, threads=ground.threads).totals
        good = totals.status == 0
        need += float(totals.need[good].sum()) / multiple
        supply += float(totals.supply[good].sum())
        records += int(good.sum())
        ground.count.add(count, count * (rows.axis.size + rows.axis.warm_up))
    if records == 0:
        return np.nan, np.nan
    years = records * ground.case.rows().axis.years
    return need / years, supply / years


def directions_of(
    question: Question, wanted: Iterable[str], asked: Mapping[str, str] | None = None
) -> list[str]:
    """Return the directions that are wanted, all if none are named.

    Parameters
    ----------
    question : Question
    wanted : iterable of str
        Ids.
    asked : mapping, optional
        Option that each was asked for with.

    Raises
    ------
    UsageError
        Naming each that does not exist.
    """
    from waterbal.errors import nearest as near

    names = list(wanted) or list(question.directions)
    known = list(question.directions)
    issues = [
        Issue(
            Message(f"没有增长方向 {name!r}", f"there is no direction {name!r}"),
            (asked or {}).get(name, "direction"),
            expected=", ".join(known),
            nearest=near(name, known),
        )
        for name in names
        if name not in known
    ]
    if issues:
        raise UsageError(issues)
    return names


def refuse(ground: Ground, *, alone: bool) -> None:
    """Refuse rates that all records together, or each alone, cannot support."""
    typical = typical_years(ground.case)
    if typical is not None:
        raise ConfigError(typical)
    moving = moving_plan(ground.case)
    if moving:
        raise ConfigError(moving)
    issues = unsupported(ground, alone=False) or (unsupported(ground, alone=True) if alone else [])
    if issues:
        raise ConfigError(issues)


def moving_plan(case: Case) -> list[Issue]:
    """Refuse drivers whose plan changes inside the record: a scale of it would be another amount in every year."""
    model = case.model
    if model.time.planning_year is not None or model.capacity is None:
        return []
    context = context_of(model, case.series, case.reference)
    issues = []
    for id, spec in model.capacity.drivers.items():
        parts = [*chosen(spec.grows, model), *rain_sources(spec.grows, model)]
        numbers = [spec.stated, *(driver_number(model, part) for part in parts)]
        numbers += [getattr(model.demands.get(part), "share", None) for part in parts]
        if any(number is not None and np.ptp(context.at(number)) > 0.0 for number in numbers):
            where = ("capacity", "drivers", id)
            message = Message(
                f"{id} 的规划值在系列内逐年变化：没有水平年，规模不对应同一个数量",
                f"the plan of {id} changes from year to year of the record: without a planning year a scale is none",
            )
            expected = Message("time.planning_year: 2035", "time.planning_year: 2035")
            issues.append(Issue(message, ".".join(where), *case.loaded.marks.place(where), expected=expected))
    return issues


def nearest(subject: Subject, answers: Sequence[Answer]) -> Answer | None:
    """Return the answers of the future that differs in the fewest axes, the last of them."""

    def distance(other: Answer) -> int:
        return sum(subject.values.get(axis) != value for axis, value in other.subject.values.items())

    return min(reversed(answers), key=distance, default=None)


def _copy(twin: Answer, subject: Subject, axis: TimeAxis) -> Answer:
    """Give the answers of a future to another that has the same numbers."""
    return Answer(
        subject, twin.question, axis, twin.found, twin.alone, twin.plan, twin.unsupported, twin.allowed, twin.need,
        twin.supply, twin.records, 0, 0, twin.same_as or twin.subject.id,
    )  # fmt: skip


def plan_holds(answer: Answer, direction: str) -> Bools:
    """Return which records carry the plan, ndarray (realization): what counts along a direction is met in them.

    None does where the plan breaks a limit that is not water.
    """
    if broken(answer.question):
        return np.zeros(answer.plan.lost.size, dtype=np.bool_)
    judged = answer.question.judged(direction)
    kept = np.all(answer.plan.missed[:, judged] <= answer.allowed[:, judged], axis=1)
    return np.asarray(kept & (answer.plan.lost != MINIMUM_FLOW))


def exceedance(answer: Answer, direction: str) -> tuple[int, int] | None:
    """Return in how many records the plan misses what counts along a direction, and the number of records.

    All of them where the plan breaks a limit that is not water; None where a record alone cannot support what is
    required, so that there is nothing to count.
    """
    if broken(answer.question):
        return int(answer.plan.lost.size), int(answer.plan.lost.size)
    judged = answer.question.judged(direction)
    counted = [item.id for item, counts in zip(answer.question.requirements, judged, strict=True) if counts]
    if set(answer.unsupported) & set(counted):
        return None
    held = plan_holds(answer, direction)[: answer.records]  # copies of a record are no sample
    return int(np.sum(~held)), int(held.size)
