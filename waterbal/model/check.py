"""What the types cannot say: references, priorities, years, flow paths. All problems at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from waterbal.errors import Message
from waterbal.model import unknown
from waterbal.model.check_capacity import capacity_problems
from waterbal.model.check_hydrology import hydrology_problems
from waterbal.model.check_network import network_problems
from waterbal.model.check_outages import outage_problems
from waterbal.model.check_values import value_problems
from waterbal.model.context import OUTSIDE
from waterbal.model.elements.demands.lake_ecology import LakeEcology
from waterbal.model.elements.demands.river_ecology import RiverEcology
from waterbal.model.elements.sources.aquifer import Aquifer
from waterbal.model.elements.sources.desalination import Desalination
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.elements.sources.river_intake import RiverIntake
from waterbal.model.elements.sources.transfer import Transfer, allotment_id
from waterbal.model.elements.works.junction import Junction
from waterbal.model.elements.works.wastewater import Wastewater
from waterbal.model.marks import Path
from waterbal.model.root import Model

Found = tuple[Path, str, str, str]
"""Path, message, what was expected, nearest valid name."""


def check(model: Model, flow_paths: Callable[[Model], list[Found]] = network_problems) -> list[Found]:
    """Give every problem of a model whose parts are valid one by one.

    Parameters
    ----------
    model : Model
    flow_paths : callable
        Gives the problems of the flow paths, for callers that know them already.
    """
    found = check_names(model)
    found += hydrology_problems(model) + outage_problems(model) + capacity_problems(model)
    if not found:
        found += flow_paths(model)
        found += value_problems(model)
    return found


def check_names(model: Model) -> list[Found]:
    """Give the problems of ids and of the names by which elements, classes and grades refer to each other.

    Parameters
    ----------
    model : Model
    """
    parts = (_ids, _zones, _links, _targets, _quotas, _drought, _priorities, _grades)
    return [problem for part in parts for problem in part(model)]


OTHER = Message("另一个标识", "another id")
ONE_OF_BOTH = Message("二者取一", "one or the other")


def _unknown(path: Path, name: str, what: Message, valid: Iterable[str]) -> list[Found]:
    """Report a name that is none of the valid ones."""
    names = list(valid)
    if name in names:
        return []
    return [(path, *unknown.unknown(name, what, names))]


def _ids(model: Model) -> list[Found]:
    """Elements have ids of their own, because links, quotas and results name them."""
    sections = ("sources", "stores", "works", "links", "demands", "quotas", "drought")
    first = {OUTSIDE: Message("系统外", "the outside")}
    types = {str(getattr(demand, "type", "")) for demand in model.demands.values()}
    found: list[Found] = []
    for section in sections:
        for id in getattr(model, section):
            if id in first:
                message = Message(
                    f"{id!r} 已是{first[id].zh}的名字", f"{id!r} is already the name of {first[id]}"
                )
                found.append(((section, id), message, OTHER, ""))
            elif section == "demands" and id in types:
                found.append(
                    (
                        (section, id),
                        Message(f"{id!r} 是用户类型的名字", f"{id!r} is the name of a type of demand"),
                        OTHER,
                        "",
                    )
                )
            first.setdefault(id, Message(f" '{section}' 中一个对象", f"one of {section}"))
    for id, source in model.sources.items():
        if isinstance(source, Transfer) and allotment_id(id) in first:
            message = Message(
                f"其分配水量应为指标 {allotment_id(id)!r}，但该名字已被占用",
                f"its allotment would be the quota {allotment_id(id)!r}, which is already there",
            )
            expected = Message("二者之一改用另一个标识", "another id of the one or the other")
            found.append((("sources", id), message, expected, ""))
    return found


def _zones(model: Model) -> list[Found]:
    """Zones exist."""
    found: list[Found] = []
    for section in ("sources", "stores", "works", "demands"):
        for id, element in getattr(model, section).items():
            if element.zone is not None:
                found += _unknown((section, id, "zone"), element.zone, unknown.ZONE, model.zones)
    return found


def _links(model: Model) -> list[Found]:
    """Links start where water is and end where it can go."""
    tails = [*model.sources, *model.stores, *model.works]
    heads = [
        *model.works,
        *model.stores,
        *model.demands,
        *(id for id in model.sources if _has_feed(model, id)),
    ]
    found: list[Found] = []
    for id, link in model.links.items():
        path: Path = ("links", id)
        found += _unknown((*path, "from"), link.from_, unknown.TAIL, tails)
        found += _unknown((*path, "to"), link.to, unknown.HEAD, heads)
    return found


def _has_feed(model: Model, id: str) -> bool:
    """Tell whether links may lead to a source."""
    source = model.sources[id]
    if isinstance(source, Desalination):
        return source.feed == "links"
    return isinstance(source, Reclaimed) and source.lag == 0


def _targets(model: Model) -> list[Found]:
    """Losses end in aquifers; returns where they can be taken up."""
    aquifers = [id for id, source in model.sources.items() if isinstance(source, Aquifer)]
    sinks = [id for id, work in model.works.items() if _takes_returns(work)]
    lagged = [id for id, source in model.sources.items() if isinstance(source, Reclaimed) and source.lag]
    plants = [id for id, source in model.sources.items() if isinstance(source, Reclaimed) and not source.lag]
    targets = [*sinks, *plants, *model.stores, *aquifers, OUTSIDE]
    what = unknown.RETURNS
    found: list[Found] = []
    for section in ("sources", "stores", "links", "demands"):
        for id, element in getattr(model, section).items():
            for name in ("loss_to", "seepage_to", "leakage_to", "canal_loss_to"):
                target = vars(element).get(name)
                if target is not None:
                    found += _unknown((section, id, name), target, unknown.AQUIFER, aquifers)
    for id, demand in model.demands.items():
        path: Path = ("demands", id)
        for index, part in enumerate(demand.returns):
            found += _unknown((*path, "returns", index, "to"), part.to, what, [*targets, *lagged])
        if isinstance(demand, RiverEcology):
            found += _unknown((*path, "flows_to"), demand.flows_to, what, targets)
        if isinstance(demand, LakeEcology) and demand.flows_on is not None:
            found += _unknown((*path, "flows_on", "to"), demand.flows_on.to, what, targets)
    return found


def _takes_returns(work: object) -> bool:
    return isinstance(work, Wastewater) or (isinstance(work, Junction) and work.outlet)


def _quotas(model: Model) -> list[Found]:
    """Quotas name members that exist and do not contain themselves."""
    members = [*model.sources, *model.links, *model.quotas]
    found: list[Found] = []
    for id, quota in model.quotas.items():
        for index, name in enumerate(quota.of):
            found += _unknown(("quotas", id, "of", index), name, unknown.MEMBER, members)
    for id, source in model.sources.items():
        if isinstance(source, RiverIntake) and source.plan is not None:
            found += _unknown(("sources", id, "plan", "of"), source.plan.of, unknown.QUOTA, model.quotas)
    for id in model.quotas:
        inner = _inside(model, id)
        if id in inner:
            found.append(
                (
                    ("quotas", id, "of"),
                    Message(f"指标 {id!r} 包含它自己", f"quota {id!r} contains itself"),
                    Message("逐级包含且不成环的指标", "quotas that nest without cycles"),
                    "",
                )
            )
    return found


def _inside(model: Model, id: str) -> set[str]:
    """Name the quotas inside a quota."""
    seen: set[str] = set()
    waiting = [id]
    while waiting:
        for name in model.quotas[waiting.pop()].of:
            if name in model.quotas and name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def _drought(model: Model) -> list[Found]:
    """Restriction plans name stores and demands."""
    kinds = _kinds(model)
    names = [*model.demands, *dict.fromkeys(kinds.values())]
    found: list[Found] = []
    for id, plan in model.drought.items():
        for index, store in enumerate(plan.stores):
            found += _unknown(("drought", id, "stores", index), store, unknown.STORE, model.stores)
        for index, tier in enumerate(plan.tiers):
            for name in tier.factors:
                path: Path = ("drought", id, "tiers", index, "factors", name)
                found += _unknown(path, name, unknown.DEMAND, names)
    return found


def _kinds(model: Model) -> dict[str, str]:
    """Type of each demand."""
    return {id: str(getattr(demand, "type", "")) for id, demand in model.demands.items()}


def _priorities(model: Model) -> list[Found]:
    """Every demand is in exactly one class; reserves name stores with a curve."""
    kinds = _kinds(model)
    types = list(dict.fromkeys(kinds.values()))
    parts = [f"{id}/{tier.label}" for id, demand in model.demands.items() for tier in demand.tiers]
    counts: Counter[str] = Counter()
    found: list[Found] = []
    for index, entry in enumerate(model.priorities):
        for position, name in enumerate(entry.demands or []):
            path: Path = ("priorities", index, "demands", position)
            found += _unknown(path, name, unknown.DEMAND, [*model.demands, *types, *parts])
            counts[name] += 1
            if counts[name] > 1:
                found.append(
                    (
                        path,
                        Message(f"{name!r} 已在优先级列表中", f"{name!r} is already in the priority list"),
                        Message("每个用户只列一次", "each demand once"),
                        "",
                    )
                )
            elif "/" in name and name.split("/")[0] in counts:
                whole = name.split("/")[0]
                message = Message(
                    f"{whole!r} 已整体列在优先级列表中",
                    f"{whole!r} is already in the priority list as a whole",
                )
                found.append((path, message, ONE_OF_BOTH, ""))
        for position, store in enumerate(entry.reserve or []):
            found += _reserve(model, ("priorities", index, "reserve", position), store)
    found += _left_out(model, kinds, set(counts))
    return found


def _left_out(model: Model, kinds: dict[str, str], named: set[str]) -> list[Found]:
    """Report demands, or parts of them, that are in no class."""
    found: list[Found] = []
    for id, demand in model.demands.items():
        labels = [f"{id}/{tier.label}" for tier in demand.tiers]
        some = [label for label in labels if label in named]
        missing = [label for label in labels if label not in named] if some else []
        if id in named and some:
            message = Message(
                f"{id!r} 在优先级列表中既整体又分部分出现",
                f"{id!r} is in the priority list as a whole and in parts",
            )
            found.append((("demands", id), message, ONE_OF_BOTH, ""))
        elif missing:
            message = Message(
                f"部分 {missing[0]!r} 不在优先级列表的任何一级",
                f"part {missing[0]!r} is in no class of the priority list",
            )
            expected = Message("在 'priorities' 下列出每一部分", "every part under 'priorities'")
            found.append((("demands", id), message, expected, ""))
        elif not some and id not in named and kinds[id] not in named:
            message = Message(
                f"用户 {id!r} 不在优先级列表的任何一级",
                f"demand {id!r} is in no class of the priority list",
            )
            found.append(
                (
                    ("demands", id),
                    message,
                    Message(
                        f"在 'priorities' 下列出 {id!r} 或其类型 {kinds[id]!r}",
                        f"{id!r} or its type {kinds[id]!r} under 'priorities'",
                    ),
                    "",
                )
            )
    return found


def _reserve(model: Model, path: Path, store: str) -> list[Found]:
    """Check one store of a reserve entry."""
    if store in model.quotas:
        message = Message(
            f"{store!r} 是指标；指标的预留由计划得出，不在此列",
            f"{store!r} is a quota; what quotas keep is planned, not listed",
        )
        return [
            (
                path,
                message,
                Message(
                    "模型写 reserve: {mode: planned}，此处写水库",
                    "reserve: {mode: planned} for the model, stores here",
                ),
                "",
            )
        ]
    found = _unknown(path, store, unknown.STORE, model.stores)
    if not found and model.stores[store].reserve is None:
        found = [
            (
                path,
                Message(f"水库 {store!r} 没有旱限曲线", f"store {store!r} has no reserve curve"),
                f"stores.{store}.reserve",
                "",
            )
        ]
    return found


def _grades(model: Model) -> list[Found]:
    """Water grades are declared."""
    found: list[Found] = []
    for section in ("sources", "stores", "works"):
        for id, element in getattr(model, section).items():
            grade = element.grade
            if grade is not None:
                found += _unknown((section, id, "grade"), grade, unknown.GRADE, model.grades)
    for id, demand in model.demands.items():
        for index, grade in enumerate(demand.accepts or []):
            path: Path = ("demands", id, "accepts", index)
            found += _unknown(path, grade, unknown.GRADE, model.grades)
    return found
