"""Axes and the scenarios they make: the product without what is excluded, or an explicit list."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from waterbal.errors import Message, nearest, one_of
from waterbal.model.base import Label
from waterbal.model.marks import Key, Marks, Path
from waterbal.model.overrides import Change
from waterbal.model.problems import Problem
from waterbal.scenarios.changes import changes_in, node_at
from waterbal.scenarios.spec import AxisSpec, Choice, ListedScenario, StudySpec

MAX_SCENARIOS = 1_000_000
"""Most scenarios of one study."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, eq=False)
class AxisValue:
    """One value of an axis and what it changes."""

    value: Choice
    """Number or ASCII name."""
    name: Label
    changes: tuple[Change, ...]
    key: Key
    """Its name as written."""
    place: tuple[str, int, int]
    """File, line and column where it is written."""


@dataclass(frozen=True, eq=False)
class Axis:
    """A named axis."""

    id: str
    name: Label
    values: tuple[AxisValue, ...]

    def find(self, value: Choice) -> AxisValue | None:
        """Give the value that equals a number or name."""
        return next((own for own in self.values if _same(own.value, value)), None)


@dataclass(frozen=True)
class Combination:
    """One value of each axis, and what an entry of a list says of it."""

    values: tuple[AxisValue, ...]
    id: str = ""
    name: Label | None = None
    path: Path = ()
    """Entry of the list that it comes from."""


@dataclass
class Space:
    """What the axes of a scenario file make, and what is wrong with them."""

    axes: tuple[Axis, ...] = ()
    combinations: list[Combination] = field(default_factory=list)
    baseline: int | None = None
    """Position of the baseline among the combinations."""
    problems: list[Problem] = field(default_factory=list)


def space(spec: StudySpec, marks: Marks, reserved: Callable[[str], bool] = lambda _: False) -> Space:
    """Build the axes of a scenario file and combine their values.

    Parameters
    ----------
    spec : StudySpec
        Validated file.
    marks : Marks
        Positions in the file.
    reserved : callable
        Tells of a name whether an axis cannot have it.
    """
    result = Space()
    if not spec.axes and spec.sampling is None:
        at = ("axes",) if "axes" in node_at(marks, ()).children else ()
        result.problems.append(
            Problem(
                at,
                Message("既没有维度（axes）也没有抽样（sampling）", "there are neither axes nor sampling"),
                Message("至少一个维度", "at least one axis"),
                at_key=True,
            )
        )
    axes = []
    for id, axis in spec.axes.items():
        if reserved(id):
            message = Message(
                f"{id!r} 是成果中已有的维度或变量名",
                f"{id!r} is the name of a dimension or variable of results",
            )
            result.problems.append(
                Problem(
                    ("axes", id), message, Message("换一个维度名", "another name of the axis"), at_key=True
                )
            )
        axes.append(_axis(id, axis, spec, marks, result.problems))
    result.axes = tuple(axes)
    _combine(spec, result)
    return result


def _axis(id: str, spec: AxisSpec, study: StudySpec, marks: Marks, problems: list[Problem]) -> Axis:
    """Build one axis."""
    values: list[AxisValue] = []
    for key, given in spec.values.items():
        path: Path = ("axes", id, "values", key)
        value = _value(key)
        if value is None:
            expected = Message(
                "一个数，或小写字母、数字和 '_'；其他文字写在 'name' 下",
                "a number, or lower-case letters, digits and '_'; other languages go under 'name'",
            )
            problems.append(
                Problem(
                    path,
                    Message(f"{key!r} 不能作为值的名称", f"{key!r} is no name of a value"),
                    expected,
                    at_key=True,
                )
            )
            continue
        same = next((own for own in values if _same(own.value, value)), None)
        if same is not None:
            message = Message(
                f"{key!r} 与 {same.value!r} 是同一个数", f"{key!r} is the same number as {same.value!r}"
            )
            problems.append(Problem(path, message, Message("每个值只列一次", "each value once"), at_key=True))
            continue
        if values and isinstance(value, str) != isinstance(values[0].value, str):
            message = Message(
                f"{key!r} 是{'名称' if isinstance(value, str) else '数'}，而该维度的其他值不是",
                f"{key!r} is {'a name' if isinstance(value, str) else 'a number'}, others of the axis are not",
            )
            problems.append(
                Problem(
                    path, message, Message("全用数，或全用名称", "numbers or names, not both"), at_key=True
                )
            )
            continue
        changes: tuple[Change, ...] = ()
        if given is not None:
            owners = (given.provenance, spec.provenance, study.provenance)
            changes = changes_in(given.set, (*path, "set"), marks, owners)
            changes += changes_in(given.times, (*path, "times"), marks, owners, times=True)
        name = (given.name if given is not None else None) or Label(zh=str(value), en=str(value))
        values.append(AxisValue(value, name, changes, key, marks.place(path, key=True)))
    return Axis(id, spec.name or Label(zh=id, en=id), tuple(values))


