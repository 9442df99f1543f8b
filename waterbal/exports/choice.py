"""What of a result is to be written: scenarios, realizations, variables, elements and dates, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from waterbal.errors import Issue, Message, UsageError, WaterbalError, joined, nearest
from waterbal.results.accessor_text import kind

if TYPE_CHECKING:
    import xarray as xr

LEADING = ("scenario", "realization")
AXES = ("time", "year")
INPUTS = ("input_series", "planning_series", "reference_series")
"""Variables that are written only when named: their units differ from series to series."""
SHOWN = 12
"""Names of a long list that a message tells."""


@dataclass(frozen=True)
class Choice:
    """What a user asks for; empty for everything."""

    scenarios: tuple[str, ...] = ()
    """Each an id, or ``axis=value,axis=value``."""
    realizations: tuple[int, ...] = ()
    """Numbers, as the file has them."""
    variables: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    """Ids."""
    first: str = ""
    """First date, ``2001-05-21`` or ``2001-05``."""
    last: str = ""
    """Last date, itself included, likewise."""


@dataclass(frozen=True, eq=False)
class Group:
    """Variables that have the same dimensions."""

    leading: tuple[str, ...]
    """Those of ``scenario`` and ``realization`` that they have."""
    elements: tuple[str, ...]
    """Further dimensions, such as ``demand``."""
    axis: str
    """``time``, ``year``, or empty."""
    data: xr.Dataset
    """Each variable with the dimensions in this order; with the coordinates of the result."""

    @property
    def name(self) -> str:
        """A word for files and messages."""
        kind = "-".join(self.elements) or "district"
        if self.axis:
            return kind + ("-yearly" if self.axis == "year" else "")
        told = {LEADING: "overall", (): "fixed"}
        return f"{kind}-{told.get(self.leading, 'by-' + '-'.join(self.leading))}"

    @property
    def variables(self) -> list[str]:
        """Names of the variables."""
        return [str(name) for name in self.data.data_vars if name != "time_bnds"]

    def ids(self, dimension: str) -> list[str]:
        """Give the ids of the elements along a dimension, or their numbers."""
        return ids_of(self.data, dimension)

    def stations(self) -> list[str]:
        """Give one id for each combination of elements, the last dimension running fastest."""
        joined = [""]
        for dimension in self.elements:
            joined = [
                f"{left}.{right}" if left else right for left in joined for right in self.ids(dimension)
            ]
        return joined if self.elements else ["district"]


def ids_of(results: xr.Dataset, dimension: str) -> list[str]:
    """Give the ids of the elements along a dimension, or their numbers."""
    for name in (f"{dimension}_id", dimension):
        if name in results.coords and results[name].dims == (dimension,):
            return [str(value) for value in results[name].values.tolist()]
    return [str(number) for number in range(results.sizes[dimension])]


def select(results: xr.Dataset, choice: Choice, *, series_only: bool) -> list[Group]:
    """Select from a result.

    Parameters
    ----------
    results : Dataset
        As ``open_result`` gives it.
    choice : Choice
        What is wanted; dates are left for ``between``.
    series_only : bool
        Whether variables without time are refused, or left out where none is named.

    Returns
    -------
    list of Group
        In the order of their first variables.

    Raises
    ------
    UsageError
        With every name that is unknown, or if nothing is left.
    """
    problems: list[Issue] = []
    places: dict[str, npt.NDArray[np.intp]] = {}
    for pick in (_scenarios, _realizations):
        try:
            places |= pick(results, choice)
        except WaterbalError as error:
            problems += error.issues
    names: list[str] = []
    try:
        names = _variables(results, choice.variables, series_only)
    except WaterbalError as error:
        problems += error.issues
    if names:
        try:
            names, chosen = _elements(results, names, choice)
            places |= chosen
        except WaterbalError as error:
            problems += error.issues
    if problems:
        raise UsageError(problems)
    return _grouped(results, names, places)


def _grouped(results: xr.Dataset, names: list[str], places: dict[str, npt.NDArray[np.intp]]) -> list[Group]:
    """Put variables of the same dimensions together, cut to what is chosen."""
    together: dict[tuple[tuple[str, ...], tuple[str, ...], str], list[str]] = {}
    for name in names:
        dims = [str(dim) for dim in results[name].dims]
        leading = tuple(dim for dim in LEADING if dim in dims)
        axis = next((dim for dim in AXES if dim in dims), "")
        key = (leading, tuple(dim for dim in dims if dim not in (*LEADING, *AXES)), axis)
        together.setdefault(key, []).append(name)
    groups = []
    for (leading, elements, axis), own in together.items():
        extra = ["time_bnds"] if axis == "time" and "time_bnds" in results else []
        data = results[own + extra]
        data = data.isel({dim: found for dim, found in places.items() if dim in data.dims})
        order = (*leading, *elements, *([axis] if axis else []))
        data = data.assign({name: data[name].transpose(*order) for name in own})
        groups.append(Group(leading, elements, axis, data))
    return groups


def _shown(names: Sequence[Any]) -> str:
    listed = [name if isinstance(name, str) else str(name) for name in names[:SHOWN]]
    return joined(listed, ", ") + (", ..." if len(names) > SHOWN else "")


def _scenarios(results: xr.Dataset, choice: Choice) -> dict[str, npt.NDArray[np.intp]]:
    if not choice.scenarios:
        return {}
    if "scenario" not in results.dims:
        raise UsageError(Issue(Message("该成果没有方案", "the result has no scenarios"), "--scenario"))
    known = ids_of(results, "scenario")
    axes = _axes(results)
    chosen: list[int] = []
    problems: list[Issue] = []
    for text in choice.scenarios:
        if text in known:
            chosen.append(known.index(text))
        elif "=" in text:
            found, wrong = _by_axes(text, axes, len(known))
            problems += wrong
            chosen += found
        else:
            told = Message(f"没有方案 {text!r}", f"there is no scenario {text!r}")
            named = ", ".join(axes)
            more = Message(f"；或 维度=值，维度为 {named}", f"; or axis=value with an axis of {named}")
            expected = Message("", "") + _shown(known) + (more if axes else "")
            problems.append(Issue(told, "--scenario", expected=expected, nearest=nearest(text, known)))
    if problems:
        raise UsageError(problems)
    return {"scenario": np.array(list(dict.fromkeys(chosen)), dtype=np.intp)}


def _axes(results: xr.Dataset) -> dict[str, list[str]]:
    """Give the values of every axis, as text, for each scenario."""
    return {
        str(name): [str(value) for value in coordinate.values.tolist()]
        for name, coordinate in results.coords.items()
        if coordinate.dims == ("scenario",) and "scenario_axis" in coordinate.attrs
    }


def _by_axes(text: str, axes: dict[str, list[str]], count: int) -> tuple[list[int], list[Issue]]:
    """Find the scenarios whose axes have the values named."""
    wanted: dict[str, set[str]] = {}
    problems: list[Issue] = []
    axis = ""
    for word in (part.strip() for part in text.split(",")):
        name, equals, value = word.partition("=")
        axis, value = (name.strip(), value.strip()) if equals else (axis, word)
        if axis not in axes:
            expected = (
                Message(f"维度=值，维度为 {', '.join(axes)}", f"axis=value with an axis of {', '.join(axes)}")
                if axes
                else Message("方案的 id", "the id of a scenario")
            )
            told = Message(f"没有维度 {axis!r}", f"there is no axis {axis!r}")
            problems.append(Issue(told, "--scenario", expected=expected, nearest=nearest(axis, axes)))
        elif value not in axes[axis]:
            known = list(dict.fromkeys(axes[axis]))
            told = Message(f"维度 {axis!r} 没有值 {value!r}", f"axis {axis!r} has no value {value!r}")
            near = nearest(value, known)
            problems.append(Issue(told, "--scenario", expected=_shown(known), nearest=near))
        else:
            wanted.setdefault(axis, set()).add(value)
    found = [i for i in range(count) if all(axes[name][i] in values for name, values in wanted.items())]
    if not found and not problems:
        problems.append(
            Issue(Message(f"没有方案同时具有 {text!r}", f"no scenario has all of {text!r}"), "--scenario")
        )
    return (found, []) if not problems else ([], problems)


def _realizations(results: xr.Dataset, choice: Choice) -> dict[str, npt.NDArray[np.intp]]:
    if not choice.realizations:
        return {}
    if "realization" not in results.dims:
        raise UsageError(
            Issue(Message("该成果没有水文样本", "the result has no realizations"), "--realization")
        )
    known = [int(value) for value in ids_of(results, "realization")]
    missing = [number for number in choice.realizations if number not in known]
    if missing:
        raise UsageError(
            [
                Issue(
                    Message(f"没有第 {k} 个水文样本", f"there is no realization {k}"),
                    "--realization",
                    expected=_shown(known),
                )
                for k in missing
            ]
        )
    numbers = [known.index(number) for number in dict.fromkeys(choice.realizations)]
    return {"realization": np.array(numbers, dtype=np.intp)}


def _variables(results: xr.Dataset, wanted: Sequence[str], series_only: bool) -> list[str]:
    known = [
        str(name)
        for name, variable in results.data_vars.items()
        if "bnds" not in variable.dims and variable.dtype.kind in "fiub"
    ]
    series = [name for name in known if "time" in results[name].dims]
    if series_only and not series:
        raise UsageError(_no_series(results))
    if not wanted:
        return [name for name in (series if series_only else known) if name not in INPUTS]
    offered = series if series_only else known
    problems = []
    for name in wanted:
        if name not in known:
            near = nearest(name, offered)
            told = Message(f"没有变量 {name!r}", f"there is no variable {name!r}")
            problems.append(Issue(told, "--variable", expected=_shown(offered), nearest=near))
        elif name not in offered:
            told = Message(f"{name} 不是系列：它没有时间", f"{name} is no series: it has no time")
            expected = Message(
                "有时间的变量，或 csv、parquet 格式", "a variable with time, or the layout csv or parquet"
            )
            problems.append(Issue(told, "--variable", expected=expected))
    if problems:
        raise UsageError(problems)
    return list(dict.fromkeys(wanted))


def _no_series(results: xr.Dataset) -> Issue:
    """Say why there are no series, and what would have some."""
    if kind(results) == "sweep":
        kept = (
            Message("逐年合计", "sums by year") if "year" in results.dims else Message("指标", "metrics only")
        )
        message = Message(
            f"该成果没有系列：这次批量计算只保留了{kept.zh}",
            f"the result has no series: this sweep kept {kept}",
        )
        return Issue(
            message,
            "--layout",
            expected=Message(
                "`waterbal sweep --keep full` 的成果，或 csv、parquet 格式",
                "the result of `waterbal sweep --keep full`, or the layout csv or parquet",
            ),
        )
    return Issue(
        Message("该成果没有系列", "the result has no series"),
        "--layout",
        expected=Message(
            "`waterbal run` 或 `waterbal sweep --keep full` 的成果，或 csv、parquet 格式",
            "the result of `waterbal run` or `waterbal sweep --keep full`, or the layout csv or parquet",
        ),
    )


def _elements(
    results: xr.Dataset, names: list[str], choice: Choice
) -> tuple[list[str], dict[str, npt.NDArray[np.intp]]]:
    """Choose elements by id, and leave out variables that tell of none of them."""
    if not choice.elements:
        return names, {}
    own = {name: [str(d) for d in results[name].dims if d not in (*LEADING, *AXES)] for name in names}
    dims = list(dict.fromkeys(dim for listed in own.values() for dim in listed))
    known = {dim: ids_of(results, dim) for dim in dims}
    everything = [one for listed in known.values() for one in listed]
    problems = [
        Issue(
            Message(f"各变量没有对象 {one!r}", f"the variables have no element {one!r}"),
            "--element",
            expected=_shown(everything),
            nearest=nearest(one, everything),
        )
        for one in choice.elements
        if one not in everything
    ]
    if problems:
        raise UsageError(problems)
    places = {
        dim: np.array([ids.index(one) for one in dict.fromkeys(choice.elements) if one in ids], dtype=np.intp)
        for dim, ids in known.items()
    }
    chosen = {dim: found for dim, found in places.items() if found.size}
    left = [name for name in names if any(dim in chosen for dim in own[name])]
    without = [name for name in choice.variables if name not in left]
    if without:
        raise UsageError(
            [
                Issue(
                    Message(f"{name} 不涉及这些对象", f"{name} tells of none of these elements"),
                    "--element",
                    expected=_shown(
                        [one for dim in own[name] for one in known[dim]]
                        or [Message("没有对象：它说的是全区", "no element: it tells of the district")]
                    ),
                )
                for name in without
            ]
        )
    return left, chosen
