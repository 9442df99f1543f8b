"""What is no frontier, with every reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from waterbal.capacity.question import Question
from waterbal.errors import Issue, Message, UsageError, nearest, one_of


def refuse(
    question: Question, drivers: Sequence[str], directions: int, plans: Mapping[str, Mapping[str, float]]
) -> None:
    """Refuse what is no frontier, with every reason."""
    issues = []
    known = list(question.drivers)
    if len(set(drivers)) < 2 or len(set(drivers)) < len(drivers):
        expected = Message(
            "两个或更多驱动因素，各一次，取自 ", "two drivers or more, each once, of "
        ) + ", ".join(known)
        issues.append(
            Issue(
                Message(
                    f"{', '.join(drivers) or '没有驱动因素'} 的承载边界",
                    f"a frontier of {', '.join(drivers) or 'no driver'}",
                ),
                "capacity.drivers",
                expected=expected,
            )
        )
    for id in drivers:
        if id not in known:
            near = nearest(id, known)
            message, expected = Message(f"没有驱动因素 {id!r}", f"there is no driver {id!r}"), one_of(known)
            issues.append(Issue(message, "capacity.drivers", expected=expected, nearest=near))
        elif not question.drivers[id].amount > 0.0:
            issues.append(
                Issue(
                    Message("规划中它没有任何增长", "nothing of it grows at plan"),
                    f"capacity.drivers.{id}",
                    expected=Message("大于 0", "more than 0"),
                )
            )
    if directions < 3:
        issues.append(
            Issue(
                Message(f"{directions} 个方向的承载边界", f"a frontier of {directions} rays"),
                expected=Message("3 或更多", "3 or more"),
            )
        )
    for name, amounts in plans.items():
        for id in drivers:
            driver = question.drivers.get(id)
            if id not in amounts:
                issues.append(
                    Issue(
                        Message(
                            f"规划方案 {name!r} 没有给出 {id!r} 的数量",
                            f"the plan {name!r} has no amount of {id!r}",
                        ),
                        expected=Message("每个驱动因素一个数量", "one for every driver"),
                    )
                )
            elif driver is not None and not amounts[id] >= driver.fixed:
                message = Message(
                    f"规划方案 {name!r} 中 {id!r} 为 {amounts[id]:g}",
                    f"the plan {name!r} has {amounts[id]:g} of {id!r}",
                )
                expected = Message(
                    f"不少于不增长的 {driver.fixed:g}", f"at least the {driver.fixed:g} that do not grow"
                )
                issues.append(Issue(message, f"capacity.drivers.{id}", expected=expected))
        if all(not amounts.get(id, 1.0) > getattr(question.drivers.get(id), "fixed", 0.0) for id in drivers):
            issues.append(
                Issue(
                    Message(
                        f"规划方案 {name!r} 就是原点，没有射线经过",
                        f"the plan {name!r} is the origin: no ray goes through it",
                    )
                )
            )
    if issues:
        raise UsageError(issues)
