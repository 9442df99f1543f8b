"""What binds and relieves the baseline of an assessment: limits, measures, the best set of them, what binds next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.binding import failure, worths
from waterbal.capacity.dataset_details import Details
from waterbal.capacity.demand import Demand, Watcher
from waterbal.capacity.limit_names import limit_label
from waterbal.capacity.question import MIX
from waterbal.capacity.relief import Reliefs
from waterbal.capacity.relief_next import next_limit, requirement_label
from waterbal.capacity.survey import Answer
from waterbal.capacity.trial import Ground
from waterbal.errors import Message
from waterbal.model.base import Label

if TYPE_CHECKING:
    from waterbal.scenarios.study import Study


def focus_of(answer: Answer, demand: Demand) -> str:
    """Choose the direction that is told in detail."""
    if demand.focus:
        return demand.focus
    with_capacity = [d for d, found in answer.found.items() if np.isfinite(found.scale)]
    if MIX in answer.found and (MIX in with_capacity or not with_capacity):
        return MIX
    return next(iter(with_capacity), next(iter(answer.found)))


def binding_of(ground: Ground, scenario: int, focus: str, answer: Answer, watcher: Watcher) -> Details:
    """Tell what fails first beyond a capacity, and what limits are worth.

    Parameters
    ----------
    ground : Ground
        Model and records.
    scenario : int
        Position of the scenario.
    focus : str
        Direction.
    answer : Answer
        Its capacities.
    watcher : Watcher
        Shows how far the work is.
    """
    found = answer.found[focus]
    details = Details(scenario, focus, failure(ground, focus, found))
    if details.failure is not None:
        details.failing = ground.question.names.get(details.failure.requirement)
    details.zones = {id: zone.name or Label(zh=id, en=id) for id, zone in ground.case.model.zones.items()}
    details.worths = worths(ground, focus, found, progress=watcher)
    config = ground.case.loaded.config
    names = {limit.id: limit.name for limit in ground.question.limits} | dict(ground.question.names)
    details.names = {worth.limit.path: limit_label(config, worth.limit, names) for worth in details.worths}
    return details


def relief_of(
    study: Study, number: int, position: int, answer: Answer, count: int, demand: Demand, watcher: Watcher
) -> Details | None:
    """Tell what binds and relieves the baseline of a study; None where that is not asked for.

    Parameters
    ----------
    study : Study
        Scenarios and measures.
    number, position : int
        Number of the baseline in the study, and its position among the scenarios chosen.
    answer : Answer
        Its capacities.
    count : int
        Records.
    demand : Demand
        What is asked for.
    watcher : Watcher
        Shows how far the work is.
    """
    if not demand.details and demand.budget is None:
        return None
    focus = focus_of(answer, demand)
    watcher.stage(Message("逐一放宽限制", "relaxing limits"), Message("项限制", "limits"))
    details = binding_of(Ground(study.case(number), count, demand.threads), position, focus, answer, watcher)
    if study.measures:
        watcher.stage(Message("试算措施", "trying measures"), Message("项措施", "measures"))
        taken_back = study.balances[0].measures if study.balances else ()
        offered = {id: measure for id, measure in study.measures.items() if id not in taken_back}
        reliefs = Reliefs(
            lambda names: study.case(number, names), offered, count, focus, answer.found[focus],
            demand.options, demand.threads, dict(study.measures),
        )  # fmt: skip
        details.reliefs = reliefs.each(watcher)
        if demand.budget is not None:
            watcher.stage(Message("组合措施", "combining measures"))
            details.portfolio = reliefs.portfolio(demand.budget)
        details.names = {**details.names, **{id: measure.name for id, measure in study.measures.items()}}
        _put_next(
            details, lambda names: Ground(study.case(number, names), count, demand.threads), demand, watcher
        )
    return details


def _put_next(
    details: Details, ground: Callable[[tuple[str, ...]], Ground], demand: Demand, watcher: Watcher
) -> None:
    """Tell what binds next after each measure and after the best set of them."""
    best = None if details.portfolio is None else details.portfolio.best
    for relief in [*details.reliefs, *([] if best is None else [best])]:
        question = ground(relief.measures).question
        details.stops[relief.measures] = requirement_label(question, relief)
    helping = [relief for relief in details.reliefs if relief.change > demand.options.tolerance]
    wanted = [*helping[: demand.next_limits], *([] if best is None or not demand.next_limits else [best])]
    watcher.stage(Message("下一个限制因素", "what binds next"), Message("项措施", "measures"))
    for done, relief in enumerate(wanted):
        if relief.measures not in details.next:
            own = ground(relief.measures)
            found = next_limit(own, details.direction, relief)
            if found is not None:
                details.next[relief.measures] = (found, limit_label(own.case.loaded.config, found.limit))
        watcher(done + 1, len(wanted))