def _value(key: Key) -> Choice | None:
    """Read the name of a value: a number or an ASCII name."""
    if isinstance(key, int) or _NAME.fullmatch(key):
        return key
    if _NUMBER.fullmatch(key) and math.isfinite(float(key)):
        return float(key)
    return None


def _same(one: Choice, other: Choice) -> bool:
    """Tell whether two values are the same number or the same name."""
    return isinstance(one, str) == isinstance(other, str) and one == other


def _combine(spec: StudySpec, result: Space) -> None:
    """Make the combinations, and find the baseline among them."""
    axes, problems = result.axes, result.problems
    baseline = None
    if spec.baseline is not None:
        baseline = _baseline(spec.baseline, axes, problems)
    if spec.scenarios is not None:
        if spec.exclude:
            problems.append(
                Problem(
                    ("exclude",),
                    Message("方案已逐个列出", "the scenarios are listed"),
                    Message("只在各维度组合时使用 exclude", "exclude with the product"),
                    at_key=True,
                )
            )
        result.combinations = _listed(spec.scenarios, axes, baseline, problems)
    else:
        result.combinations = _product(spec.exclude, axes, problems)
    _check_ids(result)
    if baseline is None or problems:
        return
    at = [number for number, one in enumerate(result.combinations) if one.values == baseline]
    if at:
        result.baseline = at[0]
    else:
        how = (
            Message("已被排除", "excluded")
            if spec.scenarios is None
            else Message("不在所列方案之中", "not among the listed scenarios")
        )
        problems.append(
            Problem(
                ("baseline",),
                Message(f"基准方案{how.zh}", f"the baseline is {how}"),
                Message("其中一个方案", "one of the scenarios"),
                at_key=True,
            )
        )


def _baseline(
    given: Mapping[str, Choice], axes: Sequence[Axis], problems: list[Problem]
) -> tuple[AxisValue, ...] | None:
    """Find the values of the baseline; None if one is missing or wrong."""
    chosen = _chosen(given, ("baseline",), axes, problems)
    missing = [axis.id for axis in axes if len(axis.values) > 1 and axis.id not in given]
    if missing:
        named = ", ".join(repr(id) for id in missing)
        message = Message(f"基准方案缺少 {named} 的值", f"the baseline has no value of {named}")
        problems.append(
            Problem(
                ("baseline",),
                message,
                Message("凡有多个值的维度各给一个值", "one value of every axis that has several"),
                at_key=True,
            )
        )
    if chosen is None or missing or not all(axis.values for axis in axes):
        return None
    return tuple(chosen[axis.id][0] if axis.id in chosen else axis.values[0] for axis in axes)


def _chosen(
    given: Mapping[str, Choice | list[Choice]], path: Path, axes: Sequence[Axis], problems: list[Problem]
) -> dict[str, list[AxisValue]] | None:
    """Look up values by axis; None if one is unknown."""
    known = {axis.id: axis for axis in axes}
    chosen: dict[str, list[AxisValue]] = {}
    before = len(problems)
    for id, wanted in given.items():
        axis = known.get(id)
        if axis is None:
            message = Message(f"没有维度 {id!r}", f"there is no axis {id!r}")
            problems.append(Problem((*path, id), message, one_of(known), nearest(id, known), at_key=True))
            continue
        many = wanted if isinstance(wanted, list) else [wanted]
        for index, value in enumerate(many):
            found = axis.find(value)
            if found is not None:
                chosen.setdefault(id, []).append(found)
                continue
            names = [str(own.value) for own in axis.values]
            place = (*path, id, index) if isinstance(wanted, list) else (*path, id)
            message = Message(f"维度 {id!r} 没有值 {value!r}", f"axis {id!r} has no value {value!r}")
            problems.append(Problem(place, message, one_of(names), nearest(value, names)))
    return chosen if len(problems) == before else None


