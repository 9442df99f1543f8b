"""Whether a budget can buy any measure: known from the scenario file, before anything is searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from waterbal.errors import Issue, Message, UsageError
from waterbal.scenarios.measures import Measure, with_required


def refuse_budget(
    measures: Mapping[str, Measure], budget: float | None, among: Iterable[str] | None = None
) -> None:
    """Refuse a budget below the cheapest measure, with what that requires.

    Parameters
    ----------
    measures : mapping
        Measures by id.
    budget : float, optional
        Budget [1e4 yuan/yr]; nothing is refused without one.
    among : iterable of str, optional
        Those that can be taken; all if not given.

    Raises
    ------
    UsageError
        If nothing can be bought for it, or no measure has a cost.
    """
    if budget is None:
        return
    costs: dict[str, float] = {}
    for id in measures if among is None else among:
        parts = [measures[name].cost for name in with_required((id,), measures)]
        known = [cost for cost in parts if cost is not None]
        if len(known) == len(parts):
            costs[id] = sum(known)
    if not costs:
        raise UsageError(
            Issue(
                Message("没有一项措施给出费用", "no measure has a cost"),
                "measures",
                expected=Message("费用，才能与预算比较", "a cost, to weigh against a budget"),
            )
        )
    cheapest = min(costs, key=lambda id: costs[id])
    if not budget >= costs[cheapest]:
        least = costs[cheapest]
        message = Message(
            f"预算 {budget:g} 万元/年低于最便宜的措施",
            f"a budget of {budget:g} (1e4 yuan/yr) is below the cheapest measure",
        )
        expected = Message(
            f"不低于 {least:g}，即 {cheapest!r} 的费用",
            f"at least {least:g}, the cost of {cheapest!r}",
        )
        raise UsageError(Issue(message, "--budget", expected=expected))
