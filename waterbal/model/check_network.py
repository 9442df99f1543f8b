"""Checks of the flow paths: demands out of reach, loops that create water, water of the wrong grade."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from waterbal.errors import Message, nearest
from waterbal.model.context import OUTSIDE
from waterbal.model.elements.demands.base import Demand, Piped
from waterbal.model.elements.demands.lake_ecology import LakeEcology
from waterbal.model.elements.demands.river_ecology import RiverEcology
from waterbal.model.elements.sources.desalination import Desalination
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.elements.works.junction import Junction
from waterbal.model.elements.works.treatment import Treatment
from waterbal.model.elements.works.wastewater import Wastewater
from waterbal.model.marks import Path
from waterbal.model.root import Model
from waterbal.model.values import Number

Found = tuple[Path, str, str, str]
_BARELY = 1e-9
"""A loop whose gain is nearer to 1 than this counts as one without loss."""


NO_LINK = Message("没有连接通向它", "no link leads to it")
NO_PATH = Message("没有从水源到它的路径", "no path leads to it from a source")


def network_problems(model: Model) -> list[Found]:
    """Give the problems of the flow paths."""
    return _unreachable(model) + _loops(model) + _wrong_grades(model)


def _unreachable(model: Model) -> list[Found]:
    """Report demands that no water can reach."""
    reached = _springs(model)
    grown = True
    while grown:
        new = {link.to for link in model.links.values() if link.from_ in reached}
        for id, demand in model.demands.items():
            if id in reached | new:
                new |= set(return_shares(demand))
        grown = not new <= reached
        reached |= new
    heads = {link.to for link in model.links.values()}
    found: list[Found] = []
    for id in model.demands:
        if id not in reached:
            message = Message(f"水到不了用户 {id!r}：", f"demand {id!r} is out of reach: ")
            message += NO_PATH if id in heads else NO_LINK
            found.append((("demands", id), message, Message("一条连接路径", "a path of links"), ""))
    return found


def _springs(model: Model) -> set[str]:
    """Name the places that have water of their own."""
    own = {id for id, store in model.stores.items() if store.inflow is not None or store.rain_on_surface}
    for id, source in model.sources.items():
        through = isinstance(source, Reclaimed) or (
            isinstance(source, Desalination) and source.feed == "links"
        )
        if not through or (isinstance(source, Reclaimed) and source.lag):
            own.add(id)
    return own


def return_shares(demand: Demand) -> dict[str, float]:
    """Give the largest share of a delivery that goes to each target in the same step."""
    reaching = 1.0 - _lowest(demand.network_loss) if isinstance(demand, Piped) else 1.0
    shares: dict[str, float] = {}
    for part in demand.returns:
        shares[part.to] = shares.get(part.to, 0.0) + reaching * _highest(part.share)
    if isinstance(demand, RiverEcology):
        shares[demand.flows_to] = 1.0 - _lowest(demand.consumed_share)
    if isinstance(demand, LakeEcology) and demand.flows_on is not None:
        target = demand.flows_on.to
        shares[target] = shares.get(target, 0.0) + _highest(demand.flows_on.share)
    shares.pop(OUTSIDE, None)
    return shares


def _collected_shares(model: Model, demand: Demand) -> dict[str, float]:
    """Give the largest share of a delivery that sewers bring to each target."""
    shares = return_shares(demand)
    for target in shares:
        place = model.sources.get(target) or model.works.get(target)
        if isinstance(place, Reclaimed | Wastewater):
            shares[target] *= _highest(place.collection, 1.0)
    return shares


def _gains(model: Model) -> dict[str, float]:
    """Give the largest outflow per inflow of each place water passes through in a step."""
    gains: dict[str, float] = {}
    for id, work in model.works.items():
        if isinstance(work, Treatment):
            gains[id] = 1.0 - _lowest(work.own_use)
        elif isinstance(work, Wastewater):
            gains[id] = _highest(work.recovery)
        elif isinstance(work, Junction):
            gains[id] = 1.0 - _lowest(work.loss)
    for id, source in model.sources.items():
        if isinstance(source, Reclaimed) and not source.lag:
            gains[id] = min(_highest(source.recovery), _highest(source.use_rate, 1.0))
        elif isinstance(source, Desalination) and source.feed == "links":
            gains[id] = _highest(source.recovery)
    return gains | dict.fromkeys(model.stores, 1.0)


def _loops(model: Model) -> list[Found]:
    """Report a loop whose gain is 1 or more.

    The gain is that of the worst way to split flows: each place sends all it has along one link while a
    demand returns all its shares at once. It is the largest spectral radius over these choices, found by
    iterating v(i) = max over links gain x v(head), v(demand) = sum of share x v(target): as no gain is
    above 1, every v has fallen below 1 after as many turns as there are places unless a loop loses nothing.
    """
    through = _gains(model)
    outgoing: dict[str, list[tuple[float, str]]] = {}
    for link in model.links.values():
        if link.from_ in through:
            gain = through[link.from_] * (1.0 - _lowest(link.loss))
            outgoing.setdefault(link.from_, []).append((gain, link.to))
    returned = {id: _collected_shares(model, demand) for id, demand in model.demands.items()}
    shrinking = all(sum(shares.values()) <= 1.0 for shares in returned.values())
    value = dict.fromkeys([*through, *model.demands], 1.0)
    worst = 1.0
    for _ in range(len(value) + 1):
        value = {id: _next(id, value, outgoing, returned) for id in value}
        worst = max(value.values(), default=0.0)
        if shrinking and worst < 1.0 - _BARELY:
            break  # no value ever rises again
    if worst < 1.0 - _BARELY:
        return []
    loop = _cycle(value, outgoing, returned)
    names = " -> ".join([*loop, loop[0]]) if loop else "a loop"
    place: Path = ("links", _link_of(model, loop)) if loop and _link_of(model, loop) else ("links",)
    message = Message(f"水可以无损失地循环：{names}", f"water can go round {names} without loss")
    return [
        (
            place,
            message,
            Message(
                "环路上某处有损失，或退水少于全部",
                "a loss, or returns of less than all, somewhere on the loop",
            ),
            "",
        )
    ]


def _next(
    id: str,
    value: dict[str, float],
    outgoing: dict[str, list[tuple[float, str]]],
    returned: dict[str, dict[str, float]],
) -> float:
    """One step of the value iteration."""
    if id in returned:
        return sum(share * value.get(target, 0.0) for target, share in returned[id].items())
    return max((gain * value.get(head, 0.0) for gain, head in outgoing.get(id, [])), default=0.0)


def _cycle(
    value: dict[str, float],
    outgoing: dict[str, list[tuple[float, str]]],
    returned: dict[str, dict[str, float]],
) -> list[str]:
    """Follow the best choices from the largest value until a place comes again."""
    here = max(value, key=lambda id: value[id])
    seen: list[str] = []
    while here not in seen:
        seen.append(here)
        choices = [
            (share * value.get(target, 0.0), target) for target, share in returned.get(here, {}).items()
        ]
        choices += [(gain * value.get(head, 0.0), head) for gain, head in outgoing.get(here, [])]
        if not choices:
            return []
        here = max(choices)[1]
    return seen[seen.index(here) :]


def _link_of(model: Model, loop: list[str]) -> str:
    """Name a link of a loop, to point at."""
    pairs = set(zip(loop, [*loop[1:], loop[0]], strict=True))
    return next((id for id, link in model.links.items() if (link.from_, link.to) in pairs), "")


def _wrong_grades(model: Model) -> list[Found]:
    """Report water of a grade that a demand does not accept but a path of links brings."""
    if not model.grades:
        return []
    grades = {id: {source.grade} for id, source in model.sources.items() if source.grade is not None}
    fixed = set(grades)
    for section in (model.stores, model.works):
        for id, element in section.items():
            if element.grade is not None:
                grades[id] = {element.grade}
                fixed.add(id)
    origin = {(id, grade): id for id, names in grades.items() for grade in names}
    changed = True
    while changed:
        changed = False
        for link in model.links.values():
            if link.to in fixed:
                continue
            for grade in grades.get(link.from_, set()) - grades.get(link.to, set()):
                grades.setdefault(link.to, set()).add(grade)
                origin[link.to, grade] = origin[link.from_, grade]
                changed = True
    found: list[Found] = []
    for id, demand in model.demands.items():
        accepted = demand.accepts
        for grade in sorted(grades.get(id, set()) - set(accepted or grades.get(id, set()))):
            message = Message(
                f"来自 {origin[id, grade]!r} 的 {grade!r} 级水可以到达不接受它的 {id!r}",
                f"water of grade {grade!r} from {origin[id, grade]!r} can reach {id!r}, which does not accept it",
            )
            listed = ", ".join(accepted or [])
            expected = Message(
                f"没有这样的连接路径，或在 {listed} 中加入 {grade!r}",
                f"no path of links, or {grade!r} among {listed}",
            )
            found.append((("demands", id, "accepts"), message, expected, nearest(grade, accepted or [])))
    return found


def _highest(number: Number | None, default: float = 0.0) -> float:
    """Largest value of a number."""
    return _extreme(number, default, max)


def _lowest(number: Number | None, default: float = 0.0) -> float:
    """Smallest value of a number."""
    return _extreme(number, default, min)


def _extreme(number: Number | None, default: float, choose: Callable[[Iterable[float]], float]) -> float:
    """Largest or smallest value of a number, factors included."""
    if number is None:
        return default
    result = choose(number.numbers)
    for factor in number.factors:
        result *= choose(factor.numbers)
    return float(result)
