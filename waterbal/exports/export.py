"""Exporting: what is chosen of a result, in the steps and the files that a reader takes."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import Issue, Message, UsageError
from waterbal.exports import dates, dss, files, netcdf, steps, swmm, tables
from waterbal.exports.choice import Choice, Group, ids_of, select
from waterbal.exports.layouts import Layout
from waterbal.results.netcdf import open_result, whole

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Written:
    """One file that was written."""

    path: str
    layout: str
    variables: tuple[str, ...]
    elements: int
    """Number of elements, or combinations of them, of all variables together."""
    scenarios: tuple[str, ...]
    realizations: tuple[int, ...]
    steps: int
    """Number of steps or years; 0 for numbers without time."""
    first: str
    """First day."""
    last: str
    """Last day."""
    time_label: str
    """``start``, ``end``, ``both`` or empty."""
    units: tuple[str, ...]
    """Units that occur."""


@dataclass(frozen=True, eq=False)
class Part:
    """What goes into one file."""

    name: str
    groups: tuple[Group, ...]


def export(
    source: str | Path,
    output: str | Path,
    layout: Layout,
    choice: Choice | None = None,
    language: str = "",
    chosen: Callable[[], None] | None = None,
) -> list[Written]:
    """Write what is chosen of a result for another program.

    Parameters
    ----------
    source : str or Path
        Result of any command.
    output : str or Path
        File; or folder, which gets a file for each kind of element, or member, where one file does not hold them
        all. A name without an ending is a folder.
    layout : Layout
        From ``layouts.layout_of`` and ``layouts.with_options``.
    choice : Choice, optional
        Everything if not given.
    language : str
        ``zh`` or ``en``: headings of wide tables are names, else ids.
    chosen : callable, optional
        Called once the choice is checked, before anything is written.

    Returns
    -------
    list of Written
        Files, each written whole or not at all.

    Raises
    ------
    UsageError
        With all that is unknown, does not fit the layout or would overwrite another's file.
    DataError
        If the result cannot be read or a file not written.
    """
    wanted = choice or Choice()
    first = dates.parse(wanted.first, "--from")
    last = dates.parse(wanted.last, "--to", last=True)
    target = Path(output)
    folder = files.is_folder(target)
    if not folder:
        files.suffix_fits(target, layout)
    if layout.name == "dss":
        dss.library()
    with open_result(source) as results:
        step = "day" if layout.daily else str(results.attrs.get("time_step", ""))
        if layout.name == "dss":
            dss.interval(step)
        groups = select(results, wanted, series_only=layout.series_only)
        groups = _volumes(groups, wanted, layout)
        parts = _parts(groups, layout)
        if not folder and len(parts) > 1:
            raise UsageError(_too_many(groups, layout))
        paths = [target / f"{part.name}{layout.suffix}" if folder else target for part in parts]
        files.check(paths, Path(source), layout)
        if chosen is not None:
            chosen()
        return [
            _write(part, path, layout, language, results, (first, last))
            for part, path in zip(parts, paths, strict=True)
        ]


def _volumes(groups: list[Group], choice: Choice, layout: Layout) -> list[Group]:
    """Keep volumes where nothing else has a place."""
    if not layout.volumes_only:
        return groups
    kept, problems = [], []
    for group in groups:
        fit = [name for name in group.variables if steps.is_volume(group.data[name])]
        problems += [
            Issue(
                Message(
                    f"{name} 不是时段水量，没有流量可言", f"{name} is no volume of a step, so it has no rate"
                ),
                "--variable",
                expected=Message(
                    "单位为 1e4 m3、cell_methods 为 sum 的变量",
                    "a variable in 1e4 m3 with the cell method sum",
                ),
            )
            for name in group.variables
            if name not in fit and choice.variables
        ]
        if fit:
            data = group.data.drop_vars([name for name in group.variables if name not in fit])
            kept.append(Group(group.leading, group.elements, group.axis, data))
    if problems:
        raise UsageError(problems)
    if not kept:
        raise UsageError(
            Issue(Message("没有一个变量是时段水量", "no variable is a volume of a step"), "--variable")
        )
    return kept


def _parts(groups: Sequence[Group], layout: Layout) -> list[Part]:
    """Share groups out over files."""
    together = (
        [(group.name, (group,)) for group in groups] if layout.one_group else [("series", tuple(groups))]
    )
    if not (layout.one_member or layout.one_scenario):
        return [Part(name, own) for name, own in together]
    parts = []
    dims = ("scenario", "realization") if layout.one_member else ("scenario",)
    for name, own in together:
        split = [dim for dim in dims if any(dim in group.leading for group in own)]
        sizes = [max(group.data.sizes.get(dim, 1) for group in own) for dim in split]
        for place in itertools.product(*map(range, sizes)):
            cut = tuple(_member(group, dict(zip(split, place, strict=True))) for group in own)
            told = [
                f"r{label}" if dim == "realization" else label
                for dim, size, at in zip(split, sizes, place, strict=True)
                if size > 1
                for label in [next(ids_of(g.data, dim)[at] for g in own if dim in g.leading)]
            ]
            parts.append(Part("-".join([name, *told]), cut))
    return parts


def _member(group: Group, place: dict[str, int]) -> Group:
    own = {dim: [at] for dim, at in place.items() if dim in group.leading}
    return Group(group.leading, group.elements, group.axis, group.data.isel(own))


def _too_many(groups: Sequence[Group], layout: Layout) -> list[Issue]:
    """Say why one file does not hold what is chosen."""
    problems = []
    if layout.one_group and len(groups) > 1:
        told = "; ".join(f"{group.name}: {_some(group.variables)}" for group in groups[:8])
        told += "; ..." if len(groups) > 8 else ""
        problems.append(
            Issue(
                Message(
                    f"一个文件放不下 {len(groups)} 类变量（{told}）",
                    f"one file does not hold variables of {len(groups)} kinds ({told})",
                ),
                "--variable",
                expected=Message(
                    "同一类变量，或以文件夹作为 --output，每类一个文件",
                    "variables of one kind, or a folder as --output, which gets a file of each",
                ),
            )
        )
    for dim, wanted in (
        ("scenario", layout.one_member or layout.one_scenario),
        ("realization", layout.one_member),
    ):
        listed = next((ids_of(group.data, dim) for group in groups if dim in group.leading), [])
        if wanted and len(listed) > 1:
            problems.append(
                Issue(
                    Message(
                        f"此格式的文件只含一个{DIMENSIONS[dim]}，而选了 {len(listed)} 个",
                        f"a file of this layout holds one {dim}, and {len(listed)} are chosen",
                    ),
                    f"--{dim}",
                    expected=Message(
                        f"{_some(listed, 12)} 之一，或以文件夹作为 --output，每个一个文件",
                        f"one of {_some(listed, 12)}, or a folder as --output, which gets a file of each",
                    ),
                )
            )
    return problems


DIMENSIONS = {"scenario": "方案", "realization": "水文样本"}


def _some(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _prepared(
    group: Group, layout: Layout, window: tuple[np.datetime64 | None, np.datetime64 | None]
) -> Group:
    """Cut to dates, in the units and steps of the layout."""
    if layout.daily:
        group = dates.around(group, *window)
    if layout.rate:
        group = steps.as_rates(group)
    if layout.daily:
        group = steps.as_days(group)
    return dates.between(group, *window)


def _write(
    part: Part, path: Path, layout: Layout, language: str, results: xr.Dataset,
    window: tuple[np.datetime64 | None, np.datetime64 | None],
) -> Written:  # fmt: skip
    groups = [_prepared(group, layout, window) for group in part.groups]
    if layout.name == "swmm":
        swmm.check(groups, path)
    told = _told(groups, path, layout)
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {
        "layout": layout.name,
        "scenarios": list(told.scenarios),
        "realizations": list(told.realizations),
        "time_label": told.time_label,
        "steps": "day" if layout.daily else results.attrs.get("time_step", ""),
    }
    attributes = netcdf.attributes_of(results.attrs, about, now)
    heading = "; ".join([str(results.attrs.get("title", "")), *told.scenarios, *map(str, told.realizations)])
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: list[tables.Column] = []
    if layout.name in ("csv", "parquet"):
        columns = tables.wide(groups, language) if layout.wide else tables.tidy(groups[0])
        if layout.name == "csv":
            files.check_heading(path, tables.heading(columns))
    with whole(path) as made:
        if layout.suffix == ".nc":
            netcdf.write(groups[0], layout, attributes, made)
        elif layout.name == "swmm":
            swmm.write(groups, heading, made, section=path.suffix.lower() == ".inp")
        elif layout.name == "dss":
            dss.write(groups, str(about["steps"]), made)
        elif layout.name == "csv":
            tables.write_csv(columns, made, bom=layout.bom)
        else:
            tables.write_parquet(columns, attributes, made)
    return told


def _told(groups: Sequence[Group], path: Path, layout: Layout) -> Written:
    data = groups[0].data
    scenarios = next((ids_of(g.data, "scenario") for g in groups if "scenario" in g.leading), [])
    realizations = next((ids_of(g.data, "realization") for g in groups if "realization" in g.leading), [])
    count, first, last, label = 0, "", "", ""
    if groups[0].axis == "time":
        start, end = dates.bounds(data)
        count, first, last = start.size, str(start[0]), str(end[-1] - 1)
        both = layout.suffix in (".csv", ".parquet") and not layout.wide
        label = "end" if layout.end_label else "both" if both else "start"
    elif groups[0].axis == "year":
        years = data["year"].values
        count, first, last = years.size, f"{years[0]}-01-01", f"{years[-1]}-12-31"
    units = dict.fromkeys(
        str(g.data[n].attrs["units"]) for g in groups for n in g.variables if "units" in g.data[n].attrs
    )
    return Written(
        str(path), layout.name, tuple(name for group in groups for name in group.variables),
        sum(len(group.stations()) for group in groups), tuple(scenarios), tuple(map(int, realizations)),
        count, first, last, label, tuple(units),
    )  # fmt: skip


def as_dict(written: Sequence[Written]) -> dict[str, Any]:
    """Give what was written as plain data."""
    return {"files": [vars(one) for one in written]}
