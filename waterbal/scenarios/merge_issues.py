"""Problems of many scenarios told once, with what the scenarios that have them have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from waterbal.errors import Issue, Message, joined

if TYPE_CHECKING:
    from waterbal.scenarios.study import Study


_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


class Findings:
    """Problems by scenario; those at one place that differ in a number alone, as samples do, count as the same."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._numbers: dict[Issue, list[int]] = {}
        self._first: dict[Issue, Issue] = {}

    def add(self, number: int, issues: Iterable[Issue]) -> None:
        """Note the problems of a scenario."""
        for issue in issues:
            alike = replace(issue, message=_NUMBER.sub("#", issue.message))
            first = self._first.setdefault(alike, issue)
            self._numbers.setdefault(first, []).append(number)

    def issues(self) -> list[Issue]:
        """Give every problem once; those that not all scenarios have say which have them."""
        return [self._told(issue, numbers) for issue, numbers in self._numbers.items()]

    def _told(self, issue: Issue, numbers: Sequence[int]) -> Issue:
        scenarios = self.study.scenarios
        if len(numbers) == len(scenarios):
            return issue
        common = self._common(numbers)
        if len(numbers) == 1 and not common:
            id = scenarios[numbers[0]].id
            common = [Message(id, id)]
        some = len(numbers) > 1
        count = f"{len(numbers)} of {len(scenarios)} scenarios" if some else "scenario"
        zh = f"{len(scenarios)} 个方案中的 {len(numbers)} 个" if some else "方案"
        names = joined(common)
        named = (f"：{names.zh}", f": {names}") if common else ("", "")
        told = Message(f"（{zh}{named[0]}）", f" (in {count}{named[1]})")
        return replace(issue, message=Message("", "") + issue.message + told)

    def _common(self, numbers: Sequence[int]) -> list[Message]:
        """Give the values, with their places, that these scenarios share and that not all scenarios have."""
        scenarios = self.study.scenarios
        shared: list[Message] = []
        for axis in self.study.axes:
            own = {scenarios[number].values[axis.id] for number in numbers}
            if len(own) > 1 or len(axis.values) == 1:
                continue
            value = axis.find(own.pop())
            assert value is not None
            file, line, _ = value.place
            chosen = f"{axis.id}={value.value}"
            shared.append(Message(f"{chosen}（{file}:{line}）", f"{chosen} at {file}:{line}"))
        return shared
