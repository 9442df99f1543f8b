"""Checks of outages: what they name exists, when they begin is in the run, what is left has a capacity."""

from __future__ import annotations

from collections.abc import Iterable

from waterbal.errors import Message, nearest, one_of
from waterbal.model.elements.outage import Outage
from waterbal.model.elements.works.junction import Junction
from waterbal.model.marks import Path
from waterbal.model.root import Model
from waterbal.model.rows import TimeAxis
from waterbal.model.unknown import SHOWN

Found = tuple[Path, str, str, str]


def outage_problems(model: Model) -> list[Found]:
    """Give the problems of the outages of a model."""
    if not model.outages:
        return []
    axis = model.time.axis()
    names = [*model.sources, *model.links, *model.works, *model.stores]
    found: list[Found] = []
    for id, outage in model.outages.items():
        path: Path = ("outages", id)
        for index, name in enumerate(outage.of):
            if name not in names:
                expected = one_of([*names[:SHOWN], *(["..."] if len(names) > SHOWN else [])])
                message = Message(
                    f"没有名为 {name!r} 的水源、连接、工程或水库",
                    f"{name!r} is not a source, link, works or store",
                )
                found.append(((*path, "of", index), message, expected, nearest(name, names)))
            elif outage.left > 0.0:
                for where in _without_capacity(model, name):
                    message = Message(
                        f"{where} 没有写明能力，无从保留其 {outage.left:g}",
                        f"{where} has no capacity that a share of {outage.left:g} could be left of",
                    )
                    expected = Message("写明能力，或全部停供", "a capacity, or nothing left")
                    found.append(((*path, "left"), message, expected, ""))
        found += _when(path, outage, axis)
    return found


def cut_short(model: Model) -> list[Message]:
    """Name the outages that last beyond the end of the run, which has no more than a part of them."""
    if not model.outages:
        return []
    axis = model.time.axis()
    last = int(axis.year[-1] * 12 + axis.month[-1] - 1)
    told = []
    for id, outage in model.outages.items():
        begin = outage.begin(axis)
        if outage.every is not None:
            begin += (last - begin) // (12 * outage.every) * 12 * outage.every
        inside = last - begin + 1
        if inside < outage.months:
            told.append(
                Message(
                    f"停供 {id} 自 {_text(begin)} 起 {outage.months} 个月，模拟止于 {_text(last)}："
                    f"只有 {inside} 个月在内",
                    f"outage {id} lasts {outage.months} months from {_text(begin)}, the run ends in {_text(last)}: "
                    f"{inside} of them are in it",
                )
            )
    return told


def _without_capacity(model: Model, name: str) -> Iterable[str]:
    """Name what carries the water of an element without a stated limit."""
    if name in model.stores:
        return [id for id, link in model.links.items() if link.from_ == name and link.capacity is None]
    if name in model.links:
        return [name] if model.links[name].capacity is None else []
    work = model.works.get(name)
    return [name] if isinstance(work, Junction) and work.capacity is None else []


def _when(path: Path, outage: Outage, axis: TimeAxis) -> list[Found]:
    """Report an outage that begins outside the run, or in the part that warms it up."""
    begin = outage.begin(axis)
    first, last = int(axis.year[0] * 12 + axis.month[0] - 1), int(axis.year[-1] * 12 + axis.month[-1] - 1)
    place = (*path, "from" if outage.from_ is not None else "year")
    if not first <= begin <= last:
        span = Message(f"{_text(first)} 至 {_text(last)}", f"{_text(first)} to {_text(last)}")
        message = Message(
            f"停供始于 {_text(begin)}，不在模拟期内",
            f"the outage begins in {_text(begin)}, which is not in the run",
        )
        return [(place, message, span, "")]
    if outage.out(axis)[: axis.warm_up].any():
        message = Message(
            f"停供始于 {_text(begin)}，处于预热期内",
            f"the outage begins in {_text(begin)}, in the part of the record that warms up the run",
        )
        expected = Message("更晚的月份，或更短的 warm_up", "a later month, or a shorter warm_up")
        return [(place, message, expected, "")]
    return []


def _text(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
