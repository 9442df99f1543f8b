"""Projects as parts of a model: a demand for each way in which a project may be served, with its links and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waterbal.capacity.project import Feed, Project, ProjectFile
from waterbal.errors import ConfigError, Message
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.marks import MarkNode
from waterbal.model.overrides import Change
from waterbal.model.root import Model
from waterbal.model.values import Number

NORMAL, RECLAIMED, CURTAILED = "", "_reclaimed", "_curtailed"
"""Ends of the ids of the demands of a project: as it is planned; fed with reclaimed water alone; in a later class."""
WAYS = (NORMAL, RECLAIMED, CURTAILED)


@dataclass(frozen=True)
class Placed:
    """A project in a model."""

    file: ProjectFile
    ways: tuple[str, ...]
    """Those of ``WAYS`` that there are."""

    @property
    def project(self) -> Project:
        """The project."""
        return self.file.project

    @property
    def demands(self) -> tuple[str, ...]:
        """Ids of its demands."""
        return tuple(self.project.id + way for way in self.ways)


def placed(file: ProjectFile, model: Model) -> Placed:
    """Find the ways in which a project may be served.

    Parameters
    ----------
    file : ProjectFile
    model : Model
        Without the project.
    """
    project = file.project
    ways = [NORMAL]
    if reclaimed_feeds(project, model):
        ways.append(RECLAIMED)
    if project.curtailable_with is not None:
        ways.append(CURTAILED)
    return Placed(file, tuple(ways))


def tail(feed: Feed, model: Model) -> str:
    """Give the place at which a feed takes water: the end of a link, or the element itself."""
    return model.links[feed.from_].to if feed.from_ in model.links else feed.from_


def reclaimed_feeds(project: Project, model: Model) -> list[Feed]:
    """List the feeds that carry reclaimed water which the project accepts."""
    grades = {source.grade for source in model.sources.values() if isinstance(source, Reclaimed)} - {None}
    found = []
    for feed in project.feeds:
        place = tail(feed, model)
        from_plant = isinstance(model.sources.get(place), Reclaimed)
        if (feed.grade in grades and feed.grade in project.accepts) or (from_plant and not model.grades):
            found.append(feed)
    return found


def edits(
    projects: Sequence[Placed],
    model: Model,
    priorities: Sequence[Any],
    factors: Mapping[str, float] | None = None,
) -> list[Change]:
    """Give the changes that put projects into a model, each with its own place in the files.

    Parameters
    ----------
    projects : sequence of Placed
    model : Model
        Without the projects.
    priorities : sequence
        Priority list of the model, as plain values.
    factors : mapping, optional
        Factor on the need of each of their demands; those that are not named are not put in. All are built out if not
        given.

    Raises
    ------
    ConfigError
        If a class that a project is to be served with is not there.
    """
    classes = [dict(entry) for entry in priorities]
    found: list[Change] = []
    for one in projects:
        for way in one.ways:
            factor = 1.0 if factors is None else factors.get(one.project.id + way, 0.0)
            if factor <= 0.0:
                continue
            found += _demand(one.file, way, model, factor)
            wanted = one.project.curtailable_with if way == CURTAILED else one.project.served_with
            assert wanted is not None
            members = [entry.get("demands") or [] for entry in classes]
            place = class_of(wanted, members, model)
            if place is None:
                raise ConfigError(
                    one.file.issue(
                        ("served_with",),
                        Message(
                            f"{wanted!r} 不在优先次序的任何一级",
                            f"{wanted!r} is in no class of the priority list",
                        ),
                    )
                )
            entry = classes[place]
            entry["demands"] = [*entry["demands"], one.project.id + way]
    if found:
        found.append(Change("priorities", classes, projects[-1].file.mark("served_with")))
    return found


def _demand(file: ProjectFile, way: str, model: Model, factor: float) -> list[Change]:
    project, raw = file.project, file.config
    id = project.id + way
    feeds = [feed for feed in project.feeds if feed.planned]
    if way == RECLAIMED:
        feeds = reclaimed_feeds(project, model)
    value: dict[str, Any] = {
        "type": project.type,
        "zone": project.zone,
        "name": project.name.model_dump(),
        "provenance": raw["provenance"],
        "need": {"annual": stated(project.arriving * factor, "万m3/yr", project.annual)},
        "profile": raw.get("profile"),
        "accepts": raw.get("accepts") if model.grades else None,
        "guarantee": None if way == CURTAILED else raw.get("guarantee"),
        "tolerance": raw.get("tolerance"),
    }
    back = project.returns
    if back is not None:
        share = stated(back.share.scalar() * project.reaching, "", back.share)
        value["returns"] = [{"to": back.to, "share": share}]
    node = _node(file.mark(), {
        "zone": file.mark("zone"), "need": file.mark("annual"), "profile": file.mark("profile"),
        "accepts": file.mark("accepts"), "guarantee": file.mark("guarantee"), "tolerance": file.mark("tolerance"),
        "returns": _node(file.mark("returns"), {
            0: _node(file.mark("returns"), {"to": file.mark("returns", "to"), "share": file.mark("returns", "share")}),
        }),
    })  # fmt: skip
    found = [Change(f"demands.{id}", {k: v for k, v in value.items() if v is not None}, node)]
    for feed in feeds:
        index = project.feeds.index(feed)
        mark = file.mark("feeds", index)
        raw_feed = raw["feeds"][index]
        link: dict[str, Any] = {"from": tail(feed, model), "to": id, "provenance": raw["provenance"]}
        link |= {name: raw_feed[name] for name in ("capacity", "loss") if name in raw_feed}
        children = {name: file.mark("feeds", index, name) for name in ("from", "capacity", "loss")}
        found.append(Change(f"links.{id}_from_{tail(feed, model)}", link, _node(mark, children)))
    return found


def stated(value: float, unit: str, of: Number) -> dict[str, Any]:
    """Write a number with the source and grade of the one it is worked out from."""
    return {"value": f"{value!r} {unit}".rstrip() if unit else value, "source": of.source, "grade": of.grade}


def _node(at: MarkNode, children: Mapping[Any, MarkNode]) -> MarkNode:
    keys = {key: (node.file, node.line, node.column) for key, node in children.items()}
    return MarkNode(at.file, at.line, at.column, keys, dict(children))


def class_of(name: str, classes: Sequence[Sequence[str]], model: Model) -> int | None:
    """Find the class of a demand, or of a type of demand; the last one where its parts are in several.

    Parameters
    ----------
    name : str
        Demand or type.
    classes : sequence of sequence of str
        Members of each class: demands, types, or parts of demands.
    model : Model

    Returns
    -------
    int, optional
        None if it is in no class.
    """
    kind = str(getattr(model.demands.get(name), "type", ""))
    for wanted in (name, kind):
        for index in reversed(range(len(classes))):
            if wanted and wanted in [member.split("/")[0] for member in classes[index]]:
                return index
    of_kind = [id for id, demand in model.demands.items() if getattr(demand, "type", "") == name]
    return class_of(of_kind[0], classes, model) if of_kind else None


def upstream(model: Model, place: str, *, stop_at_stores: bool = False) -> set[str]:
    """Name the places and links from which water comes to a place, itself included."""
    into: dict[str, list[tuple[str, str]]] = {}
    for id, link in model.links.items():
        into.setdefault(link.to, []).append((id, link.from_))
    seen, waiting = {place}, [place]
    while waiting:
        here = waiting.pop()
        if stop_at_stores and here in model.stores:
            continue
        for id, before in into.get(here, []):
            seen.add(id)
            if before not in seen:
                seen.add(before)
                waiting.append(before)
    return seen