def _product(
    exclude: Sequence[Mapping[str, Choice | list[Choice]]], axes: Sequence[Axis], problems: list[Problem]
) -> list[Combination]:
    """Give the product of all axes without what is excluded; the last axis runs fastest."""
    left_out = []
    for index, given in enumerate(exclude):
        path: Path = ("exclude", index)
        if not given:
            problems.append(
                Problem(
                    path,
                    Message("没有写任何值，等于排除全部方案", "nothing is named, which excludes everything"),
                    Message("各维度的值", "values of axes"),
                )
            )
            continue
        chosen = _chosen(given, path, axes, problems)
        if chosen is not None:
            left_out.append(
                [(place, chosen[axis.id]) for place, axis in enumerate(axes) if axis.id in chosen]
            )
    size = math.prod(len(axis.values) for axis in axes)
    if size > MAX_SCENARIOS:
        message = Message(f"各维度组合得到 {size:,} 个方案", f"the product has {size:,} scenarios")
        problems.append(
            Problem(
                ("axes",),
                message,
                Message(f"不超过 {MAX_SCENARIOS:,} 个", f"at most {MAX_SCENARIOS:,}"),
                at_key=True,
            )
        )
        return []

    def excluded(values: tuple[AxisValue, ...]) -> bool:
        return any(all(values[place] in wanted for place, wanted in match) for match in left_out)

    product = itertools.product(*(axis.values for axis in axes))
    kept = [Combination(values) for values in product if not excluded(values)]
    if not kept and size and not problems:
        problems.append(
            Problem(
                ("exclude",),
                Message(f"全部 {size} 个方案都被排除", f"all {size} scenarios are excluded"),
                Message("留下一些方案", "some left"),
                at_key=True,
            )
        )
    return kept


def _listed(
    listed: Sequence[ListedScenario],
    axes: Sequence[Axis],
    baseline: tuple[AxisValue, ...] | None,
    problems: list[Problem],
) -> list[Combination]:
    """Give the scenarios of an explicit list; what the products of its entries share counts once."""
    found: dict[tuple[AxisValue, ...], Combination] = {}
    for index, entry in enumerate(listed):
        path: Path = ("scenarios", index)
        chosen = _chosen(entry.values, (*path, "values"), axes, problems)
        missing = [axis.id for axis in axes if len(axis.values) > 1 and axis.id not in entry.values]
        if missing and baseline is None:
            named = ", ".join(repr(id) for id in missing)
            message: str = Message(f"方案缺少 {named} 的值", f"the scenario has no value of {named}")
            problems.append(
                Problem(
                    path,
                    message,
                    Message("每个维度各一个值，或给出基准方案", "a value of every axis, or a baseline"),
                )
            )
        if chosen is None or not all(axis.values for axis in axes) or (missing and baseline is None):
            continue
        fallback = baseline or tuple(axis.values[0] for axis in axes)
        options = [chosen.get(axis.id, [own]) for axis, own in zip(axes, fallback, strict=True)]
        several = math.prod(len(option) for option in options) > 1
        if several and (entry.id or entry.name):
            message = Message(
                "id 或名称只能属于一个方案，而这一条代表多个",
                "an id or name belongs to one scenario, the entry stands for several",
            )
            problems.append(
                Problem(
                    (*path, "id" if entry.id else "name"),
                    message,
                    Message("每个维度只给一个值", "one value of each axis"),
                    at_key=True,
                )
            )
        for values in itertools.product(*options):
            if values not in found:
                found[values] = Combination(values, entry.id or "", entry.name, path)
            elif not several:
                first = found[values].path
                message = Message(
                    f"该方案列了两次，第一次是所列的第 {int(first[1]) + 1} 个",
                    f"the scenario is listed twice, first as number {int(first[1]) + 1} of the list",
                )
                problems.append(Problem(path, message, Message("每个方案只列一次", "each scenario once")))
    return list(found.values())


def scenario_id(one: Combination) -> str:
    """Give the id of a scenario: its own, or its values joined by '-'."""
    return one.id or "-".join(str(value.value) for value in one.values)


def _check_ids(result: Space) -> None:
    """Report ids that two scenarios have."""
    first: dict[str, Combination] = {}
    for one in result.combinations:
        id = scenario_id(one)
        if id in first:
            path = one.path if one.id else first[id].path
            place = (*path, "id") if path else ("axes",)
            result.problems.append(
                Problem(
                    place,
                    Message(f"两个方案的 id 都是 {id!r}", f"two scenarios have the id {id!r}"),
                    Message("各自的 id", "ids of their own"),
                )
            )
        first.setdefault(id, one)
