"""Tables of what is carried together: points of frontiers, with the maxima of single drivers and the plans marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.frontier import BEYOND, INSIDE, OUTSIDE
from waterbal.report.capacity_extras import table, text_at, texts
from waterbal.report.capacity_words import UNIT_WORDS, say
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

    from waterbal.model.rows import Floats
    from waterbal.results.metrics import Bools

POINTS = 12
"""Points of a frontier that are printed besides the largest of each driver, maxima and plans; the file has all."""
WORDS = {
    "kind": Term("类别", "Point"),
    "on": Term("边界", "frontier"),
    "largest": Term("边界，所算方向中{names}最大", "frontier, most {names} of the rays searched"),
    "alone": Term("单项极限：{name}（其余按规划，不可同时达到）", "maximum of {name} alone (alternative)"),
    "plan": Term("规划 {year}：{place}", "plan {year}: {place}"),
    INSIDE: Term("在边界内", "inside"),
    OUTSIDE: Term("超出边界", "outside"),
    BEYOND: Term("可行，但较小规模有不可行者", "holds, but something smaller does not"),
    "left_out": Term(
        "；共 {count} 点，列出 {shown} 点，另 {rest} 点见结果文件（-o）的 {name} 或 --json",
        "; {shown} of {count} points, the other {rest} are in {name} of the file (-o), and in --json",
    ),
    "no_scale": Term(
        "；{count} 个方向没有可承载的规模", "; along {count} rays there is no scale that is carried"
    ),
    "pair": Term(
        "可同时承载的组合：{first} 与 {second}（其余按规划）",
        "Carried together: {first} and {second}, the others at plan",
    ),
}  # fmt: skip


def tables(found: xr.Dataset, language: str) -> list[Table]:
    """Make the table of the frontier of all drivers, and of each pair where these were asked for."""
    made = []
    if "frontier_point_carried" in found:
        made.append(_table(found, "frontier", say("title_frontier", language), language))
    if "pairs_point_carried" in found:
        for k in range(found.sizes["pairs_pair"]):
            own = found.isel(pairs_pair=k)
            names = _names(own, "pairs", language)
            ids = texts(own, "pairs_driver")
            first, second = (names[ids.index(id)] for id in texts(own, "pairs_pair_driver"))
            title = WORDS["pair"].said(language, first=first, second=second)
            made.append(_table(own, "pairs", title, language))
    return made


def _names(found: xr.Dataset, part: str, language: str) -> list[str]:
    return texts(found, f"{part}_driver_name_zh" if language == "zh" else f"{part}_driver_name")


def _table(found: xr.Dataset, part: str, title: str, language: str) -> Table:
    """Make the table of one frontier."""
    drivers, ids = _names(found, part, language), texts(found, f"{part}_driver")
    units = [getattr(UNIT_WORDS[u], language) for u in texts(found, f"{part}_driver_unit")]
    carried = found[f"{part}_point_carried"].values
    known = np.isfinite(carried).all(axis=1)
    free = (found[f"{part}_point_dominated"].values == 0) & known
    growing = np.isfinite(found[f"{part}_point_along"].values).any(axis=0)
    shown, most = chosen(carried, free, growing)
    if int(free.sum()) > len(shown):
        rest = int(free.sum()) - len(shown)
        name = f"{part}_point_carried" if part == "frontier" else "pairs_point_carried"
        title += WORDS["left_out"].said(
            language, count=int(free.sum()), shown=len(shown), rest=rest, name=name
        )
    if not known.all():
        title += WORDS["no_scale"].said(language, count=int((~known).sum()))
    made = table(
        title,
        [(WORDS["kind"].said(language), "left")]
        + [(f"{d} ({u})", "right") for d, u in zip(drivers, units, strict=True)],
    )
    between = "、" if language == "zh" else ", "
    for k in shown:
        names = between.join(drivers[d] for d in most.get(k, ()))
        kind = WORDS["largest" if names else "on"].said(language, names=names)
        made.add_row(kind, *map(_number, carried[k]))
    for name, amounts in _alone(found, part, ids, drivers):
        made.add_row(WORDS["alone"].said(language, name=name), *map(_number, amounts))
    if f"{part}_plan_amount" in found:
        for k, year in enumerate(texts(found, f"{part}_plan")):
            place = WORDS[text_at(found, f"{part}_plan_place", k)].said(language)
            kind = WORDS["plan"].said(language, year=year, place=place)
            made.add_row(kind, *map(_number, found[f"{part}_plan_amount"].values[k]))
    return made


def chosen(carried: Floats, free: Bools, growing: Bools) -> tuple[list[int], dict[int, list[int]]]:
    """Choose points that are printed: the largest of each driver, and others evenly from the first to the last.

    Parameters
    ----------
    carried : ndarray (point, driver)
        Amounts.
    free : ndarray (point)
        Whether a point is on the frontier.
    growing : ndarray (driver)
        Whether a driver grows along any ray.

    Returns
    -------
    list of int, dict
        Points in their order, and the drivers of which a point has the most.
    """
    on = np.flatnonzero(free)
    most: dict[int, list[int]] = {}
    if on.size == 0:
        return [], most
    for d in np.flatnonzero(growing):
        most.setdefault(int(on[np.argmax(carried[on, d])]), []).append(int(d))
    others = [int(k) for k in on if k not in most]
    room = max(POINTS - len(most), 0)
    if len(others) > room:
        places = np.linspace(0, len(others) - 1, room).round().astype(int)
        others = [others[place] for place in places]
    return sorted([*most, *others]), most


def _alone(found: xr.Dataset, part: str, ids: list[str], drivers: list[str]) -> list[tuple[str, Floats]]:
    """List the maxima of single drivers with the others at plan, by name."""
    of = f"{part}_alternative" if part == "frontier" else f"{part}_pair_driver"
    return [
        (drivers[ids.index(id)], amounts)
        for id, amounts in zip(texts(found, of), found[f"{part}_alternative_carried"].values, strict=True)
        if np.isfinite(amounts).all()
    ]


def _number(value: float) -> str:
    return f"{value:z,.4g}"
