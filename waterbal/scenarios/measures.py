"""Measures of a study: what can be done about a shortage, and the balances that they make up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from waterbal.errors import Message, nearest, one_of
from waterbal.model.base import Id, Label
from waterbal.model.marks import Marks
from waterbal.model.overrides import Change
from waterbal.model.problems import Problem
from waterbal.scenarios.changes import changes_in
from waterbal.scenarios.spec import StudySpec


@dataclass(frozen=True, eq=False)
class Measure:
    """Something that can be done."""

    id: str
    name: Label
    changes: tuple[Change, ...]
    cost: float | None
    """[1e4 yuan/yr], None if it is not known."""
    cost_grade: str
    """How firm the cost is: ``found``, ``derived``, ``assumed``; empty without a cost."""
    lead_years: float | None
    """[yr]"""
    requires: tuple[str, ...]
    """Measures without which this one does nothing."""


@dataclass(frozen=True, eq=False)
class Balance:
    """A balance of demand and supply."""

    id: str
    name: Label
    measures: tuple[str, ...]
    """What it adds to the balances before it."""


def measures(spec: StudySpec, marks: Marks) -> dict[str, Measure]:
    """Read the measures of a scenario file."""
    found = {}
    for id, part in spec.measures.items():
        owners = (part.provenance, spec.provenance)
        changes = changes_in(part.set, ("measures", id, "set"), marks, owners)
        changes += changes_in(part.times, ("measures", id, "times"), marks, owners, times=True)
        found[id] = Measure(
            id, part.name or Label(zh=id, en=id), changes,
            None if part.cost is None else part.cost.scalar(), "" if part.cost is None else part.cost.grade,
            part.lead_years, tuple(part.requires),
        )  # fmt: skip
    return found


def balances(spec: StudySpec) -> tuple[Balance, ...]:
    """Read the balances of a scenario file."""
    return tuple(
        Balance(id, part.name or Label(zh=id, en=id), tuple(part.measures))
        for id, part in spec.balances.items()
    )


def problems(spec: StudySpec) -> Iterator[Problem]:
    """Report measures that do not exist, do nothing, or are in two balances."""
    known = list(spec.measures)
    seen: dict[Id, Id] = {}
    for id, part in spec.measures.items():
        if not (part.set or part.times):
            yield Problem(
                ("measures", id),
                Message("这项措施什么也没有改变", "the measure changes nothing"),
                Message("'set' 或 'times'", "'set' or 'times'"),
                at_key=True,
            )
        yield from _unknown(("measures", id, "requires"), part.requires, known)
    for id, balance in spec.balances.items():
        yield from _unknown(("balances", id, "measures"), balance.measures, known)
        for index, name in enumerate(balance.measures):
            if name in seen:
                message = Message(
                    f"措施 {name!r} 已在平衡 {seen[name]!r} 中",
                    f"measure {name!r} is already in the balance {seen[name]!r}",
                )
                yield Problem(
                    ("balances", id, "measures", index),
                    message,
                    Message("每项措施只列一次", "each measure once"),
                )
            seen[name] = id


def _unknown(path: tuple[str, ...], names: list[str], known: list[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name not in known:
            expected = (
                one_of(known) if known else Message("“measures” 下的一项措施", "a measure under 'measures'")
            )
            yield Problem(
                (*path, index),
                Message(f"没有名为 {name!r} 的措施", f"{name!r} is not a measure"),
                expected,
                nearest(name, known),
            )


def with_required(names: tuple[str, ...], known: Mapping[str, Measure]) -> tuple[str, ...]:
    """Put before measures those that they require, each once."""
    found: list[str] = []

    def add(name: str, above: tuple[str, ...]) -> None:
        for other in known[name].requires:
            if other not in above:
                add(other, (*above, name))
        if name not in found:
            found.append(name)

    for name in names:
        add(name, (name,))
    return tuple(found)


def on_top(own: Sequence[Change], measures: Iterable[Measure]) -> list[Change]:
    """Put the changes of measures on those of a scenario, without what the scenario has made itself.

    What is made already is not made a second time: a factor would count twice. It is made again where a measure before
    it has set the same place anew.

    Parameters
    ----------
    own : sequence of Change
        Of the scenario.
    measures : iterable of Measure
        In order.
    """
    made = {change.text for change in own}
    found: list[Change] = []
    for measure in measures:
        anew = [change for change in found if not change.times]
        found += [
            change
            for change in measure.changes
            if change.text not in made or any(_same_place(change.path, other.path) for other in anew)
        ]
    return found


def _same_place(one: str, other: str) -> bool:
    """Tell whether one of two places is the other, or lies in it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
