"""Inflow series for EPA SWMM: rates that are constant over each step, in m3/s (CMS)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from waterbal.errors import Issue, Message, UsageError
from waterbal.exports.choice import Group
from waterbal.exports.dates import bounds

HEADER = ";; waterbal: "
SECTION = "[TIMESERIES]"
EDGE = np.timedelta64(1, "s")
"""SWMM draws straight lines between points; a rate is held until this long before the next begins."""


def check(groups: Sequence[Group], path: Path) -> None:
    """Make sure that series can be written.

    Parameters
    ----------
    groups : sequence of Group
        Rates [m3/s] of one member.
    path : Path
        File to be written.

    Raises
    ------
    UsageError
        If an inflow file would hold several series, or numbers are missing or endless.
    """
    count = sum(len(group.variables) * len(group.stations()) for group in groups)
    if path.suffix.lower() != ".inp" and count > 1:
        told = Message(
            f"入流文件只含一个系列，而选了 {count} 个",
            f"an inflow file holds one series, and {count} are chosen",
        )
        raise UsageError(
            Issue(
                told,
                "--element",
                expected=Message(
                    "一个对象的一个变量，或以 .inp 结尾的文件名",
                    "one variable of one element, or a name that ends in .inp",
                ),
            )
        )
    problems = [
        Issue(
            Message(
                f"{name} 有缺测或无穷大的数，SWMM 不能识别",
                f"{name} has missing or endless numbers, which SWMM does not know",
            ),
            "--variable",
            expected=Message(
                "作为入流的变量，例如 return_flow", "variables that are inflows, such as return_flow"
            ),
        )
        for group in groups
        for name in group.variables
        if not np.isfinite(group.data[name].values).all()
    ]
    if problems:
        raise UsageError(problems)


def write(groups: Sequence[Group], title: str, path: Path, *, section: bool) -> None:
    """Write series as a section, or the only one as an inflow file.

    Parameters
    ----------
    groups : sequence of Group
        Rates [m3/s] of one member.
    title : str
        First line, as a comment.
    path : Path
        File to be written.
    section : bool
        Whether it is a section, else a file that ``name FILE "path"`` refers to.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{HEADER}{title}\n")
        file.write(";; m3/s (FLOW_UNITS CMS), constant over each step; calendar days where the water is\n")
        if section:
            file.write(f"{SECTION}\n;;name date time value\n")
        for group in groups:
            dates = _dates(group)
            for name in group.variables:
                values = group.data[name].values.reshape(len(group.stations()), -1)
                for station, series in zip(group.stations(), values, strict=True):
                    lead = f"{name}.{station} " if section else ""
                    for date, value in zip(dates, np.repeat(series, 2).tolist(), strict=True):
                        file.write(f"{lead}{date} {value!r}\n")


def _dates(group: Group) -> list[str]:
    """Give the dates of two points for each step: its start, and just before the next one's."""
    start, end = (edge.astype("datetime64[s]") for edge in bounds(group.data))
    edges = np.stack([start, end - EDGE], axis=1).ravel()
    edges[-1] = end[-1]
    return [f"{text[5:7]}/{text[8:10]}/{text[:4]} {text[11:]}" for text in edges.astype(str).tolist()]
