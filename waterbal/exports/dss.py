"""HEC-DSS files: regular series whose values stand at the end of their steps."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import DataError, Issue, Message, UsageError
from waterbal.exports.choice import Group, ids_of
from waterbal.exports.dates import bounds
from waterbal.exports.steps import CUBIC_METRES, MEAN, RATE, SUM, VOLUME

if TYPE_CHECKING:
    import xarray as xr

GROUP = "WATERBAL"
"""First part of all paths, by which our files are known."""
INTERVALS = {"month": "1Month", "day": "1Day"}
"""Step -> fifth part of a path."""
MISSING = -3.4028234663852886e38
"""What stands for a missing number, and for a limit that there is not."""
QUIET = 0
"""Level of the library's messages."""


def library() -> Any:
    """Give the library, an optional extra.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import hecdss
    except ImportError as error:
        raise UsageError(
            Issue(
                Message(
                    "HEC-DSS 文件需要 hecdss 程序包，而它没有安装",
                    "HEC-DSS files need the package hecdss, which is not installed",
                ),
                "--layout",
                expected="pip install 'waterbal[dss]'",
            )
        ) from error
    return hecdss


def interval(step: str) -> str:
    """Give the interval of a step.

    Raises
    ------
    UsageError
        If the library cannot write it.
    """
    if step not in INTERVALS:
        told = Message(
            f"无法写时段为 {step} 的 HEC-DSS 文件", f"HEC-DSS files of steps of a {step} cannot be written"
        )
        raise UsageError(
            Issue(
                told,
                "--layout",
                expected=Message("--daily，或按月、按日的模拟", "--daily, or a run by month or day"),
            )
        )
    return INTERVALS[step]


def write(groups: Sequence[Group], step: str, path: Path) -> None:
    """Write series.

    Parameters
    ----------
    groups : sequence of Group
        Series of any members.
    step : str
        ``month`` or ``day``.
    path : Path
        File to be written.
    """
    hecdss = library()
    spacing = interval(step)
    hecdss.HecDss.set_global_debug_level(QUIET)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".waterbal-") as folder:
        made = Path(folder) / "made.dss"  # the library wants that ending, and adds to what is there
        with hecdss.HecDss(str(made)) as file:
            _put(groups, spacing, file, hecdss)
        made.replace(path)


def _put(groups: Sequence[Group], spacing: str, file: Any, hecdss: Any) -> None:
    done: set[str] = set()
    for group in groups:
        _, end = bounds(group.data)
        times: list[datetime] = end.astype("datetime64[s]").tolist()
        members = list(itertools.product(*(ids_of(group.data, dim) for dim in group.leading)))
        stations = group.stations()
        for name in group.variables:
            values, units, kind = _content(group.data[name])
            table = values.reshape(len(members) * len(stations), -1)
            for series, (member, station) in zip(table, itertools.product(members, stations), strict=True):
                version = _version(dict(zip(group.leading, member, strict=True)))
                path = f"/{GROUP}/{_part(station)}/{_part(name)}//{spacing}/{version}/"
                if path in done:
                    told = Message(
                        f"两个系列的路径都会是 {path}，而路径不区分大小写",
                        f"two series would have the path {path}, which knows no small letters",
                    )
                    raise UsageError(
                        Issue(
                            told,
                            "--element",
                            expected=Message("除大小写外仍不相同的 id", "ids that differ otherwise"),
                        )
                    )
                done.add(path)
                made = hecdss.RegularTimeSeries()
                made.id, made.times, made.values = path, times, series
                made.units, made.data_type = units, kind
                if file.put(made) != 0:
                    raise DataError(
                        Issue(Message(f"HEC-DSS 拒绝了系列 {path}", f"HEC-DSS refused the series {path}"))
                    )


def _content(variable: xr.DataArray) -> tuple[np.ndarray, str, str]:
    """Give numbers, unit and type as HEC programs know them."""
    values = np.ascontiguousarray(variable.values, dtype=np.float64)
    units = str(variable.attrs.get("units", ""))
    methods = str(variable.attrs.get("cell_methods", ""))
    if units == VOLUME:
        values, units = values * CUBIC_METRES, "M3"
    elif units == RATE:
        units = "CMS"
    elif units == "1":
        units = str(variable.attrs.get("currency", "UNT"))
    kind = "PER-CUM" if methods.startswith(SUM) else "PER-AVER" if methods.startswith(MEAN) else "INST-VAL"
    return np.where(np.isfinite(values), values, MISSING), units, kind


def _version(member: dict[str, str]) -> str:
    """Name a member; realizations as HEC programs name those of an ensemble."""
    scenario = _part(member.get("scenario", "base"))
    return f"C:{int(member['realization']):06d}|{scenario}" if "realization" in member else scenario


def _part(text: str) -> str:
    """Make a text a part of a path."""
    return re.sub(r"[^\x20-\x7e]|/", "_", text).upper()


def is_ours(path: Path) -> bool:
    """Tell our files, which may be replaced, from others."""
    hecdss = library()
    hecdss.HecDss.set_global_debug_level(QUIET)
    try:
        with hecdss.HecDss(str(path)) as file:
            catalog = [str(item) for item in file.get_catalog()]
    except Exception:  # the library raises what it likes of a broken file
        return False
    return all(item.startswith(f"/{GROUP}/") for item in catalog)
