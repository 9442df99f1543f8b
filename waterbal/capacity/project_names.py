"""Names in a project file that have to be those of the model in which it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from waterbal.capacity.admission_model import CURTAILED, RECLAIMED, class_of
from waterbal.capacity.project import Project, ProjectFile, Scanned, listed
from waterbal.errors import Issue, Message, nearest, one_of
from waterbal.model.draft import join_issues
from waterbal.model.marks import Path as Place
from waterbal.model.problems import Problem, place
from waterbal.model.root import Model


def project_issues(file: ProjectFile, model: Model) -> list[Issue]:
    """List what does not fit between a project and a model."""
    found = [*reference_problems(file.config, model), *_return_problems(file.project, model)]
    return [
        file.issue(problem.path, problem.message, problem.expected, problem.nearest, key=problem.at_key)
        for problem in found
    ]


def reference_issues(scanned: Scanned, model: Model) -> list[Issue]:
    """List the names in a project file that do not fit a model, whatever else is wrong with the file."""
    found = [place(problem, scanned.marks) for problem in reference_problems(scanned.config, model)]
    return join_issues(list(scanned.issues), found)[len(scanned.issues) :]


def reference_problems(given: Mapping[Any, Any], model: Model) -> Iterator[Problem]:
    """Tell which names in a project are not those of a model; what is no name at all is passed over.

    Parameters
    ----------
    given : mapping
        Fields of a project file, checked or not.
    model : Model
    """
    users = [*model.demands, *dict.fromkeys(str(getattr(d, "type", "")) for d in model.demands.values())]
    places = [*model.sources, *model.stores, *model.works, *model.links]
    known = [*places, *model.demands, *model.quotas, *model.drought, *users]
    if given.get("id") in known:
        message = Message(
            f"{given['id']!r} 已是模型中某个对象的名称",
            f"{given['id']!r} is already the name of a part of the model",
        )
        yield Problem(("id",), message, Message("另一个 id", "another id"))
    yield from _derived(given, model)
    a_user = Message("用户或用户类型", "a demand or type of demand")
    yield from _unknown(given, ("zone",), Message("模型中的分区", "a zone of the model"), model.zones)
    yield from _unknown(given, ("served_with",), a_user, users)
    yield from _unknown(given, ("curtailable_with",), a_user, users)
    yield from _earlier(given, model)
    yield from _unknown(given, ("offset", "demand"), Message("用户", "a demand"), model.demands)
    accepts = listed(given.get("accepts"))
    for index, feed in enumerate(listed(given.get("feeds"))):
        a_place = Message("有水的地点", "a place that has water")
        yield from _unknown(given, ("feeds", index, "from"), a_place, places)
        grade = feed.get("grade") if isinstance(feed, dict) else None
        if isinstance(grade, str) and grade not in accepts:
            message = Message(
                f"水质等级 {grade!r} 不在项目可接受的等级之中",
                f"grade {grade!r} is none that the project accepts",
            )
            yield Problem(("feeds", index, "grade"), message, one_of(accepts))
    for index in range(len(accepts)):
        a_grade = Message("模型中的水质等级", "a water grade of the model")
        yield from _unknown(given, ("accepts", index), a_grade, model.grades)
    if model.grades and not accepts:
        yield Problem(
            (),
            Message("缺少 'accepts' 一项", "key 'accepts' is missing"),
            Message("项目可使用的水质等级", "the water grades it may be given"),
            at_key=True,
        )
    yield from _unknown(
        given, ("returns", "to"), Message("工程、再生水水源或 'outside'", "works, a reclaimed source or 'outside'"),
        [*model.works, *model.sources, *model.stores, "outside"],
    )  # fmt: skip


def _derived(given: Mapping[Any, Any], model: Model) -> Iterator[Problem]:
    """Tell which names that a project brings with it are those of parts of the model."""
    ways = [RECLAIMED, *([CURTAILED] if given.get("curtailable_with") is not None else [])]
    demands = {f"{given.get('id')}{way}" for way in ways}
    places = [feed.get("from") for feed in listed(given.get("feeds")) if isinstance(feed, dict)]
    ends = [
        model.links[place].to if place in model.links else place for place in places if isinstance(place, str)
    ]
    links = {f"{demand}_from_{end}" for demand in (str(given.get("id")), *demands) for end in ends}
    for name in sorted((demands & set(model.demands)) | (links & set(model.links))):
        message = Message(
            f"项目 {given.get('id')!r} 在模型中要用 {name!r} 这一名称，而模型已有",
            f"the project {given.get('id')!r} brings {name!r} into the model, which has it already",
        )
        yield Problem(("id",), message, Message("另一个 id", "another id"))


def _earlier(given: Mapping[Any, Any], model: Model) -> Iterator[Problem]:
    """Tell where the class in which a project may be cut is not after the one in which it is served."""
    classes = [getattr(entry, "demands", None) or [] for entry in model.priorities]
    usual, cut = (
        class_of(str(given.get(key)), classes, model) for key in ("served_with", "curtailable_with")
    )
    if usual is not None and cut is not None and cut <= usual:
        message = Message(
            "干旱时可压减的一级不在正常供水的一级之后",
            "the class in which it may be cut does not come after the one in which it is served",
        )
        yield Problem(("curtailable_with",), message, Message("更后一级的用户", "a user of a later class"))


def _return_problems(project: Project, model: Model) -> Iterator[Problem]:
    back = project.returns
    if back is None:
        return
    waters = model.capacity.receiving_waters if model.capacity is not None else {}
    if back.share.scalar() > 0.0 and waters and back.quality is None:
        message = Message(
            "缺少退水水质：模型中有受纳水体",
            "the quality of what is given back is missing: the model has receiving waters",
        )
        yield Problem(("returns",), message, "quality: {cod: 50 g/m3}", at_key=True)


def _unknown(given: Any, path: Place, what: Message, valid: Any) -> Iterator[Problem]:
    """Report the name at a path if it is none of the valid ones."""
    names, name = list(valid), given
    for part in path:
        inside = (isinstance(name, dict) and part in name) or (
            isinstance(name, list) and isinstance(part, int)
        )
        if not inside:
            return
        name = name[part]
    if isinstance(name, str) and name not in names:
        shown = one_of([*names[:12], *(["..."] if len(names) > 12 else [])])
        yield Problem(
            path,
            Message(f"没有名为 {name!r} 的{what.zh}", f"{name!r} is not {what}"),
            shown if names else what,
            nearest(name, names),
        )
