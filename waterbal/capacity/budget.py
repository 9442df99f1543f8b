"""What measures cost with what they require, and whether a budget can buy any, before anything is searched."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from waterbal.api import Case
from waterbal.capacity.trial import Ground
from waterbal.errors import Issue, Message, UsageError
from waterbal.scenarios.measures import Measure, with_required

Cases = Callable[[tuple[str, ...]], Case]
"""Gives the case of a future with measures on top."""


def in_place(cases: Cases, measures: Mapping[str, Measure]) -> frozenset[str]:
    """Tell which of the measures that others require a future has already: with them on top no number is another.

    Parameters
    ----------
    cases : callable
        Gives the case of the future with measures on top.
    measures : mapping
        Measures by id.
    """
    required = {other for one in measures.values() for other in one.requires}
    if not required:
        return frozenset()
    base = Ground(cases(()), 1).content
    return frozenset(name for name in required if Ground(cases((name,)), 1).content == base)


def to_build(names: Sequence[str], measures: Mapping[str, Measure], has: Collection[str]) -> tuple[str, ...]:
    """Put before measures those that they require, without what is required and there already.

    Parameters
    ----------
    names : sequence of str
        Measures.
    measures : mapping
        Measures by id.
    has : collection of str
        What others require and the future has.
    """
    taken = with_required(tuple(names), measures)
    required = {other for name in taken for other in measures[name].requires}
    return tuple(name for name in taken if not (name in required and name in has))


def cost_of(names: Sequence[str], measures: Mapping[str, Measure], has: Collection[str]) -> float:
    """Return what measures cost with what they require and is not there already [1e4 yuan/yr]; nan if not known."""
    costs = [measures[name].cost for name in to_build(names, measures, has)]
    return float(sum(cost for cost in costs if cost is not None)) if None not in costs else math.nan


def refuse_budget(costs: Mapping[str, float], budget: float) -> None:
    """Refuse a budget below the cheapest measure.

    Parameters
    ----------
    costs : mapping
        Measure -> cost [1e4 yuan/yr], nan where it is not known.
    budget : float [1e4 yuan/yr]

    Raises
    ------
    UsageError
        If nothing can be bought for it, or no measure has a cost.
    """
    known = {id: cost for id, cost in costs.items() if math.isfinite(cost)}
    if not known:
        raise UsageError(
            Issue(
                Message("没有一项措施给出费用", "no measure has a cost"),
                "measures",
                expected=Message("费用，才能与预算比较", "a cost, to weigh against a budget"),
            )
        )
    cheapest = min(known, key=lambda id: known[id])
    if not budget >= known[cheapest]:
        least = known[cheapest]
        message = Message(
            f"预算 {budget:g} 万元/年低于最便宜的措施",
            f"a budget of {budget:g} (1e4 yuan/yr) is below the cheapest measure",
        )
        expected = Message(
            f"不低于 {least:g}，即 {cheapest!r} 的费用",
            f"at least {least:g}, the cost of {cheapest!r}",
        )
        raise UsageError(Issue(message, "--budget", expected=expected))
